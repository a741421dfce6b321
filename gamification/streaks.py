"""Streaks as they stand at a moment: which periods ask for something, and when a streak ends.

A streak is kept as three numbers of the member: its length, with the beginning of the period that
was done last as its time, the freezes that were left then, and the longest length so far. All that
time does to it since is worked out here, when it is read.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import NamedTuple

from gamification.days import Unit, day_starts, first_day, next_first
from gamification.definition.compiled import CompiledStreak
from gamification.ids import MemberId
from gamification.quantity import SCALE
from gamification.state import Tally, TallyKey
from gamification.windows import Calendar, day_at

Find = Callable[[TallyKey], Tally | None]


class Kept(NamedTuple):
    """A streak as the last done period left it; `last` is that period's first day."""

    length: int
    freezes: int
    last: date


class StreakStatus(NamedTuple):
    """A streak at a moment.

    `at_risk_at` is when the next period begins that asks for something, `expires_at` when the
    streak ends unless something is done before: both None without a running streak.
    """

    length: int
    longest: int
    freezes: int
    at_risk_at: datetime | None
    expires_at: datetime | None

    def is_at_risk(self, at: datetime) -> bool:
        """Whether a period is running in which something is still to be done."""
        return self.at_risk_at is not None and self.at_risk_at <= at


def period_of(streak: CompiledStreak, at: datetime, calendar: Calendar) -> date | None:
    """The first day of the period that `at` belongs to; None on a day that asks for nothing."""
    first = first_day(streak.every, day_at(at, calendar), calendar.week_starts)
    return first if _asks(streak, first) else None


def kept(
    streak: CompiledStreak, member: MemberId, find: Find, *, calendar: Calendar
) -> Kept | None:
    """What is stored of a member's streak; None if there never was one."""
    length = find(TallyKey(member, streak.metric, "", ""))
    if length is None:
        return None
    freezes = find(TallyKey(member, streak.freezes_metric, "", ""))
    left = 0 if freezes is None else freezes.value // SCALE
    return Kept(length.value // SCALE, left, day_at(length.reached_at, calendar))


def asked_after(streak: CompiledStreak, last: date, calendar: Calendar) -> Iterator[date]:
    """The first days of the periods after one, without those that ask for nothing."""
    first = last
    while True:
        first = next_first(streak.every, first)
        # A date that the zone skipped is empty: nothing could have been done on it.
        if _asks(streak, first) and _starts(first, calendar) < _ends(streak, first, calendar):
            yield first


def advanced(streak: CompiledStreak, before: Kept | None, period: date, calendar: Calendar) -> Kept:
    """The streak once a later period than the last is done, too."""
    rule = streak.freezes
    if before is None:
        length, freezes = 1, rule.start
    else:
        missed = sum(
            first < period
            for first in islice(asked_after(streak, before.last, calendar), before.freezes + 1)
        )
        is_broken = missed > before.freezes
        length = 1 if is_broken else before.length + 1
        freezes = 0 if is_broken else before.freezes - missed
    if rule.earn_every is not None and length % rule.earn_every == 0:
        freezes = min(rule.most, freezes + 1)
    return Kept(length, freezes, period)


def status_at(
    streak: CompiledStreak, member: MemberId, find: Find, *, at: datetime, calendar: Calendar
) -> StreakStatus:
    """The streak at a moment, which is not before its last done period."""
    longest_tally = find(TallyKey(member, streak.longest_metric, "", ""))
    longest = 0 if longest_tally is None else longest_tally.value // SCALE
    run = kept(streak, member, find, calendar=calendar)
    if run is None:
        return StreakStatus(0, 0, streak.freezes.start, None, None)
    asked = list(islice(asked_after(streak, run.last, calendar), run.freezes + 1))
    expires_at = _ends(streak, asked[-1], calendar)
    if at >= expires_at:
        return StreakStatus(0, longest, 0, None, None)
    used = sum(_ends(streak, first, calendar) <= at for first in asked)
    return StreakStatus(
        run.length, longest, run.freezes - used, _starts(asked[0], calendar), expires_at
    )


def _asks(streak: CompiledStreak, first: date) -> bool:
    return streak.every is not Unit.DAY or first.weekday() in streak.weekdays


def _starts(first: date, calendar: Calendar) -> datetime:
    return day_starts(first, calendar.zone)


def _ends(streak: CompiledStreak, first: date, calendar: Calendar) -> datetime:
    return day_starts(next_first(streak.every, first), calendar.zone)
