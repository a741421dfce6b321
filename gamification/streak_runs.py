"""A streak as it is kept, and what passing periods, pauses and moves make of it.

A streak is a set of dates. What is kept of it are a few numbers of the member, each with a date as
its time (midnight in UTC, which stands for no moment): its length, up to the last period that is
settled; the freezes left then; the days on which a pause or a move asks for nothing. Everything
here is a pure function of these, so that nothing has to run at midnight.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gamification.days import Unit, day_starts, first_day, next_first, plus_days, zone, zone_names
from gamification.definition.compiled import CompiledStreak
from gamification.definition.compiled.streaks import ZONE_METRIC
from gamification.ids import MemberId
from gamification.names import by_number
from gamification.quantity import SCALE
from gamification.state import Tally, TallyKey
from gamification.windows import Calendar, day_at, key_at

_ZONES_APART = (timedelta(hours=-16), timedelta(), timedelta(hours=16))
"""Local mean times once lay as far from UTC as sixteen hours; the zones of today do not."""

Find = Callable[[TallyKey], Tally | None]


class Rest(NamedTuple):
    """Days on which nothing is asked for; both ends are among them."""

    first: date
    last: date


class Broken(NamedTuple):
    """A streak that has ended: how long it was, and the first day of the period that ended it."""

    length: int
    missed: date


class Used(NamedTuple):
    """How much of a limit has been used in the window that begins on a day."""

    number: int
    since: date


class Run(NamedTuple):
    """A streak as it stands after the period that begins on `last` (None: there was none yet).

    `length` 0: none is running, and the next period that is done begins one.
    """

    length: int
    freezes: int
    last: date | None
    pause: Rest | None = None
    move: Rest | None = None
    broken: Broken | None = None
    paused: Used | None = None
    restored: Used | None = None


def calendar_of(
    streak: CompiledStreak, member: MemberId, find: Find, calendar: Calendar
) -> Calendar:
    """The calendar whose days the streak's are: the program's, or where the member lives."""
    lived_in = zone_of(member, find) if streak.is_local else None
    return calendar if lived_in is None else _calendar_in(lived_in, calendar.week_starts)


def windows_anywhere(streak: CompiledStreak, at: datetime, calendar: Calendar) -> set[str]:
    """The keys of the periods that `at` belongs to in some zone of the world."""
    anywhere = _calendar_in(zone("UTC"), calendar.week_starts)
    keys = (key_at(streak.window, at + shift, anywhere) for shift in _ZONES_APART)
    return {key for key in keys if key is not None}


def zone_of(member: MemberId, find: Find) -> ZoneInfo | None:
    """Where a member lives; None where nobody said."""
    tally = find(TallyKey(member, ZONE_METRIC, "", ""))
    name = None if tally is None else _zones().get(tally.value)
    return None if name is None else zone(name)


def period_at(streak: CompiledStreak, at: datetime, calendar: Calendar) -> date:
    """The first day of the period that `at` belongs to."""
    return first_day(streak.every, day_at(at, calendar), calendar.week_starts)


def asks(streak: CompiledStreak, first: date) -> bool:
    """Whether the period asks for anything by the days of the week."""
    return streak.every is not Unit.DAY or first.weekday() in streak.weekdays


def last_day(streak: CompiledStreak, first: date) -> date:
    """The last day of the period that begins on a day."""
    return plus_days(next_first(streak.every, first), -1)


def starts(first: date, calendar: Calendar) -> datetime:
    """When a period begins."""
    return day_starts(first, calendar.zone)


def ends(streak: CompiledStreak, first: date, calendar: Calendar) -> datetime:
    """When the period ends that begins on a day."""
    return day_starts(next_first(streak.every, first), calendar.zone)


# ------------------------------------------------------------------------- what time makes of it


def asked_after(streak: CompiledStreak, run: Run, last: date, calendar: Calendar) -> Iterator[date]:
    """The first days of the periods after one, without those that ask for nothing."""
    first = last
    while True:
        first = next_first(streak.every, first)
        # A date that the zone skipped is empty: nothing could have been done on it.
        if (
            asks(streak, first)
            and not rests(streak, run, first)
            and starts(first, calendar) < ends(streak, first, calendar)
        ):
            yield first


def rests(streak: CompiledStreak, run: Run, first: date) -> bool:
    """Whether a pause, or a move that cut it short, keeps the period from asking for anything.

    Its last day decides: what ends early cannot be caught up with, what begins late can.
    """
    day = last_day(streak, first)
    return any(
        rest is not None and rest.first <= day <= rest.last for rest in (run.pause, run.move)
    )


def settled(streak: CompiledStreak, run: Run, period: date, calendar: Calendar) -> Run:
    """The streak at the beginning of a period: those before it are over, and the missed ones have
    used up freezes or ended it."""
    if run.last is None or not run.length:
        return run
    over = takewhile(period.__gt__, asked_after(streak, run, run.last, calendar))
    missed = list(islice(over, run.freezes + 1))
    if len(missed) > run.freezes:
        broken = Broken(run.length, missed[-1])
        return run._replace(length=0, freezes=0, last=max(run.last, missed[-1]), broken=broken)
    before = first_day(streak.every, plus_days(period, -1), calendar.week_starts)
    return run._replace(freezes=run.freezes - len(missed), last=max(run.last, before))


def done(streak: CompiledStreak, run: Run, period: date, calendar: Calendar) -> Run:
    """The streak once a period is done, too; one that is not after the last changes nothing."""
    if run.last is not None and period <= run.last:
        return run
    run = settled(streak, run, period, calendar)
    length, freezes, rule = run.length + 1, run.freezes, streak.freezes
    if rule.earn_every is not None and length % rule.earn_every == 0:
        freezes = max(freezes, min(rule.most, freezes + 1))
    return run._replace(length=length, freezes=freezes, last=period)


# -------------------------------------------------------------------------------- as it is kept


def run_of(streak: CompiledStreak, member: MemberId, find: Find) -> Run:
    """What is stored of a member's streak."""

    def kept(metric: str) -> tuple[int, date] | None:
        tally = find(TallyKey(member, metric, "", ""))
        return None if tally is None else (tally.value // SCALE, tally.reached_at.date())

    length, freezes = kept(streak.metric), kept(streak.freezes_metric)
    pauses, restore = streak.pauses is not None, streak.restore is not None
    broken = kept(streak.broken_metric) if restore else None
    return Run(
        length=length[0] if length else 0,
        freezes=freezes[0] if freezes else streak.freezes.start,
        last=length[1] if length else None,
        pause=_rest(kept(streak.pause_metric)) if pauses else None,
        move=_rest(kept(streak.move_metric)) if streak.is_local else None,
        broken=Broken(*broken) if broken and broken[0] else None,
        paused=_used(kept(streak.paused_metric)) if pauses else None,
        restored=_used(kept(streak.restored_metric)) if restore else None,
    )


def kept_of(streak: CompiledStreak, run: Run, day: date) -> dict[str, tuple[int, date]]:
    """What is to be stored of a streak, by metric: a number and the date that it carries, which is
    `day` where the number has none of its own."""
    nothing = 0, day
    kept = {streak.freezes_metric: (run.freezes, day)}
    if run.last is not None:
        kept[streak.metric] = run.length, run.last
    if streak.pauses is not None:
        kept[streak.pause_metric] = _length(run.pause) or nothing
        kept[streak.paused_metric] = run.paused or nothing
    if streak.restore is not None:
        kept[streak.broken_metric] = run.broken or nothing
        kept[streak.restored_metric] = run.restored or nothing
    if streak.is_local:
        kept[streak.move_metric] = _length(run.move) or nothing
    return kept


def midnight(day: date) -> datetime:
    """The time that a date is kept as."""
    return datetime.combine(day, time(), UTC)


def _rest(kept: tuple[int, date] | None) -> Rest | None:
    if kept is None or not kept[0]:
        return None
    days, first = kept
    return Rest(first, plus_days(first, days - 1))


def _length(rest: Rest | None) -> tuple[int, date] | None:
    return None if rest is None else ((rest.last - rest.first).days + 1, rest.first)


def _used(kept: tuple[int, date] | None) -> Used | None:
    return None if kept is None else Used(*kept)


@lru_cache(maxsize=4096)
def _calendar_in(lived_in: ZoneInfo, week_starts: int) -> Calendar:
    return Calendar(lived_in, week_starts)


@lru_cache(maxsize=1)
def _zones() -> dict[int, str]:
    return dict(by_number(zone_names()))
