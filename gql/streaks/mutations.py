"""What members and operators do to streaks."""

from typing import Annotated, Self

import strawberry

from gamification.commands import NewCommand
from gamification.refusals import Refusal
from gamification.use_cases.grant_freezes import freezes_granted
from gamification.use_cases.pause_streak import pause
from gamification.use_cases.restore_streak import restoration
from gamification.use_cases.resume_streak import resumption
from gql.badges.types import Award
from gql.commands import carried_out
from gql.context import Info
from gql.errors import INPUT, UserError, refusals_as, user_errors
from gql.inputs import input_type
from gql.members.types import Member
from gql.permissions import WriteMembers, WritePoints
from gql.points.types import PointsEntry
from gql.streaks.types import Streak

MEMBER = "The app's own id of the person, who is registered if new."
KEY = "Your name for it, unique in the program, which makes retries safe."
STREAK = "The streak's key."


@input_type(description="Freezes to give to a member by hand.")
class GrantFreezesInput:
    member: str = strawberry.field(description=MEMBER)
    streak: str = strawberry.field(description=STREAK)
    count: int = strawberry.field(description="How many: no more than the streak can keep.")
    reason: str = strawberry.field(description="Why. It is kept, and can be shown to the member.")
    actor: str = strawberry.field(description="Who does it, by a name that your records know.")
    key: str | None = strawberry.field(default=None, description=KEY)


@input_type(description="A streak that is to ask for nothing for a while.")
class PauseStreakInput:
    member: str = strawberry.field(description=MEMBER)
    streak: str = strawberry.field(description=STREAK)
    periods: int = strawberry.field(
        description="For how many periods: days, weeks or months, as the streak counts. The "
        "first is the one that is running, or the next where that is done already."
    )
    key: str | None = strawberry.field(default=None, description=KEY)


@input_type(description="A streak that is paused, and is to go on at once.")
class ResumeStreakInput:
    member: str = strawberry.field(description=MEMBER)
    streak: str = strawberry.field(description=STREAK)
    key: str | None = strawberry.field(default=None, description=KEY)


@input_type(description="A streak that has ended, and is to be taken up again.")
class RestoreStreakInput:
    member: str = strawberry.field(description=MEMBER)
    streak: str = strawberry.field(description=STREAK)
    key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="What became of a streak.")
class StreakPayload:
    streak_key: strawberry.Private[str]
    member: Member | None = strawberry.field(description="Whose. Null if it was refused.")
    replayed: bool = strawberry.field(
        description="Whether it had arrived before. Then nothing happened again; awards and "
        "entries are those of the first time."
    )
    entries: list[PointsEntry] = strawberry.field(
        description="The entries it made in the ledger of points: what it cost, and what followed."
    )
    awards: list[Award] = strawberry.field(description="The awards that it completed.")
    user_errors: list[UserError] = strawberry.field(
        description="Why it was refused. Empty if it was not."
    )

    @strawberry.field(description="The streak as it stands now. Null if it was refused.")
    async def streak(self, info: Info) -> Streak | None:
        if self.member is None:
            return None
        context = info.context
        statuses = await context.loaders.streaks.load(self.member.record.id)
        rule = context.program.rules.streaks[self.streak_key]
        return Streak.of(rule, statuses[rule.key], context.at)

    @classmethod
    async def carried_out(cls, info: Info, streak: str, command: NewCommand) -> Self:
        told = await carried_out(info.context, command)
        return cls(
            streak_key=streak,
            member=Member.of(told.recorded.member),
            replayed=told.recorded.replayed,
            entries=told.entries,
            awards=told.awards,
            user_errors=[],
        )

    @classmethod
    def refused(cls, refusal: Refusal) -> Self:
        return cls(
            streak_key="",
            member=None,
            replayed=False,
            entries=[],
            awards=[],
            user_errors=user_errors(refusal),
        )


@strawberry.type
class StreakMutations:
    @strawberry.mutation(
        description="Give a member freezes for a streak by hand, with a reason.",
        permission_classes=[WritePoints],
    )
    @refusals_as(StreakPayload.refused)
    async def grant_freezes(
        self, info: Info, input: Annotated[GrantFreezesInput, INPUT]
    ) -> StreakPayload:
        command = freezes_granted(
            info.context.program,
            member=input.member,
            streak=input.streak,
            count=input.count,
            reason=input.reason,
            actor=input.actor,
            key=input.key,
        )
        return await StreakPayload.carried_out(info, input.streak, command)

    @strawberry.mutation(
        description="Let a streak ask for nothing for a while, within the limit of its rules.",
        permission_classes=[WriteMembers],
    )
    @refusals_as(StreakPayload.refused)
    async def pause_streak(
        self, info: Info, input: Annotated[PauseStreakInput, INPUT]
    ) -> StreakPayload:
        command = pause(
            info.context.program,
            member=input.member,
            streak=input.streak,
            periods=input.periods,
            key=input.key,
        )
        return await StreakPayload.carried_out(info, input.streak, command)

    @strawberry.mutation(
        description="End a streak's pause. What was not needed of it can be paused again.",
        permission_classes=[WriteMembers],
    )
    @refusals_as(StreakPayload.refused)
    async def resume_streak(
        self, info: Info, input: Annotated[ResumeStreakInput, INPUT]
    ) -> StreakPayload:
        command = resumption(
            info.context.program, member=input.member, streak=input.streak, key=input.key
        )
        return await StreakPayload.carried_out(info, input.streak, command)

    @strawberry.mutation(
        description="Take up a streak again that has ended, at the price that its rules name.",
        permission_classes=[WriteMembers],
    )
    @refusals_as(StreakPayload.refused)
    async def restore_streak(
        self, info: Info, input: Annotated[RestoreStreakInput, INPUT]
    ) -> StreakPayload:
        command = restoration(
            info.context.program, member=input.member, streak=input.streak, key=input.key
        )
        return await StreakPayload.carried_out(info, input.streak, command)
