"""Members join teams and leave them."""

from typing import Annotated, Self

import strawberry

from gamification.refusals import Refusal
from gamification.use_cases.join_team import joining_team
from gamification.use_cases.leave_team import leaving_team
from gql.activities.changes import Told
from gql.commands import carried_out
from gql.context import Info
from gql.errors import INPUT, UserError, refusals_as, user_errors
from gql.inputs import input_type
from gql.members.types import Member
from gql.permissions import WriteActivities


@input_type(description="A member, and a team.")
class TeamInput:
    member: str = strawberry.field(
        description="The app's own id of the person, who is registered if new."
    )
    team: str = strawberry.field(
        description="The app's name for the team: 1 to 64 printable characters on one line."
    )
    key: str | None = strawberry.field(
        default=None,
        description="Your name for it, unique in the program, which makes retries safe.",
    )


@strawberry.type(description="What became of joining or leaving a team.")
class TeamPayload:
    member: Member | None = strawberry.field(
        description="The member after it. Null if it was refused."
    )
    replayed: bool = strawberry.field(
        description="Whether it had arrived before. Then nothing happened again."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why it was refused. Empty if it was not."
    )

    @classmethod
    async def of(cls, info: Info, told: Told) -> Self:
        member = await info.context.loaders.member(told.recorded.member.id)
        return cls(member=Member.of(member), replayed=told.recorded.replayed, user_errors=[])

    @classmethod
    def refused(cls, refusal: Refusal) -> Self:
        return cls(member=None, replayed=False, user_errors=user_errors(refusal))


@strawberry.type
class TeamMutations:
    @strawberry.mutation(
        description="Let a member be in a team from now on: what they do counts for it. A member "
        "is in one team at most, and leaves the one they are in. Refused with `ALREADY_JOINED`.",
        permission_classes=[WriteActivities],
    )
    @refusals_as(TeamPayload.refused)
    async def join_team(self, info: Info, input: Annotated[TeamInput, INPUT]) -> TeamPayload:
        command = joining_team(member=input.member, team=input.team, key=input.key)
        return await TeamPayload.of(info, await carried_out(info.context, command))

    @strawberry.mutation(
        description="Let a member leave the team that they are in. What they did for it stays with "
        "it. Refused with `NOT_JOINED`.",
        permission_classes=[WriteActivities],
    )
    @refusals_as(TeamPayload.refused)
    async def leave_team(self, info: Info, input: Annotated[TeamInput, INPUT]) -> TeamPayload:
        command = leaving_team(member=input.member, team=input.team, key=input.key)
        return await TeamPayload.of(info, await carried_out(info.context, command))
