"""Where a local day begins, and which days begin a week, month, quarter, half year or year.

A local day begins with the first instant of its date in its zone: midnight may be missing (clocks
jump over it) or come twice (they go back). It ends where the next day begins: a date that a zone
skipped altogether is empty, and a day that has begun goes on when clocks go back over midnight.
"""

import difflib
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import assert_never
from zoneinfo import ZoneInfo

from gamification.refusals import OutOfRange

_SECOND = timedelta(seconds=1)
_ZONES_OF_THE_MACHINE = frozenset({"localtime", "Factory"})


class Unit(Enum):
    """A unit of the calendar."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half year"
    YEAR = "year"


def zone(name: str) -> ZoneInfo:
    """The time zone called `name` in the IANA database, such as "Europe/Lisbon"."""
    names = zone_names()
    if name in names:
        return ZoneInfo(name)
    folded = {known.lower(): known for known in names}
    close = difflib.get_close_matches(name[:64].lower().replace(" ", "_"), folded, n=3)
    hint = " or ".join(folded[each] for each in close) or "a name such as Europe/Lisbon"
    raise ValueError(f"{name[:64]!r} is not a time zone: did you mean {hint}?")


@lru_cache(maxsize=4096)
def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The local day that `at` belongs to, as a date in the zone."""
    assert at.tzinfo is not None, "times are aware"
    try:
        local = at.astimezone(zone)
        day = local.date()
        # Where clocks go back over midnight, the evening's repetition belongs to the day begun.
        while local.fold and day < date.max and day_starts(plus_days(day, 1), zone) <= at:
            day = plus_days(day, 1)
    except OverflowError:
        raise _off_the_calendar() from None
    return day


@lru_cache(maxsize=4096)
def day_starts(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of the first date from `day` on that exists in the zone."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    try:
        starts = midnight.astimezone(UTC)
        if starts.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
            return starts
        # Midnight is missing. The jump lies between its readings with the offset after and the
        # offset before the jump; the day begins with the jump, which is not always at midnight.
        jump_after = midnight.replace(fold=1).astimezone(UTC)
        offset = starts.astimezone(zone).utcoffset()
        while starts - jump_after > _SECOND:
            middle = jump_after + (starts - jump_after) // (2 * _SECOND) * _SECOND
            if middle.astimezone(zone).utcoffset() == offset:
                starts = middle
            else:
                jump_after = middle
    except OverflowError:
        raise _off_the_calendar() from None
    return starts


def first_day(unit: Unit, day: date, week_starts: int) -> date:
    """The first day of the unit that `day` is in."""
    match unit:
        case Unit.DAY:
            return day
        case Unit.WEEK:
            return plus_days(day, -((day.weekday() - week_starts) % 7))
        case Unit.MONTH:
            return day.replace(day=1)
        case Unit.QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case Unit.HALF_YEAR:
            return day.replace(month=(day.month - 1) // 6 * 6 + 1, day=1)
        case Unit.YEAR:
            return day.replace(month=1, day=1)
        case _:
            assert_never(unit)


def next_first(unit: Unit, first: date) -> date:
    """The first day of the next unit, given the first day of one."""
    match unit:
        case Unit.DAY:
            return plus_days(first, 1)
        case Unit.WEEK:
            return plus_days(first, 7)
        case Unit.MONTH:
            return plus_months(first, 1)
        case Unit.QUARTER:
            return plus_months(first, 3)
        case Unit.HALF_YEAR:
            return plus_months(first, 6)
        case Unit.YEAR:
            return plus_months(first, 12)
        case _:
            assert_never(unit)


def plus_days(day: date, days: int) -> date:
    """The date so many days later; refuses to leave the years 1 to 9999."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise _off_the_calendar() from None


def plus_months(first: date, months: int) -> date:
    """The first of a month so many months after (or before) the first of a month."""
    years, month = divmod(first.month - 1 + months, 12)
    if not date.min.year <= first.year + years <= date.max.year:
        raise _off_the_calendar()
    return date(first.year + years, month + 1, 1)


def _off_the_calendar() -> OutOfRange:
    return OutOfRange("the calendar has only the years 1 to 9999")


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """The names of all zones."""
    return frozenset(zoneinfo.available_timezones() - _ZONES_OF_THE_MACHINE)
