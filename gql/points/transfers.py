"""Points change hands, or become points of another unit."""

from typing import Annotated

import strawberry

from gamification.use_cases.convert_points import conversion
from gamification.use_cases.transfer_points import Transferred, transfer, transfer_points
from gql.activities.changes import told_of
from gql.commands import carried_out
from gql.context import Info
from gql.errors import INPUT, refusals_as
from gql.inputs import input_type
from gql.members.types import Member
from gql.permissions import WritePoints
from gql.points.payload import PointsPayload
from gql.points.types import PointsEntry
from gql.scalars import DecimalText

_KEY = "Your name for it, unique in the program, which makes retries safe."
_AMOUNT = "How many: more than 0, and no more than are available."


@input_type(description="Points that a member gives to another.")
class TransferPointsInput:
    member: str = strawberry.field(description="The app's own id of the person who gives.")
    receiver: str = strawberry.field(
        description="The app's own id of the person who gets, who must be a member."
    )
    unit: str = strawberry.field(description="The key of the unit of points.")
    amount: DecimalText = strawberry.field(description=_AMOUNT)
    reason: str | None = strawberry.field(
        default=None, description="Why, in words that can be shown to both."
    )
    key: str | None = strawberry.field(default=None, description=_KEY)


@input_type(description="Points that become points of another unit.")
class ConvertPointsInput:
    member: str = strawberry.field(description="The app's own id of the person.")
    unit: str = strawberry.field(description="The key of the unit that is given away.")
    amount: DecimalText = strawberry.field(description=_AMOUNT)
    to: str = strawberry.field(description="The key of the unit that is got.")
    key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.type(description="What became of points that were to change hands.")
class TransferPointsPayload(PointsPayload):
    receiver: Member | None = strawberry.field(
        default=None, description="Who got them. Null if it was refused."
    )
    received: list[PointsEntry] = strawberry.field(
        default_factory=list[PointsEntry],
        description="The entries it made in the receiver's ledger.",
    )


@strawberry.type(description="What became of points that were to be converted.")
class ConvertPointsPayload(PointsPayload):
    pass


@strawberry.type
class TransferMutations:
    @strawberry.mutation(
        description="Give points of one member to another, where the rules let members do so. They "
        "keep their expiry.",
        permission_classes=[WritePoints],
    )
    @refusals_as(TransferPointsPayload.refused)
    async def transfer_points(
        self, info: Info, input: Annotated[TransferPointsInput, INPUT]
    ) -> TransferPointsPayload:
        context = info.context
        wish = transfer(
            context.program,
            sender=input.member,
            receiver=input.receiver,
            unit=input.unit,
            amount=input.amount,
            reason=input.reason,
            key=input.key or context.new_key(),
        )

        async def attempt() -> Transferred:
            return await transfer_points(
                context.store,
                context.hub,
                context.program,
                wish,
                now=context.at,
                new_key=context.new_key,
            )

        transferred = await context.retrying(attempt)
        context.forget()
        sent, received = await told_of(context, transferred)
        assert not isinstance(sent, Exception)
        assert not isinstance(received, Exception)
        payload = TransferPointsPayload.of(sent)
        payload.receiver = Member.of(received.recorded.member)
        payload.received = received.entries
        return payload

    @strawberry.mutation(
        description="Convert points of a member into points of another unit, at the rate of the "
        "rules. They come as new points.",
        permission_classes=[WritePoints],
    )
    @refusals_as(ConvertPointsPayload.refused)
    async def convert_points(
        self, info: Info, input: Annotated[ConvertPointsInput, INPUT]
    ) -> ConvertPointsPayload:
        command = conversion(
            info.context.program,
            member=input.member,
            unit=input.unit,
            amount=input.amount,
            to=input.to,
            key=input.key,
        )
        return ConvertPointsPayload.of(await carried_out(info.context, command))
