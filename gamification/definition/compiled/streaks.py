"""Streaks as they run."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import NamedTuple

from gamification.days import Unit
from gamification.windows import Every

ZONE_METRIC = "member:zone"
"""The tally that holds where a member lives, as the number of the zone's name."""


class Freezes(NamedTuple):
    """How many missed periods a streak survives: at the start, earned by so many in a row, kept."""

    start: int
    earn_every: int | None
    most: int


class Pauses(NamedTuple):
    """How many periods may be paused in each window."""

    most: int
    per: Unit


class Restore(NamedTuple):
    """How a streak that has ended is taken up again: so many periods after the missed one, so often
    in each window, for so much of a unit (None: for nothing)."""

    within: int
    most: int
    per: Unit
    cost: tuple[str, int] | None


@dataclass(frozen=True)
class CompiledStreak:
    """Periods in a row in which a member's `counted` tally of the period is at least `at_least`.

    Days that are not in `weekdays` (0 = Monday) ask for nothing. Where it `is_local`, periods are
    those of the zone that the member lives in, and what was done in them is counted apart.
    """

    key: str
    name: str
    counted: str
    window: Every
    at_least: int
    weekdays: frozenset[int]
    freezes: Freezes
    pauses: Pauses | None = None
    restore: Restore | None = None
    is_local: bool = False
    targets: tuple[int, ...] = ()
    warn: timedelta | None = None

    @property
    def every(self) -> Unit:
        """What one period is."""
        return self.window.unit

    @cached_property
    def metric(self) -> str:
        """The tally that holds its length."""
        return f"streak:{self.key}"

    @cached_property
    def freezes_metric(self) -> str:
        return f"streak-freezes:{self.key}"

    @cached_property
    def longest_metric(self) -> str:
        return f"streak-longest:{self.key}"

    @cached_property
    def pause_metric(self) -> str:
        """The tally of the latest pause: how many days, since when."""
        return f"streak-pause:{self.key}"

    @cached_property
    def paused_metric(self) -> str:
        """The tally of the periods paused in a window, since when."""
        return f"streak-paused:{self.key}"

    @cached_property
    def move_metric(self) -> str:
        """The tally of the days that the latest move cut short: how many, since when."""
        return f"streak-move:{self.key}"

    @cached_property
    def broken_metric(self) -> str:
        """The tally of the streak before: how long it was, and the period that ended it."""
        return f"streak-broken:{self.key}"

    @cached_property
    def restored_metric(self) -> str:
        """The tally of the restores in a window, since when."""
        return f"streak-restored:{self.key}"

    @cached_property
    def done_metric(self) -> str:
        """The tallies of what was done in each period of the member's zone."""
        return f"streak-done:{self.key}"

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """All that is kept of it, about all time."""
        return (
            self.metric,
            self.freezes_metric,
            self.longest_metric,
            *((self.pause_metric, self.paused_metric) if self.pauses else ()),
            *((self.broken_metric, self.restored_metric) if self.restore else ()),
            *((self.move_metric, ZONE_METRIC) if self.is_local else ()),
        )
