"""Points are put aside, and captured or released later."""

from datetime import datetime
from typing import Annotated

import strawberry

from gamification.facts import Activity
from gamification.use_cases.hold_points import capturing, holding, releasing
from gql.commands import carried_out
from gql.context import Context, Info
from gql.errors import INPUT, refusals_as
from gql.inputs import input_type
from gql.permissions import WritePoints
from gql.points.payload import PointsPayload
from gql.scalars import DecimalText

_KEY = "Your name for it, unique in the program, which makes retries safe."
_HOLD = "The hold: the `key` that `holdPoints` answered with."


@input_type(description="Points to be put aside.")
class HoldPointsInput:
    member: str = strawberry.field(description="The app's own id of the person.")
    unit: str = strawberry.field(description="The key of the unit of points.")
    amount: DecimalText = strawberry.field(
        description="How many: more than 0, and no more than are available."
    )
    until: datetime | None = strawberry.field(
        default=None,
        description="When it times out. As late as the unit's rules let it, if left out.",
    )
    reason: str | None = strawberry.field(
        default=None, description="What for, in words that can be shown to the member."
    )
    source: str | None = strawberry.field(
        default=None, description="The object in your business that it belongs to."
    )
    key: str | None = strawberry.field(default=None, description=f"{_KEY} It names the hold.")


@input_type(description="Held points to be taken.")
class CapturePointsInput:
    hold: str = strawberry.field(description=_HOLD)
    amount: DecimalText | None = strawberry.field(
        default=None, description="How many. All that is held, if left out."
    )
    release_rest: bool = strawberry.field(
        default=False, description="Whether what is left is released. It stays held if not."
    )
    key: str | None = strawberry.field(default=None, description=_KEY)


@input_type(description="Held points to be made available again.")
class ReleasePointsInput:
    hold: str = strawberry.field(description=_HOLD)
    key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.type(description="What became of points that were to be held. `key` names the hold.")
class HoldPointsPayload(PointsPayload):
    pass


@strawberry.type(description="What became of held points that were to be taken.")
class CapturePointsPayload(PointsPayload):
    pass


@strawberry.type(description="What became of held points that were to be made available again.")
class ReleasePointsPayload(PointsPayload):
    pass


@strawberry.type
class HoldMutations:
    @strawberry.mutation(
        description="Put points of a member aside, those that expire soonest first: they stay in "
        "the balance, and cannot be spent or expire while they are held.",
        permission_classes=[WritePoints],
    )
    @refusals_as(HoldPointsPayload.refused)
    async def hold_points(
        self, info: Info, input: Annotated[HoldPointsInput, INPUT]
    ) -> HoldPointsPayload:
        command = holding(
            info.context.program,
            member=input.member,
            unit=input.unit,
            amount=input.amount,
            until=input.until,
            reason=input.reason,
            source=input.source,
            key=input.key,
        )
        return HoldPointsPayload.of(await carried_out(info.context, command))

    @strawberry.mutation(
        description="Take points that are held, all or some of them.",
        permission_classes=[WritePoints],
    )
    @refusals_as(CapturePointsPayload.refused)
    async def capture_points(
        self, info: Info, input: Annotated[CapturePointsInput, INPUT]
    ) -> CapturePointsPayload:
        hold, member = await _placed(info.context, input.hold)
        command = capturing(
            hold,
            member=member,
            amount=input.amount,
            release_rest=input.release_rest,
            key=input.key,
        )
        return CapturePointsPayload.of(await carried_out(info.context, command))

    @strawberry.mutation(
        description="Make points available again that are held. Those that have expired meanwhile "
        "expire at once.",
        permission_classes=[WritePoints],
    )
    @refusals_as(ReleasePointsPayload.refused)
    async def release_points(
        self, info: Info, input: Annotated[ReleasePointsInput, INPUT]
    ) -> ReleasePointsPayload:
        hold, member = await _placed(info.context, input.hold)
        command = releasing(hold, member=member, key=input.key)
        return ReleasePointsPayload.of(await carried_out(info.context, command))


async def _placed(context: Context, key: str) -> tuple[Activity | None, str]:
    """The fact that placed a hold, and whose points it holds, by the app's own id."""
    row = await context.loaders.activities.by_key.load(key)
    if row is None:
        return None, ""
    member = await context.loaders.member(row.activity.member)
    return row.activity, member.external_id
