"""How a team stands to a run of a challenge, and what each member has done for it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gamification.challenges import together
from gamification.ids import MemberId
from gamification.use_cases.combining import TeamRun
from gql.asked import TeamAsked
from gql.context import Context, Info
from gql.pages import page_size
from gql.scalars import Quantity

if TYPE_CHECKING:
    from gql.members.types import Member


@strawberry.type(description="What a member has done for a team in a run.")
class ChallengeShare:
    member_id: strawberry.Private[MemberId]
    share: Quantity = strawberry.field(description="What it comes to.")

    @strawberry.field(description="Who. They may have left the team since.")
    async def member(self, info: Info) -> Annotated["Member", strawberry.lazy("gql.members.types")]:
        from gql.members.types import Member

        return Member.of(await info.context.loaders.member(self.member_id))


@strawberry.type(description="How a team stands to a run of a challenge.")
class ChallengeTeam:
    asked: strawberry.Private[TeamRun]
    name: str = strawberry.field(description="The team's name.")
    current: Quantity = strawberry.field(
        description="What its members have come to, combined as the challenge says."
    )
    target: Quantity = strawberry.field(description="The number to reach.")
    reached_at: datetime | None = strawberry.field(
        description="When it was reached first, if it was. It stays so, whatever is taken back."
    )

    @strawberry.field(description="What each member has done for it in the run, the most first.")
    async def shares(
        self,
        info: Info,
        first: Annotated[
            int, strawberry.argument(description="How many members, from 1 to 100.")
        ] = 20,
    ) -> list[ChallengeShare]:
        reading = info.context.reading
        found = await reading.standings(self.asked.shares, after=None, limit=page_size(first))
        return [ChallengeShare(member_id=each.member, share=Quantity(each.score)) for each in found]

    @classmethod
    async def of(cls, context: Context, asked: TeamRun) -> Self:
        challenge, run, team = asked
        numbers = await context.loaders.challenges.team_numbers.load(
            TeamAsked(challenge.key, run, team)
        )
        state = together(challenge, asked.window, numbers)
        assert state is not None, "the challenge is of teams"
        return cls(
            asked=asked,
            name=team,
            current=Quantity(state.total),
            target=Quantity(state.target),
            reached_at=state.reached_at,
        )
