"""Points are spent."""

from typing import Annotated

import strawberry

from gamification.use_cases.spend_points import spending
from gql.commands import carried_out
from gql.context import Info
from gql.errors import INPUT, refusals_as
from gql.inputs import input_type
from gql.permissions import WritePoints
from gql.points.payload import PointsPayload
from gql.scalars import DecimalText


@input_type(description="Points that a member gives for something.")
class SpendPointsInput:
    member: str = strawberry.field(description="The app's own id of the person.")
    unit: str = strawberry.field(description="The key of the unit of points.")
    amount: DecimalText = strawberry.field(
        description="How many: more than 0, and no more than are available."
    )
    reason: str | None = strawberry.field(
        default=None, description="What for, in words that can be shown to the member."
    )
    source: str | None = strawberry.field(
        default=None,
        description="The object in your business that it belongs to, such as an order. By it, all "
        "that belongs to the object can be taken back together.",
    )
    key: str | None = strawberry.field(
        default=None,
        description="Your name for it, unique in the program, which makes retries safe.",
    )


@strawberry.type(description="What became of points that were to be spent.")
class SpendPointsPayload(PointsPayload):
    pass


@strawberry.type
class SpendingMutations:
    @strawberry.mutation(
        description="Spend points of a member: what expires soonest goes first. A refund is "
        "`retractActivity` with the key of it, for all or a part, and fills the same lots again.",
        permission_classes=[WritePoints],
    )
    @refusals_as(SpendPointsPayload.refused)
    async def spend_points(
        self, info: Info, input: Annotated[SpendPointsInput, INPUT]
    ) -> SpendPointsPayload:
        command = spending(
            info.context.program,
            member=input.member,
            unit=input.unit,
            amount=input.amount,
            reason=input.reason,
            source=input.source,
            key=input.key,
        )
        return SpendPointsPayload.of(await carried_out(info.context, command))
