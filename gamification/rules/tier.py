"""Tiers: what the level that a member holds makes of the points that earning rules give."""

from gamification.draft import Draft
from gamification.outcomes import TierReached
from gamification.quantity import SCALE
from gamification.tier_levels import NO_LEVEL
from gamification.tiers import level_at


def multiplied(draft: Draft, unit: str, amount: int) -> int:
    """An amount to be given, times the factor of each ladder's level.

    The levels are those that the member held before the draft's activity: what lifts a member to a
    level is not paid at its rate.
    """
    plan = draft.program.plans[draft.activity.type]
    for tier in plan.tiers:
        if unit not in tier.multiplied:
            continue
        level = level_at(
            tier,
            draft.activity.member,
            draft.tally_before,
            at=draft.activity.occurred_at,
            calendar=draft.program.calendar,
        )
        if level != NO_LEVEL:
            amount = amount * tier.levels[level].multipliers.get(unit, SCALE) // SCALE
    return amount


def rise(draft: Draft) -> None:
    """Note the levels that the draft's fact lifts its member to."""
    moved = draft.moved_metrics()
    for tier in draft.program.tiers.values():
        if moved.isdisjoint(tier.metrics) and tier.placed_metric not in moved:
            continue
        before, after = (
            level_at(
                tier,
                draft.activity.member,
                find,
                at=draft.activity.occurred_at,
                calendar=draft.program.calendar,
            )
            for find in (draft.tally_before, draft.tally)
        )
        if after > max(before, tier.lowest):
            level, activity = tier.levels[after].key, draft.activity
            reached = TierReached(activity.member, tier.key, level, activity.occurred_at)
            draft.outcomes.append(reached)
