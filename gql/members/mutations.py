"""What the app knows of a member changes."""

from typing import Annotated, Self

import strawberry

from gamification.refusals import Refusal
from gamification.use_cases.move_member import relocation
from gamification.use_cases.update_member import update_member
from gql.commands import carried_out
from gql.context import Info
from gql.errors import INPUT, UserError, refusals_as, user_errors
from gql.inputs import input_type
from gql.members.types import Member
from gql.permissions import WriteMembers
from gql.scalars import Properties


@input_type(description="What is new about a member. What is left out stays as it is.")
class UpdateMemberInput:
    external_id: str = strawberry.field(
        description="The app's own id of the person, who is registered if new."
    )
    display_name: str | None = strawberry.field(default=None, description="What others read.")
    attributes: Properties | None = strawberry.field(
        default=None,
        description="What leaderboards may select by, such as a country. Those that are given "
        "replace those of the same name; null removes one.",
    )


@strawberry.type(description="What became of a change to a member.")
class UpdateMemberPayload:
    member: Member | None = strawberry.field(
        description="The member after it. Null if it was refused."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why it was refused. Empty if it was not."
    )

    @classmethod
    def refused(cls, refusal: Refusal) -> Self:
        return cls(member=None, user_errors=user_errors(refusal))


@input_type(description="Where a member lives from now on.")
class MoveMemberInput:
    external_id: str = strawberry.field(
        description="The app's own id of the person, who is registered if new."
    )
    time_zone: str = strawberry.field(description="A name of the IANA data base: `Asia/Tokyo`.")
    key: str | None = strawberry.field(
        default=None,
        description="Your name for it, unique in the program, which makes retries safe.",
    )


@strawberry.type(description="What became of a move.")
class MoveMemberPayload:
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
    def refused(cls, refusal: Refusal) -> Self:
        return cls(member=None, replayed=False, user_errors=user_errors(refusal))


@strawberry.type
class MemberMutations:
    @strawberry.mutation(
        description="Say that a member lives in another time zone from now on. Streaks of the "
        "member's own days follow; a move never costs a day.",
        permission_classes=[WriteMembers],
    )
    @refusals_as(MoveMemberPayload.refused)
    async def move_member(
        self, info: Info, input: Annotated[MoveMemberInput, INPUT]
    ) -> MoveMemberPayload:
        command = relocation(member=input.external_id, time_zone=input.time_zone, key=input.key)
        told = await carried_out(info.context, command)
        return MoveMemberPayload(
            member=Member.of(told.recorded.member),
            replayed=told.recorded.replayed,
            user_errors=[],
        )

    @strawberry.mutation(
        description="Change what the app tells about a member, registering them if new.",
        permission_classes=[WriteMembers],
    )
    @refusals_as(UpdateMemberPayload.refused)
    async def update_member(
        self, info: Info, input: Annotated[UpdateMemberInput, INPUT]
    ) -> UpdateMemberPayload:
        context = info.context
        member = await update_member(
            context.store,
            context.hub,
            context.program,
            external_id=input.external_id,
            display_name=input.display_name,
            attributes=input.attributes,
            now=context.at,
            new_key=context.new_key,
        )
        context.forget()
        return UpdateMemberPayload(member=Member.of(member), user_errors=[])
