"""Why a member holds the level they hold, as clients see it."""

from datetime import datetime

import strawberry

from gamification.definition.compiled import CompiledTier
from gamification.explain.tiers import (
    WINDOWS_MAX,
    FactExplained,
    FloorExplained,
    PlacementExplained,
    WindowExplained,
    explain_tier,
)
from gamification.ids import MemberId
from gamification.refusals import NotFound
from gql.activities.types import Activity
from gql.context import Context
from gql.scalars import Quantity
from gql.tiers.types import Tier, TierLevel, level_of

FACTS_MAX = 100


@strawberry.type(description="One of a ladder's numbers in one window.")
class ExplainedTierNumber:
    key: str = strawberry.field(description="The key of the metric, or of the unit of points.")
    value: Quantity = strawberry.field(description="What it came to.")
    rolled_over: Quantity = strawberry.field(
        description="How much of that was left over in the window before."
    )
    level: TierLevel | None = strawberry.field(
        description="The highest level that it was enough for by itself. Null: for none."
    )


@strawberry.type(description="A window of a ladder, and what its numbers were enough for.")
class ExplainedTierWindow:
    starts_at: datetime | None = strawberry.field(
        description="When it began. Null: it is all time."
    )
    ends_at: datetime | None = strawberry.field(description="When it ends. Null: it does not.")
    numbers: list[ExplainedTierNumber] = strawberry.field(
        description="The ladder's numbers, in the definition's order."
    )
    level: TierLevel | None = strawberry.field(
        description="The highest level that any of them was enough for. Null: for none."
    )

    @classmethod
    def of(cls, tier: CompiledTier, explained: WindowExplained) -> "ExplainedTierWindow":
        return cls(
            starts_at=explained.window.starts_at,
            ends_at=explained.window.ends_at,
            numbers=[
                ExplainedTierNumber(
                    key=number.key,
                    value=Quantity(each.value),
                    rolled_over=Quantity(each.rolled_over),
                    level=level_of(tier, each.level),
                )
                for number, each in zip(tier.numbers, explained.numbers, strict=True)
            ],
            level=level_of(tier, explained.level),
        )


@strawberry.type(description="What makes a level the member's own for ever.")
class TierFloor:
    level: TierLevel = strawberry.field(description="The level.")
    value: Quantity = strawberry.field(description="What the all-time number has come to.")
    at_least: Quantity = strawberry.field(description="What it must come to.")
    is_reached: bool = strawberry.field(description="Whether it has.")

    @classmethod
    def of(cls, tier: CompiledTier, floor: FloorExplained) -> "TierFloor":
        return cls(
            level=TierLevel.of(tier.levels[floor.level]),
            value=Quantity(floor.value),
            at_least=Quantity(floor.at_least),
            is_reached=floor.value >= floor.at_least,
        )


@strawberry.type(description="The latest placement of a member on a ladder by hand.")
class TierPlacement:
    level: str | None = strawberry.field(
        description="The key of the level. Null: it took a placement back."
    )
    until: datetime | None = strawberry.field(description="When it ends. Null: it does not.")
    reason: str = strawberry.field(description="Why, in the operator's words.")
    actor: str = strawberry.field(description="Who did it.")
    placed_at: datetime = strawberry.field(description="When.")
    key: str = strawberry.field(description="Its key: `retractActivity` takes it back by this.")
    stands: bool = strawberry.field(description="Whether it gives the member a level now.")

    @classmethod
    def of(cls, placed: PlacementExplained) -> "TierPlacement":
        return cls(
            level=placed.level,
            until=placed.until,
            reason=str(placed.fact.properties["reason"]),
            actor=str(placed.fact.properties["actor"]),
            placed_at=placed.fact.occurred_at,
            key=placed.fact.key,
            stands=placed.stands,
        )


@strawberry.type(description="What an activity added to one of a ladder's numbers.")
class TierNumberMoved:
    key: str = strawberry.field(description="The key of the metric, or of the unit of points.")
    amount: Quantity = strawberry.field(description="How much.")


@strawberry.type(description="An activity that counted toward a ladder's levels.")
class TierActivity:
    activity: Activity = strawberry.field(description="The activity.")
    version: int = strawberry.field(description="The version of the definition that judged it.")
    moved: list[TierNumberMoved] = strawberry.field(description="The numbers that it moved.")
    reached: str | None = strawberry.field(
        description="The key of the level that it lifted the member to. Null: to none."
    )

    @classmethod
    def of(cls, tier: CompiledTier, explained: FactExplained) -> "TierActivity":
        return cls(
            activity=Activity.of(explained.fact, explained.retractions),
            version=explained.version,
            moved=[
                TierNumberMoved(key=tier.numbers[each.number].key, amount=Quantity(each.amount))
                for each in explained.moved
            ],
            reached=explained.reached,
        )


@strawberry.type(description="Why a member holds the level that they hold on a ladder.")
class TierExplanation:
    tier: Tier = strawberry.field(
        description="Where the member stands now: the level, what holds it, and what is missing of "
        "each number to keep it and for the next one."
    )
    version: int = strawberry.field(
        description="The version of the definition in force: its thresholds count, for all windows."
    )
    next_level: TierLevel | None = strawberry.field(
        description="The level above the one that is held. Null: it is the highest."
    )
    windows: list[ExplainedTierWindow] = strawberry.field(
        description="The windows that were looked at, the running one first, back to the first in "
        f"which there was anything, at most {WINDOWS_MAX}. Where numbers roll over, the oldest is "
        "looked at for that alone. Where days roll: the window that ends today, and those that "
        "ended on the last days on which they were enough for more than since."
    )
    earned: TierLevel | None = strawberry.field(
        description="The level by the numbers alone, days of grace included. Null: none."
    )
    earned_until: datetime | None = strawberry.field(
        description="When that falls if nothing more is done. Null: it does not."
    )
    held_from: ExplainedTierWindow | None = strawberry.field(
        description="The window that the earned level goes back to. Null: everyone has that level, "
        "or none is earned."
    )
    levels_fallen: int = strawberry.field(
        description="By how many levels it has fallen since, where levels fall by one step."
    )
    floors: list[TierFloor] = strawberry.field(
        description="The levels that can be for life, the highest first."
    )
    placement: TierPlacement | None = strawberry.field(
        description="The latest placement by hand, also where it is over. Null: there is none."
    )
    activities: list[TierActivity] = strawberry.field(
        description="The activities that moved a number in one of the windows that decide, the "
        f"latest first, at most {FACTS_MAX}: the member's history judged again."
    )


async def tier_explained(context: Context, member: MemberId, key: str) -> TierExplanation:
    """Explain to a member where they stand on a ladder. Refuses unknown ones."""
    rules, timeline = context.program.rules, context.program.timeline
    tier = rules.tiers.get(key)
    if tier is None:
        raise NotFound(f"there is no tier {key[:64]!r}", field=("tier",))
    async with context.store.judging(context.program.record) as judging:
        history = await judging.history(member)
    found = explain_tier(timeline, tier, member, history, now=context.at)
    status, held_from = found.status, found.held_from
    is_highest = status.level + 1 == len(tier.levels)
    return TierExplanation(
        tier=Tier.of(tier, status),
        version=rules.version,
        next_level=None if is_highest else level_of(tier, status.level + 1),
        windows=[ExplainedTierWindow.of(tier, each) for each in found.windows],
        earned=level_of(tier, status.earned),
        earned_until=status.earned_until,
        held_from=ExplainedTierWindow.of(tier, held_from.window) if held_from else None,
        levels_fallen=held_from.fallen if held_from else 0,
        floors=[TierFloor.of(tier, each) for each in found.floors],
        placement=TierPlacement.of(found.placement) if found.placement else None,
        activities=[TierActivity.of(tier, each) for each in found.facts[:FACTS_MAX]],
    )
