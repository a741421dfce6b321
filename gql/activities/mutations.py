"""Activity comes in, and is taken back."""

from typing import Annotated, Self

import strawberry

from gamification.definition.compiled import CompiledProgram
from gamification.facts import NewActivity
from gamification.ids import MemberId
from gamification.outcomes import Outcome
from gamification.refusals import Refusal, TooMany
from gamification.use_cases.record_activities import ACTIVITIES_MAX
from gamification.use_cases.retract_activity import Retracted, retract_activity
from gql.activities.changes import (
    StandingChange,
    Told,
    awards_in,
    bars_touched,
    completed_in,
    entries_in,
    reopened_in,
    revoked_in,
    standings_moved,
    told_of,
)
from gql.activities.inputs import (
    RecordActivitiesInput,
    RecordActivityInput,
    RetractActivityInput,
)
from gql.activities.types import Activity
from gql.badges.types import Award
from gql.challenges.types import CompletedChallenge
from gql.context import Info
from gql.errors import INPUT, UserError, refusals_as, user_errors
from gql.members.types import Member
from gql.permissions import WriteActivities
from gql.points.types import PointsEntry
from gql.progress.types import Progress


@strawberry.type(description="What became of an activity, and all that it changed.")
class RecordActivityPayload:
    member_id: strawberry.Private[MemberId | None]
    outcomes: strawberry.Private[tuple[Outcome, ...]]
    activity: Activity | None = strawberry.field(
        description="The activity as it is stored. Null if it was refused."
    )
    member: Member | None = strawberry.field(
        description="Who did it. Null if the activity was refused."
    )
    replayed: bool = strawberry.field(
        description="Whether it had arrived before. Then nothing happened again; awards and "
        "entries are those of the first time."
    )
    awards: list[Award] = strawberry.field(description="The awards that it completed.")
    completed_challenges: list[CompletedChallenge] = strawberry.field(
        description="The challenges that it completed."
    )
    revoked_awards: list[Award] = strawberry.field(
        description="The awards that do not hold any more, because the activity came late and "
        "history is another now."
    )
    entries: list[PointsEntry] = strawberry.field(
        description="The entries it made in the ledger of points."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why the activity was refused. Empty if it was not."
    )

    @strawberry.field(description="The progress bars that it moved, as they are now.")
    async def progress(self, info: Info) -> list[Progress]:
        touched = bars_touched(info.context.program.rules, self.outcomes)
        if self.member_id is None or not touched:
            return []
        bars = await info.context.loaders.progress.load(self.member_id)
        return [Progress.of(bar) for bar in bars if (bar.kind, bar.key) in touched]

    @strawberry.field(description="The member's place on each leaderboard whose score it moved.")
    async def standings(self, info: Info) -> list[StandingChange]:
        if self.member_id is None:
            return []
        return await standings_moved(info, self.member_id, self.outcomes)

    @classmethod
    def of(cls, rules: CompiledProgram, result: Told | Refusal) -> Self:
        if isinstance(result, Refusal):
            return cls.refused(result)
        recorded = result.recorded
        return cls(
            member_id=recorded.member.id,
            outcomes=recorded.outcomes,
            activity=Activity.of(recorded.activity),
            member=Member.of(recorded.member),
            replayed=recorded.replayed,
            awards=result.awards,
            completed_challenges=result.completed,
            revoked_awards=revoked_in(rules, recorded.outcomes),
            entries=result.entries,
            user_errors=[],
        )

    @classmethod
    def refused(cls, refusal: Refusal) -> Self:
        return cls(
            member_id=None,
            outcomes=(),
            activity=None,
            member=None,
            replayed=False,
            awards=[],
            completed_challenges=[],
            revoked_awards=[],
            entries=[],
            user_errors=user_errors(refusal),
        )


@strawberry.type(description="What became of several activities.")
class RecordActivitiesPayload:
    results: list[RecordActivityPayload] = strawberry.field(
        description="One result for each activity, in the order in which they were sent. One "
        "activity's refusal does not touch the others."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why the request as a whole was refused. Empty if it was not."
    )

    @classmethod
    def refused(cls, refusal: Refusal) -> Self:
        return cls(results=[], user_errors=user_errors(refusal))


@strawberry.type(description="What was taken back, and all that it changed.")
class RetractActivityPayload:
    outcomes: strawberry.Private[tuple[Outcome, ...]]
    activities: list[Activity] = strawberry.field(description="The activities it concerns.")
    is_waiting: bool = strawberry.field(
        description="Whether the activity has not arrived yet: it will be taken back when it does."
    )
    replayed: bool = strawberry.field(
        description="Whether the same retraction had arrived before. Then nothing happened again."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why the retraction was refused. Empty if it was not."
    )

    @strawberry.field(description="Awards that hold now and did not before.")
    def awards(self, info: Info) -> list[Award]:
        return awards_in(info.context.program.rules, self.outcomes)

    @strawberry.field(description="The awards that do not hold any more.")
    def revoked_awards(self, info: Info) -> list[Award]:
        return revoked_in(info.context.program.rules, self.outcomes)

    @strawberry.field(description="Challenges that are completed now and were not before.")
    def completed_challenges(self, info: Info) -> list[CompletedChallenge]:
        return completed_in(info.context.program.rules, self.outcomes)

    @strawberry.field(description="Challenges that are not completed any more.")
    def reopened_challenges(self, info: Info) -> list[CompletedChallenge]:
        return reopened_in(info.context.program.rules, self.outcomes)

    @strawberry.field(description="The entries that adjust the ledger of points.")
    def entries(self) -> list[PointsEntry]:
        return entries_in(self.outcomes)

    @classmethod
    def of(cls, retracted: Retracted) -> Self:
        return cls(
            outcomes=retracted.outcomes,
            activities=[Activity.of(each) for each in retracted.activities],
            is_waiting=retracted.is_waiting,
            replayed=retracted.replayed,
            user_errors=[],
        )

    @classmethod
    def refused(cls, refusal: Refusal) -> Self:
        return cls(
            outcomes=(),
            activities=[],
            is_waiting=False,
            replayed=False,
            user_errors=user_errors(refusal),
        )


@strawberry.type
class ActivityMutations:
    @strawberry.mutation(
        description="Store what a member did, and work out all that follows from it.",
        permission_classes=[WriteActivities],
    )
    @refusals_as(RecordActivityPayload.refused)
    async def record_activity(
        self, info: Info, input: Annotated[RecordActivityInput, INPUT]
    ) -> RecordActivityPayload:
        context = info.context
        result = await context.recorder.record(context.program, input.to_core())
        context.forget()
        (told,) = await told_of(context, [result])
        return RecordActivityPayload.of(context.program.rules, told)

    @strawberry.mutation(
        description="Store what members did, up to 1,000 activities in one transaction.",
        permission_classes=[WriteActivities],
    )
    @refusals_as(RecordActivitiesPayload.refused)
    async def record_activities(
        self, info: Info, input: Annotated[RecordActivitiesInput, INPUT]
    ) -> RecordActivitiesPayload:
        context = info.context
        results = await context.recorder.record_all(context.program, _activities(input))
        context.forget()
        rules = context.program.rules
        payloads = [
            RecordActivityPayload.of(rules, told) for told in await told_of(context, results)
        ]
        return RecordActivitiesPayload(results=payloads, user_errors=[])

    @strawberry.mutation(
        description="Take an activity back, wholly or in part, as if it had not been done.",
        permission_classes=[WriteActivities],
    )
    @refusals_as(RetractActivityPayload.refused)
    async def retract_activity(
        self, info: Info, input: Annotated[RetractActivityInput, INPUT]
    ) -> RetractActivityPayload:
        context = info.context

        async def attempt() -> Retracted:
            return await retract_activity(
                context.store,
                context.hub,
                context.program,
                activity_key=input.activity_key,
                source=input.source,
                amount=input.amount,
                reason=input.reason,
                key=input.key,
                now=context.at,
            )

        retracted = await context.retrying(attempt)
        context.forget()
        return RetractActivityPayload.of(retracted)


def _activities(input: RecordActivitiesInput) -> list[NewActivity]:
    count = len(input.activities)
    if count > ACTIVITIES_MAX:
        message = f"at most {ACTIVITIES_MAX} activities at once, not {count}"
        raise TooMany(message, field=("activities",))
    return [each.to_core() for each in input.activities]
