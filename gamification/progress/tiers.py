"""Progress bars of tiers: how far the running window's number is from the next level."""

from gamification.definition.compiled import CompiledTier
from gamification.progress.bars import (
    CriterionProgress,
    Milestone,
    Progress,
    ProgressKind,
    fraction_of,
)
from gamification.tiers import TierStatus


def tier_bar(tier: CompiledTier, status: TierStatus) -> Progress:
    """The bar of a ladder: of the level above the one that is held, or, at the top, of keeping it.

    Any of the ladder's numbers leads to levels, so it shows the one that has come furthest, and the
    levels that this one leads to. Milestones are reached while their level is held, whatever the
    window that is running has come to.
    """
    goal = min(status.level + 1, len(tier.levels) - 1)
    leading = [
        (index, CriterionProgress(number.key, number.value, target, number.value >= target))
        for index, (number, target) in enumerate(
            zip(status.numbers, tier.levels[goal].thresholds, strict=True)
        )
        if target is not None
    ]
    shown, furthest = max(leading, key=lambda each: fraction_of(each[1].current, each[1].target))
    return Progress(
        kind=ProgressKind.TIER,
        key=tier.key,
        name=tier.name,
        subject="",
        starts_at=status.window.starts_at,
        ends_at=status.window.ends_at,
        current=furthest.current,
        target=furthest.target,
        milestones=tuple(
            Milestone(level.key, target, is_reached=index <= status.level)
            for index, level in enumerate(tier.levels)
            if (target := level.thresholds[shown]) is not None
        ),
        criteria=tuple(criterion for _, criterion in leading),
        completed_at=None,
    )
