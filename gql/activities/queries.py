"""The way to an activity, and to what one would do."""

from typing import Annotated, Self

import strawberry

from gamification.refusals import Refusal
from gamification.use_cases.show_progress import progress_after
from gamification.use_cases.simulate_activity import Simulated, simulate_activity
from gql.activities.changes import Told, bars_touched, revoked_in, told_of
from gql.activities.inputs import RecordActivityInput
from gql.activities.types import Activity
from gql.badges.types import Award
from gql.challenges.types import CompletedChallenge
from gql.context import Info
from gql.errors import UserError, refusals_as, user_errors
from gql.permissions import Read, WriteActivities
from gql.points.types import PointsEntry
from gql.progress.types import Progress


@strawberry.type(
    description="What an activity would do, as `recordActivity` would tell it. Nothing was written."
)
class SimulateActivityPayload:
    simulated: strawberry.Private[Simulated | None]
    replayed: bool = strawberry.field(
        description="Whether it has arrived before: then recording it would do nothing, and awards "
        "and entries are those of the first time."
    )
    awards: list[Award] = strawberry.field(
        description="The awards that it would complete, secret badges among them."
    )
    completed_challenges: list[CompletedChallenge] = strawberry.field(
        description="The challenges that it would complete."
    )
    revoked_awards: list[Award] = strawberry.field(
        description="The awards that would not hold any more, because the activity comes late."
    )
    entries: list[PointsEntry] = strawberry.field(
        description="The entries it would make in the ledger of points."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why the activity would be refused. Empty if it would not."
    )

    @strawberry.field(description="The progress bars that it would move, as they would be.")
    async def progress(self, info: Info) -> list[Progress]:
        context, simulated = info.context, self.simulated
        rules = context.program.rules
        if simulated is None:
            return []
        touched = bars_touched(rules, simulated.recorded.outcomes)
        if not touched:
            return []
        bars = await progress_after(context.reading, rules, simulated, now=context.at)
        return [Progress.of(bar) for bar in bars if (bar.kind, bar.key) in touched]

    @classmethod
    def refused(cls, refusal: Refusal) -> Self:
        return cls(
            simulated=None,
            replayed=False,
            awards=[],
            completed_challenges=[],
            revoked_awards=[],
            entries=[],
            user_errors=user_errors(refusal),
        )


@strawberry.type
class ActivityQueries:
    @strawberry.field(
        description="An activity that is stored. Null if there is none of this key.",
        permission_classes=[Read],
    )
    async def activity(
        self,
        info: Info,
        key: Annotated[str, strawberry.argument(description="Its key.")],
    ) -> Activity | None:
        row = await info.context.loaders.activities.by_key.load(key)
        return Activity.of_row(row) if row else None

    @strawberry.field(
        description="What an activity would do if it were recorded now. Nothing is written: a "
        "member who is new stays unknown.",
        permission_classes=[WriteActivities],
    )
    @refusals_as(SimulateActivityPayload.refused)
    async def simulate_activity(
        self,
        info: Info,
        input: Annotated[
            RecordActivityInput, strawberry.argument(description="As for `recordActivity`.")
        ],
    ) -> SimulateActivityPayload:
        context, new = info.context, input.to_core()

        async def attempt() -> Simulated | Refusal:
            return await simulate_activity(
                context.store, context.program, new, now=context.at, new_key=context.new_key
            )

        simulated = await context.retrying(attempt)
        if isinstance(simulated, Refusal):
            return SimulateActivityPayload.refused(simulated)
        recorded = simulated.recorded
        # Awards name their member, who may be unknown to the store.
        context.loaders.members.prime(recorded.member.id, recorded.member)
        (told,) = await told_of(context, [recorded])
        assert isinstance(told, Told)
        return SimulateActivityPayload(
            simulated=simulated,
            replayed=recorded.replayed,
            awards=told.awards,
            completed_challenges=told.completed,
            revoked_awards=revoked_in(context.program.rules, recorded.outcomes),
            entries=told.entries,
            user_errors=[],
        )
