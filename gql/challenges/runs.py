"""Runs of challenges: when they are, and how all members or the teams stand to them."""

from datetime import datetime
from typing import Annotated

import strawberry

from gamification.challenges import Together, places_left, together
from gamification.definition.compiled import CompiledChallenge
from gamification.ports import Board
from gamification.use_cases.combining import TeamRun
from gamification.windows import Window
from gql.challenges.teams import ChallengeTeam, ChallengeTeamEntry, teams_of_run
from gql.context import Context, Info
from gql.pages import After, Connection, First, page_size
from gql.scalars import Quantity


@strawberry.type(description="What all members have come to together in a run of a challenge.")
class ChallengeTogether:
    total: Quantity = strawberry.field(description="What it has come to.")
    target: Quantity = strawberry.field(description="The number to reach.")
    reached_at: datetime | None = strawberry.field(
        description="When it was reached first, if it was. It stays so, whatever is taken back."
    )
    participants: int = strawberry.field(description="How many members have added to it.")

    @classmethod
    async def of(
        cls, context: Context, challenge: CompiledChallenge, run: str, state: Together
    ) -> "ChallengeTogether":
        board = Board(challenge.contributed_metric, (run,))
        return cls(
            total=Quantity(state.total),
            target=Quantity(state.target),
            reached_at=state.reached_at,
            participants=await context.loaders.challenges.participants.load(board),
        )


@strawberry.type(description="One run of a challenge: the stretch of time in which it counts.")
class ChallengeRun:
    definition: strawberry.Private[CompiledChallenge]
    team_name: strawberry.Private[str | None]
    key: str = strawberry.field(
        description="Its name, such as `w2026-03-02`. Empty for a challenge that has one run."
    )
    starts_at: datetime | None = strawberry.field(
        description="When it begins. Null: it always was."
    )
    ends_at: datetime | None = strawberry.field(description="When it ends. Null: it does not.")

    @strawberry.field(
        description="What all members have come to. Null where each, or each team, has a goal."
    )
    async def together(self, info: Info) -> ChallengeTogether | None:
        challenge, context = self.definition, info.context
        if challenge.is_of_teams:
            return None
        shared = await _shared(context, challenge, self.key)
        state = together(challenge, self.key, shared)
        if state is None:
            return None
        return await ChallengeTogether.of(context, challenge, self.key, state)

    @strawberry.field(
        description="How a team stands to it. Null where teams have no goals, and for a member who "
        "is in none."
    )
    async def team(
        self,
        info: Info,
        name: Annotated[
            str | None,
            strawberry.argument(
                description="The team's name. Under a member, if left out, the one they are in."
            ),
        ] = None,
    ) -> ChallengeTeam | None:
        named = name or self.team_name
        if named is None or not self.definition.is_of_teams:
            return None
        return await ChallengeTeam.of(info.context, TeamRun(self.definition, self.key, named))

    @strawberry.field(
        description="The teams for which somebody has done something in the run, ranked by what "
        "they have come to, the most first. Null where teams have no goals."
    )
    async def teams(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[ChallengeTeamEntry] | None:
        if not self.definition.is_of_teams:
            return None
        return await teams_of_run(
            info.context, self.definition, self.key, size=page_size(first), after=after
        )

    @strawberry.field(
        description="How many more members can complete it. Null where all can who reach the goal."
    )
    async def places_left(self, info: Info) -> int | None:
        shared = await _shared(info.context, self.definition, self.key)
        return places_left(self.definition, self.key, shared)

    @classmethod
    def of(
        cls, challenge: CompiledChallenge, run: Window, *, team: str | None = None
    ) -> "ChallengeRun":
        return cls(
            definition=challenge,
            team_name=team,
            key=run.key,
            starts_at=run.starts_at,
            ends_at=run.ends_at,
        )


async def _shared(context: Context, challenge: CompiledChallenge, run: str) -> dict[str, int]:
    """The numbers of a run that members share."""
    keys = challenge.shared_keys(run)
    numbers = await context.loaders.shared_numbers.load_many(keys)
    return dict(zip(keys, numbers, strict=True))
