"""Tiers: what the level that a member holds makes of the points that earning rules give."""

from gamification.draft import Draft
from gamification.quantity import SCALE
from gamification.tiers import NO_LEVEL, level_at


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
