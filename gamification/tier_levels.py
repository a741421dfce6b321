"""What the numbers of a ladder's windows are enough for, and which level they add up to.

Everything that says something of a level asks here: queries, earning rules, explanations.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from gamification.definition.compiled import CompiledTier
from gamification.windows import Rolling

NO_LEVEL = -1
"""The index of the level of someone who has not reached the lowest."""

Numbers = Sequence[Sequence[int]]
"""Each of a ladder's numbers in each step, the running step first."""


class Source(NamedTuple):
    """The step whose numbers hold a level, and how many levels they have fallen since."""

    step: int
    fallen: int


def values_of(tier: CompiledTier, owns: Numbers, days: Sequence[int]) -> Numbers:
    """What the numbers come to in each step: the days before added up, and what rolls over.

    `days` says of each step how many days its window has, where days roll.
    """
    if isinstance(tier.span, Rolling):
        return [_rolled(own, days) for own in owns]
    if not tier.rolls_over:
        return owns
    return [
        [value + over for value, over in zip(own, _over(tier, owns, index), strict=True)]
        for index, own in enumerate(owns)
    ]


def reached_by(tier: CompiledTier, values: Numbers) -> list[int]:
    """The level that each step was enough for, the running one first."""
    return [tier.level_for(each) for each in zip(*values, strict=True)]


def held(tier: CompiledTier, reached: Sequence[int], whole: int) -> int:
    """The level that is held where what the first steps reached, up to `whole`, holds in full.

    What the steps before them reached has fallen altogether, or by one level in each step.
    """
    if not tier.falls_by_step:
        return max(tier.lowest, *reached[: whole + 1])
    return max(tier.lowest, *(level - max(0, i - whole) for i, level in enumerate(reached)))


def source_of(tier: CompiledTier, reached: Sequence[int], whole: int) -> Source | None:
    """The latest step that holds the level; None where everyone has it, or nobody below it."""
    level = held(tier, reached, whole)
    if level == tier.lowest:
        return None
    steps = reached if tier.falls_by_step else reached[: whole + 1]
    return next(
        Source(step, fallen)
        for step, each in enumerate(steps)
        if each - (fallen := max(0, step - whole)) == level
    )


def _rolled(own: Sequence[int], days: Sequence[int]) -> list[int]:
    """The sum of the last so many days on each day."""
    since = [0, *accumulate(own)]  # of the days after each one
    return [since[min(step + count, len(own))] - since[step] for step, count in enumerate(days)]


def _over(tier: CompiledTier, owns: Numbers, index: int) -> list[int]:
    """What each step takes over from the one before: what that had, by itself, beyond the threshold
    of the level that it reached by itself. Levels that everyone has leave nothing over."""
    over: list[int] = []
    for own in list(zip(*owns, strict=True))[1:]:
        level = tier.level_for(own)
        least = None if level == NO_LEVEL else tier.levels[level].thresholds[index]
        over.append(max(0, own[index] - least) if least else 0)
    return [*over, 0]
