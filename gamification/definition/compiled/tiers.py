"""Ladders of tiers as they run."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import NamedTuple

from gamification.days import Unit
from gamification.definition.compiled.numbers import Read
from gamification.windows import ROLLING_DAYS_MAX, AllTime, Every, Rolling

JOINED_METRIC = "member:joined"
"""The tally whose time is that of a member's first activity."""

DAYS_IN_YEAR_MAX = 366


@dataclass(frozen=True, slots=True)
class Joined:
    """Years that begin on the day of the year on which the member joined."""

    text: str = field(init=False, repr=False, compare=False, default="year of joining")


Span = AllTime | Every | Rolling | Joined
"""The windows in which a ladder's numbers are looked at."""


class TierNumber(NamedTuple):
    """One number that qualifies for levels; where there is no tally, it is `start`."""

    key: str
    metric: str
    start: int


class Lifelong(NamedTuple):
    """What makes a level one's own for ever: so much of an all-time number."""

    metric: str
    start: int
    at_least: int


class TierLevel(NamedTuple):
    """A level of a ladder: what each of the ladder's numbers must reach for it (None: it does not
    lead there). `multipliers` are of what earning rules give, by unit, in ten-thousandths."""

    key: str
    name: str
    thresholds: tuple[int | None, ...]
    multipliers: Mapping[str, int]
    perks: tuple[str, ...]
    for_life: Lifelong | None = None


@dataclass(frozen=True)
class CompiledTier:
    """A ladder: the level is the highest that one of its numbers suffices for in a window.

    It holds for `holds_windows` windows more, and for some days of grace; then it falls, by one
    step in each window or at once. With `rolls_over`, what a window has beyond the threshold of its
    level counts in the next one, too.
    """

    key: str
    name: str
    numbers: tuple[TierNumber, ...]
    span: Span
    levels: tuple[TierLevel, ...]
    holds_windows: int
    falls_by_step: bool
    multiplied: frozenset[str]
    """The units of which some level multiplies the gifts."""
    rolls_over: bool = False
    grace_days: int = 0
    warn: timedelta | None = None

    @cached_property
    def placed_metric(self) -> str:
        """The tally of the level that an operator has placed the member in, and until when."""
        return f"tier-placed:{self.key}"

    @cached_property
    def steps_read(self) -> int:
        """How many steps say which level is held: what was before them has fallen since."""
        match self.span:
            case AllTime():
                return 1
            case Rolling():
                return self.span.days_max * (1 + self.holds_windows) + self.grace_days
            case Every() | Joined():
                falls = len(self.levels) if self.falls_by_step else 0
                return 1 + self.holds_windows + falls + self.rolls_over + self._steps_of_grace()

    @cached_property
    def days_read(self) -> int:
        """How many days say it, where the windows are made of days."""
        assert isinstance(self.span, Rolling | Joined), "only these are made of days"
        return self.steps_read * (DAYS_IN_YEAR_MAX if isinstance(self.span, Joined) else 1)

    @cached_property
    def reads(self) -> tuple[Read, ...]:
        """All that says which level a member holds."""
        reads = [Read(self.placed_metric, AllTime(), None)]
        reads += [Read(floor.metric, AllTime(), None) for _, floor in self.lifelong]
        for number in self.numbers:
            if isinstance(self.span, Rolling | Joined):
                reads += _days_back(number.metric, self.days_read)
            else:
                span = self.span
                steps = range(self.steps_read)
                reads += [Read(number.metric, span, None, back) for back in steps]
        if isinstance(self.span, Joined):
            reads.append(Read(JOINED_METRIC, AllTime(), None))
        return tuple(dict.fromkeys(reads))

    @cached_property
    def metrics(self) -> frozenset[str]:
        """The numbers that decide over the level."""
        lifelong = {floor.metric for _, floor in self.lifelong}
        return frozenset(lifelong | {number.metric for number in self.numbers})

    def level_for(self, values: Sequence[int]) -> int:
        """The index of the highest level that one of the numbers reaches; -1 for none."""
        if self._only is not None:
            return bisect_right(self._only, values[0]) - 1
        for index in reversed(range(len(self.levels))):
            thresholds = self.levels[index].thresholds
            if any(
                least is not None and value >= least
                for value, least in zip(values, thresholds, strict=True)
            ):
                return index
        return -1

    def level_by(self, number: int, value: int) -> int:
        """The index of the highest level that a value of one number reaches by itself; -1: none."""
        leads = (level.thresholds[number] for level in self.levels)
        reached = [i for i, least in enumerate(leads) if least is not None and value >= least]
        return reached[-1] if reached else -1

    @cached_property
    def lowest(self) -> int:
        """The level of someone who has done nothing."""
        return self.level_for([number.start for number in self.numbers])

    @cached_property
    def lifelong(self) -> tuple[tuple[int, Lifelong], ...]:
        """The levels that can last for ever, the highest first."""
        levels = reversed(list(enumerate(self.levels)))
        return tuple((index, level.for_life) for index, level in levels if level.for_life)

    @cached_property
    def _only(self) -> tuple[int, ...] | None:
        """The thresholds of the only number; None where there are several."""
        if len(self.numbers) > 1:
            return None
        return tuple(
            least for level in self.levels for least in level.thresholds if least is not None
        )

    def _steps_of_grace(self) -> int:
        """How many windows may have begun within the days of grace."""
        if not self.grace_days:
            return 0
        shortest = _SHORTEST[self.span.unit] if isinstance(self.span, Every) else 365
        return self.grace_days // shortest + 1


_SHORTEST = {
    Unit.DAY: 1,
    Unit.WEEK: 7,
    Unit.MONTH: 28,
    Unit.QUARTER: 90,
    Unit.HALF_YEAR: 181,
    Unit.YEAR: 365,
}
"""How many days the units have at least."""


def _days_back(metric: str, days: int) -> list[Read]:
    """The last so many days of a number, in as many reads as rolling windows take."""
    count = -(-days // ROLLING_DAYS_MAX)
    window = Rolling(-(-days // count))
    return [Read(metric, window, None, back) for back in range(count)]
