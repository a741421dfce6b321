"""Tiers: the level a member holds on a ladder, how long, and what is missing for more."""

from datetime import datetime
from enum import Enum

import strawberry

from gamification.definition.compiled import CompiledTier
from gamification.definition.compiled import TierLevel as CompiledLevel
from gamification.tier_levels import NO_LEVEL
from gamification.tiers import NumberStatus, TierStatus
from gql.scalars import Quantity


@strawberry.type(description="What the points of earning rules are multiplied by.")
class TierMultiplier:
    unit: str = strawberry.field(description="The key of the unit of points.")
    factor: Quantity = strawberry.field(description="The factor, such as `1.25`.")


@strawberry.type(description="One level of a ladder.")
class TierLevel:
    key: str = strawberry.field(description="Its name in the definition.")
    name: str = strawberry.field(description="What members read.")
    threshold: Quantity | None = strawberry.field(
        description="What the first of the ladder's numbers must reach for it. Null: it does not "
        "lead there."
    )
    thresholds: list[Quantity | None] = strawberry.field(
        description="What each of the ladder's numbers must reach for it: any of them will do. "
        "Null: it does not lead there."
    )
    life_threshold: Quantity | None = strawberry.field(
        description="What an all-time number must reach for the level to last for ever. Null: it "
        "does not."
    )
    multipliers: list[TierMultiplier] = strawberry.field(
        description="What it multiplies, from the activity after the one that reached it."
    )
    perks: list[str] = strawberry.field(description="What else it brings, in words.")

    @classmethod
    def of(cls, level: CompiledLevel) -> "TierLevel":
        return cls(
            key=level.key,
            name=level.name,
            threshold=_quantity(level.thresholds[0]),
            thresholds=[_quantity(least) for least in level.thresholds],
            life_threshold=_quantity(level.for_life.at_least if level.for_life else None),
            multipliers=[
                TierMultiplier(unit=unit, factor=Quantity(factor))
                for unit, factor in level.multipliers.items()
            ],
            perks=list(level.perks),
        )


@strawberry.enum(description="What holds a level.")
class TierHolding(Enum):
    NUMBERS = strawberry.enum_value("NUMBERS", description="What was reached in the windows.")
    GRACE = strawberry.enum_value("GRACE", description="The days of grace after those windows.")
    FOR_LIFE = strawberry.enum_value("FOR_LIFE", description="It has been earned for ever.")
    PLACEMENT = strawberry.enum_value("PLACEMENT", description="An operator gave it by hand.")


@strawberry.type(description="One number of a ladder, in the window that is running.")
class TierNumber:
    key: str = strawberry.field(description="The key of the metric, or of the unit of points.")
    value: Quantity = strawberry.field(description="What it has come to.")
    rolled_over: Quantity = strawberry.field(
        description="How much of that was left over in the window before."
    )
    to_keep: Quantity | None = strawberry.field(
        description="What is missing for holding the level longer. Null: it does not lead there."
    )
    to_next: Quantity | None = strawberry.field(
        description="What is missing for the next level. Null: there is none, or it does not "
        "lead there."
    )

    @classmethod
    def of(cls, number: NumberStatus) -> "TierNumber":
        return cls(
            key=number.key,
            value=Quantity(number.value),
            rolled_over=Quantity(number.rolled_over),
            to_keep=_quantity(number.to_keep),
            to_next=_quantity(number.to_next),
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
        description="What the first of its numbers has come to in the window that is running."
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
        description="The level once this window and the days of grace are over, if nothing more is "
        "done."
    )
    points_to_keep: Quantity = strawberry.field(
        description="What is missing of that number in this window for holding the level longer."
    )
    points_to_next: Quantity | None = strawberry.field(
        description="What is missing of it in this window for the next level. Null: it is the "
        "highest."
    )

    held_by: TierHolding | None = strawberry.field(
        description="What holds the level. Null below the lowest."
    )
    numbers: list[TierNumber] = strawberry.field(
        description="Each of its numbers: any of them leads to levels."
    )
    level_for_life: TierLevel | None = strawberry.field(
        description="The level that is the member's own for ever. Null: none is yet."
    )
    placed_in: TierLevel | None = strawberry.field(
        description="The level that an operator has placed the member in. Null: none has."
    )
    placed_until: datetime | None = strawberry.field(
        description="When the placement ends. Null: it does not, or there is none."
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
            points_to_next=_quantity(status.to_next),
            held_by=None if status.held_by is None else TierHolding[status.held_by.name],
            numbers=[TierNumber.of(each) for each in status.numbers],
            level_for_life=None if status.for_life == NO_LEVEL else levels[status.for_life],
            placed_in=None if status.placed.level == NO_LEVEL else levels[status.placed.level],
            placed_until=status.placed.until,
        )


def level_of(tier: CompiledTier, index: int) -> TierLevel | None:
    """One of a ladder's levels by its index; None for `NO_LEVEL`."""
    return None if index == NO_LEVEL else TierLevel.of(tier.levels[index])


def _quantity(number: int | None) -> Quantity | None:
    return None if number is None else Quantity(number)
