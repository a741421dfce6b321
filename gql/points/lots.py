"""What a balance consists of, as clients read it: lots, holds, and what expires next."""

from collections.abc import Iterable
from datetime import datetime

import strawberry

from gamification import lots
from gql.scalars import Quantity


@strawberry.type(description="Points of an account that become available and expire together.")
class PointsLot:
    amount: Quantity = strawberry.field(description="How many are left.")
    expires_at: datetime | None = strawberry.field(
        description="From when on they are lost. Null: they do not expire."
    )
    matures_at: datetime | None = strawberry.field(
        description="From when on they can be spent. Null: they can be, or `awaits` says for what "
        "they wait."
    )
    awaits: str | None = strawberry.field(
        description="What an activity must be about to make them available: an order, a delivery."
    )
    is_pending: bool = strawberry.field(description="Whether they cannot be spent yet.")

    @classmethod
    def of(cls, lot: lots.Lot, at: datetime) -> "PointsLot":
        is_pending = lot.is_pending(at)
        return cls(
            amount=Quantity(lot.amount),
            expires_at=lot.expires_at,
            matures_at=lot.matures_at if is_pending else None,
            awaits=lot.awaits or None,
            is_pending=is_pending,
        )


@strawberry.type(description="How many points expire at a moment, if they are not spent before.")
class PointsExpiry:
    amount: Quantity = strawberry.field(description="How many, pending ones included.")
    expires_at: datetime = strawberry.field(description="From when on they are lost.")


@strawberry.type(description="Points of an account that are put aside.")
class PointsHold:
    key: str = strawberry.field(description="Its name, by which it is captured or released.")
    amount: Quantity = strawberry.field(description="How many are still held.")
    until: datetime = strawberry.field(description="When they are available again by themselves.")

    @classmethod
    def of(cls, hold: lots.Hold) -> "PointsHold":
        return cls(key=hold.key, amount=Quantity(hold.amount), until=hold.until)


@strawberry.type(description="The part of an entry that went into a lot of points or out of one.")
class Allocation:
    amount: Quantity = strawberry.field(description="How many; less than 0 for those taken.")
    expires_at: datetime | None = strawberry.field(
        description="When the lot expires. Null for one that does not, or expires by disuse."
    )
    is_debt: bool = strawberry.field(
        description="Whether it is no lot but a debt: made (less than 0), or paid."
    )

    @classmethod
    def of(cls, each: lots.Allocation) -> "Allocation":
        return cls(amount=Quantity(each.amount), expires_at=each.expires_at, is_debt=each.is_debt)


def expiries_of(found: Iterable[lots.Lot], at: datetime) -> list[PointsExpiry]:
    """What expires after a moment, the soonest first."""
    sums: dict[datetime, int] = {}
    for lot in found:
        if lot.expires_at is not None and not lot.is_expired(at):
            sums[lot.expires_at] = sums.get(lot.expires_at, 0) + lot.amount
    return [
        PointsExpiry(amount=Quantity(amount), expires_at=expires_at)
        for expires_at, amount in sorted(sums.items())
    ]
