"""Streaks as they run."""

from dataclasses import dataclass
from typing import NamedTuple

from gamification.days import Unit
from gamification.windows import Every


class Freezes(NamedTuple):
    """How many missed periods a streak survives: at the start, earned by so many in a row, kept."""

    start: int
    earn_every: int | None
    most: int


@dataclass(frozen=True, slots=True)
class CompiledStreak:
    """Periods in a row in which a member's `counted` tally of the period is at least `at_least`.

    Days that are not in `weekdays` (0 = Monday) ask for nothing.
    """

    key: str
    name: str
    counted: str
    window: Every
    at_least: int
    weekdays: frozenset[int]
    freezes: Freezes

    @property
    def every(self) -> Unit:
        """What one period is."""
        return self.window.unit

    @property
    def metric(self) -> str:
        """The tally that holds its length."""
        return f"streak:{self.key}"

    @property
    def freezes_metric(self) -> str:
        return f"streak-freezes:{self.key}"

    @property
    def longest_metric(self) -> str:
        return f"streak-longest:{self.key}"

    @property
    def metrics(self) -> tuple[str, str, str]:
        """All that is kept of it, about all time."""
        return self.metric, self.freezes_metric, self.longest_metric
