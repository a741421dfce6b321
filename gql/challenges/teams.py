"""How a team stands to a run of a challenge, and what each member has done for it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gamification.challenges import moment_of, together
from gamification.definition.compiled import CompiledChallenge
from gamification.ids import MemberId
from gamification.team_boards import TeamPlace, TeamStanding
from gamification.use_cases.combining import TeamRun
from gql.asked import SharesAsked, TeamAsked, TeamsAsked
from gql.context import Context, Info
from gql.pages import Connection, Part, page, page_size, place_of
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
        challenge, run, team = self.asked
        asked = SharesAsked(challenge.key, run, team, page_size(first))
        found = await info.context.loaders.challenges.shares.load(asked)
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


@strawberry.type(description="Where a team stands among those of a run of a challenge.")
class ChallengeTeamEntry:
    rank: int = strawberry.field(
        description="From 1, by what the teams have come to. Equal teams share it: 1, 2, 2, 4."
    )
    position: int = strawberry.field(
        description="From 1, and unique: equal teams follow each other by their names."
    )
    size: int = strawberry.field(description="How many members are in the team now.")
    team: ChallengeTeam = strawberry.field(description="The team, and what it has come to.")


async def teams_of_run(
    context: Context,
    challenge: CompiledChallenge,
    run: str,
    *,
    size: int,
    after: str | None,
) -> Connection[ChallengeTeamEntry]:
    """The teams for which somebody has done something in a run, the most first."""
    asked = TeamsAsked(challenge.key, run, _place(after), size + 1)
    found = await context.loaders.challenges.teams.load(asked)
    runs = {each.team: TeamRun(challenge, run, each.team) for each in found}
    keys = [challenge.reached_key(each.window) for each in runs.values()]
    reached = dict(zip(runs, await context.loaders.shared_numbers.load_many(keys), strict=True))
    return page(
        found,
        size,
        node=lambda each: _entry(runs[each.team], each, moment_of(reached[each.team])),
        place=_place_of,
        follows=after is not None,
    )


def _entry(
    asked: TeamRun, standing: TeamStanding, reached_at: datetime | None
) -> ChallengeTeamEntry:
    return ChallengeTeamEntry(
        rank=standing.rank,
        position=standing.position,
        size=standing.size,
        team=ChallengeTeam(
            asked=asked,
            name=standing.team,
            current=Quantity(standing.current),
            target=Quantity(asked.challenge.steps[0].target),
            reached_at=reached_at,
        ),
    )


def _place(after: str | None) -> TeamPlace | None:
    if after is None:
        return None
    current, team = place_of(after, "team", int, str)
    assert isinstance(current, int), "the cursor says so"
    return TeamPlace(current, str(team))


def _place_of(standing: TeamStanding) -> tuple[Part, ...]:
    return ("team", standing.current, standing.team)
