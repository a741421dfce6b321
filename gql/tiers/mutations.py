"""Members are placed in levels by hand."""

from datetime import datetime
from typing import Annotated, Self

import strawberry

from gamification.refusals import Refusal
from gamification.use_cases.place_in_tier import tier_placement
from gql.commands import carried_out
from gql.context import Info
from gql.errors import INPUT, UserError, refusals_as, user_errors
from gql.inputs import input_type
from gql.members.types import Member
from gql.permissions import WriteMembers
from gql.tiers.types import Tier


@input_type(description="A level to give to a member by hand.")
class PlaceInTierInput:
    member: str = strawberry.field(
        description="The app's own id of the person, who is registered if new."
    )
    tier: str = strawberry.field(description="The ladder's key.")
    reason: str = strawberry.field(description="Why. It is kept, and can be shown to the member.")
    actor: str = strawberry.field(description="Who does it, by a name that your records know.")
    level: str | None = strawberry.field(
        default=None,
        description="The level's key: held until then, or a higher one that is earned. Left out, "
        "a placement is taken back.",
    )
    until: datetime | None = strawberry.field(
        default=None, description="Until when. For good, if left out."
    )
    key: str | None = strawberry.field(
        default=None,
        description="Your name for it, unique in the program, which makes retries safe.",
    )


@strawberry.type(description="What became of a placement.")
class PlaceInTierPayload:
    tier_key: strawberry.Private[str]
    member: Member | None = strawberry.field(description="Who. Null if it was refused.")
    replayed: bool = strawberry.field(
        description="Whether it had arrived before. Then nothing happened again."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why it was refused. Empty if it was not."
    )

    @strawberry.field(description="Where the member stands on the ladder now.")
    async def tier(self, info: Info) -> Tier | None:
        if self.member is None:
            return None
        statuses = await info.context.loaders.tiers.load(self.member.record.id)
        return Tier.of(info.context.program.rules.tiers[self.tier_key], statuses[self.tier_key])

    @classmethod
    def refused(cls, refusal: Refusal) -> Self:
        return cls(tier_key="", member=None, replayed=False, user_errors=user_errors(refusal))


@strawberry.type
class TierMutations:
    @strawberry.mutation(
        description="Give a member a level of a ladder by hand, for a while or for good, with a "
        "reason. It never lowers what is earned.",
        permission_classes=[WriteMembers],
    )
    @refusals_as(PlaceInTierPayload.refused)
    async def place_in_tier(
        self, info: Info, input: Annotated[PlaceInTierInput, INPUT]
    ) -> PlaceInTierPayload:
        command = tier_placement(
            info.context.program,
            member=input.member,
            tier=input.tier,
            level=input.level,
            until=input.until,
            reason=input.reason,
            actor=input.actor,
            key=input.key,
        )
        told = await carried_out(info.context, command)
        return PlaceInTierPayload(
            tier_key=input.tier,
            member=Member.of(told.recorded.member),
            replayed=told.recorded.replayed,
            user_errors=[],
        )
