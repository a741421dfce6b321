"""When the points of a unit expire and mature, how long they may be held, and what a lack means."""

from datetime import date, datetime
from enum import Enum
from typing import NamedTuple

from gamification.days import Unit, day_starts, first_day, next_first, plus_days
from gamification.durations import Duration
from gamification.windows import Calendar, day_at


def retracted_metric(unit: str) -> str:
    """Names the tallies that say when points were taken back last which wait for an activity, by
    what they wait for; kept where what has matured is not taken back."""
    return f"retracted:{unit}"


class Negative(Enum):
    """What becomes of points that are taken and are not there; with `ONLY_PENDING`, what an
    activity brought is taken back with it only as far as it has not matured."""

    ONLY_PENDING = "only_pending"
    WITHIN_BALANCE = "within_balance"
    ALLOW = "allow"


class YearDay(NamedTuple):
    """A day of every year, or of one (`year`)."""

    year: int | None
    month: int
    day: int

    def from_day(self, first: date) -> date | None:
        """The first such day that is not before another; None where there is none any more."""
        if self.year is not None:
            day = date(self.year, self.month, self.day)
            return day if day >= first else None
        for year in range(first.year, first.year + 9):  # a leap year is among them
            try:
                day = date(year, self.month, self.day)
            except ValueError:
                continue
            if day >= first:
                return day
        return None


class Expiry(NamedTuple):
    """Points can be used to the end of a day: so long `after` they came, then on to the end of a
    calendar unit (`at`) or to the next of some days (`on`).

    `by_disuse`: counted from the last use of the account, for all points together. It is announced
    `warn_days` before (None: only when they have expired).
    """

    after: Duration | None
    at: Unit | None
    on: tuple[YearDay, ...]
    by_disuse: bool
    warn_days: int | None

    def moment(self, since: datetime, calendar: Calendar) -> datetime | None:
        """When points expire that came, or were last used, at a time; None for never."""
        day = day_at(since, calendar)
        if self.after is not None:
            day = self.after.after(day)
        if self.on:
            days = [found for each in self.on if (found := each.from_day(day)) is not None]
            return day_starts(plus_days(min(days), 1), calendar.zone) if days else None
        if self.at is None:
            return day_starts(plus_days(day, 1), calendar.zone)
        first = first_day(self.at, day, calendar.week_starts)
        return day_starts(next_first(self.at, first), calendar.zone)


class Pending(NamedTuple):
    """Points cannot be spent before a time is over (`lasts`), or an activity of a type (`until`)
    has the same value in a property (`per`) as the one that brought them."""

    lasts: Duration | None
    until: str
    per: str

    def matures_at(self, since: datetime, calendar: Calendar) -> datetime | None:
        """When points of a time can be spent; None where that is not a matter of time."""
        if self.lasts is None:
            return None
        day = self.lasts.after(day_at(since, calendar))
        return day_starts(plus_days(day, 1), calendar.zone)


class LotRules(NamedTuple):
    """How the points of a unit are kept. `holds` is how long they may be held; None: not at all."""

    expiry: Expiry | None
    pending: Pending | None
    holds: Duration | None
    negative: Negative
