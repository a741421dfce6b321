"""Leaderboards as they run."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from gamification.conditions import Segment
from gamification.days import day_starts, local_day, plus_days
from gamification.places import Ties
from gamification.windows import AllTime, Calendar, Rolling, Spec, Window


class Prize(NamedTuple):
    """What everybody wins whose rank is one of `first` to `last`, as (unit, amount)."""

    first: int
    last: int
    gives: tuple[tuple[str, int], ...]


class Settling(NamedTuple):
    """How long after its end a run becomes final: so many days of the calendar, then a time."""

    days: int
    time: timedelta


@dataclass(frozen=True, slots=True)
class CompiledBoard:
    """A leaderboard: the ranked tallies of `metric`, one ranking for each window.

    `prizes` are in the order of their ranks.
    """

    key: str
    name: str
    metric: str
    window: Spec
    ties: Ties
    segment: Segment | None
    settling: Settling
    prizes: tuple[Prize, ...]

    @property
    def has_ends(self) -> bool:
        """Whether its runs end. Of all time there is one; the last so many days roll on."""
        return not isinstance(self.window, AllTime | Rolling)

    @property
    def last_rank_paid(self) -> int:
        """The last rank that wins something; 0 if none does."""
        return self.prizes[-1].last if self.prizes else 0

    def prize_of(self, rank: int) -> Prize | None:
        """What a rank wins."""
        return next((each for each in self.prizes if each.first <= rank <= each.last), None)

    def final_at(self, window: Window, calendar: Calendar) -> datetime | None:
        """When a run may become final; None for one that never ends."""
        if not self.has_ends or window.ends_at is None:
            return None
        day = local_day(window.ends_at, calendar.zone)
        days, time = self.settling
        starts = day_starts(plus_days(day, days), calendar.zone) if days else window.ends_at
        return starts + time
