"""Tiers: the level a member holds on a ladder, how long, and what is missing for more."""

from datetime import datetime

import strawberry

from gamification.definition.compiled import CompiledTier
from gamification.definition.compiled import TierLevel as CompiledLevel
from gamification.tiers import NO_LEVEL, TierStatus
from gql.scalars import Quantity


@strawberry.type(description="What the points of earning rules are multiplied by.")
class TierMultiplier:
    unit: str = strawberry.field(description="The key of the unit of points.")
    factor: Quantity = strawberry.field(description="The factor, such as `1.25`.")


@strawberry.type(description="One level of a ladder.")
class TierLevel:
    key: str = strawberry.field(description="Its name in the definition.")
    name: str = strawberry.field(description="What members read.")
    threshold: Quantity = strawberry.field(description="The number that reaches it.")
    multipliers: list[TierMultiplier] = strawberry.field(
        description="What it multiplies, from the activity after the one that reached it."
    )
    perks: list[str] = strawberry.field(description="What else it brings, in words.")

    @classmethod
    def of(cls, level: CompiledLevel) -> "TierLevel":
        return cls(
            key=level.key,
            name=level.name,
            threshold=Quantity(level.threshold),
            multipliers=[
                TierMultiplier(unit=unit, factor=Quantity(factor))
                for unit, factor in level.multipliers.items()
            ],
            perks=list(level.perks),
        )


@strawberry.type(description="Where a member stands on a ladder of levels, now.")
class Tier:
    key: str = strawberry.field(description="The ladder's name in the definition.")
    name: str = strawberry.field(description="What members read.")
    level: TierLevel | None = strawberry.field(
        description="The level that the member holds. Null below the lowest."
    )
    levels: list[TierLevel] = strawberry.field(description="All levels, the lowest first.")
    value: Quantity = strawberry.field(
        description="What the member's number has come to in the window that is running."
    )
    starts_at: datetime | None = strawberry.field(
        description="When that window began. Null: it is all time."
    )
    ends_at: datetime | None = strawberry.field(
        description="When that window ends. Null: it does not."
    )
    holds_until: datetime | None = strawberry.field(
        description="When the level falls if nothing more is done. Null: it does not."
    )
    projected: TierLevel | None = strawberry.field(
        description="The level at the beginning of the next window if nothing more is done."
    )
    points_to_keep: Quantity = strawberry.field(
        description="What is missing in this window for holding the level longer than that."
    )
    points_to_next: Quantity | None = strawberry.field(
        description="What is missing in this window for the next level. Null: it is the highest."
    )

    @classmethod
    def of(cls, tier: CompiledTier, status: TierStatus) -> "Tier":
        levels = [TierLevel.of(level) for level in tier.levels]
        return cls(
            key=tier.key,
            name=tier.name,
            level=None if status.level == NO_LEVEL else levels[status.level],
            levels=levels,
            value=Quantity(status.value),
            starts_at=status.window.starts_at,
            ends_at=status.window.ends_at,
            holds_until=status.holds_until,
            projected=None if status.projected == NO_LEVEL else levels[status.projected],
            points_to_keep=Quantity(status.to_keep),
            points_to_next=None if status.to_next is None else Quantity(status.to_next),
        )
