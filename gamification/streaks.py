"""Streaks as they stand at a moment: how long, until when, and what could be done about it."""

from datetime import date, datetime
from itertools import islice
from typing import NamedTuple

from gamification.days import day_starts, first_day, next_first, plus_days
from gamification.definition.compiled import CompiledStreak
from gamification.definition.compiled.streaks import Pauses, Restore
from gamification.ids import MemberId
from gamification.quantity import SCALE
from gamification.state import TallyKey
from gamification.streak_runs import (
    Find,
    Run,
    Used,
    asked_after,
    calendar_of,
    ends,
    last_day,
    period_at,
    run_of,
    settled,
    starts,
)
from gamification.windows import Calendar


class StreakStatus(NamedTuple):
    """A streak at a moment.

    `at_risk_at` is when the next period begins that asks for something, `expires_at` when the
    streak ends unless something is done before: both None without a running streak. `paused_until`
    is when a pause ends that holds, and `pauses_left` how many periods may still be paused in the
    window that is running (None: the streak knows no pauses).
    """

    length: int
    longest: int
    freezes: int
    at_risk_at: datetime | None
    expires_at: datetime | None
    paused_until: datetime | None = None
    pauses_left: int | None = None
    restorable: "Restorable | None" = None

    def is_at_risk(self, at: datetime) -> bool:
        """Whether a period is running in which something is still to be done."""
        return self.at_risk_at is not None and self.at_risk_at <= at


class Restorable(NamedTuple):
    """A streak that has ended and may be taken up again: how long it would be, and until when."""

    length: int
    until: datetime


def status_at(
    streak: CompiledStreak, member: MemberId, find: Find, *, at: datetime, calendar: Calendar
) -> StreakStatus:
    """The streak at a moment, which is not before its last done period."""
    calendar = calendar_of(streak, member, find, calendar)
    longest = find(TallyKey(member, streak.longest_metric, "", ""))
    kept = run_of(streak, member, find)
    period = period_at(streak, at, calendar)
    run = settled(streak, kept, period, calendar)
    status = StreakStatus(
        length=run.length,
        longest=0 if longest is None else longest.value // SCALE,
        freezes=run.freezes,
        at_risk_at=None,
        expires_at=None,
        paused_until=_paused_until(streak, run, period, calendar),
        pauses_left=pauses_left(streak.pauses, run, period, calendar) if streak.pauses else None,
        restorable=restorable(streak, run, period, calendar),
    )
    if not run.length or run.last is None or kept.last is None:
        return status
    asked = list(islice(asked_after(streak, run, run.last, calendar), run.freezes + 1))
    return status._replace(
        at_risk_at=starts(next(asked_after(streak, kept, kept.last, calendar)), calendar),
        expires_at=ends(streak, asked[-1], calendar),
    )


def pauses_left(rule: Pauses, run: Run, period: date, calendar: Calendar) -> int:
    """How many periods may still be paused in the window that a period is in."""
    return max(
        0, rule.most - used_in(run.paused, first_day(rule.per, period, calendar.week_starts))
    )


def restorable(
    streak: CompiledStreak, run: Run, period: date, calendar: Calendar
) -> Restorable | None:
    """What a restore would bring in a period; None where there is nothing to restore."""
    rule, broken = streak.restore, run.broken
    if rule is None or broken is None:
        return None
    last = _late_enough(streak, rule, broken.missed)
    if period > last or restores_left(rule, run, period, calendar) <= 0:
        return None
    return Restorable(broken.length + run.length, ends(streak, last, calendar))


def restores_left(rule: Restore, run: Run, period: date, calendar: Calendar) -> int:
    """How many restores are left in the window that a period is in."""
    return rule.most - used_in(run.restored, first_day(rule.per, period, calendar.week_starts))


def used_in(used: Used | None, since: date) -> int:
    """How much of a limit has been used in the window that begins on a day."""
    return used.number if used is not None and used.since == since else 0


def _paused_until(
    streak: CompiledStreak, run: Run, period: date, calendar: Calendar
) -> datetime | None:
    pause = run.pause
    if pause is None or not pause.first <= last_day(streak, period) <= pause.last:
        return None
    return day_starts(plus_days(pause.last, 1), calendar.zone)


def _late_enough(streak: CompiledStreak, rule: Restore, missed: date) -> date:
    """The last period in which a streak can be restored that ended with the missed one."""
    period = missed
    for _ in range(rule.within):
        period = next_first(streak.every, period)
    return period
