"""Which stretch of time a moment belongs to, and where that stretch begins and ends.

With days.py this is all the calendar arithmetic there is: windows are days of a calendar in a time
zone, never multiples of 86,400 seconds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import islice
from typing import assert_never
from zoneinfo import ZoneInfo

from gamification.days import Unit, day_starts, first_day, local_day, next_first, plus_days, zone
from gamification.durations import Duration
from gamification.window_specs import (
    ROLLING_DAYS_MAX,
    AllTime,
    Every,
    Rolling,
    Season,
    Seasons,
    Spec,
    parse,
    seasons,
)

__all__ = [
    "ROLLING_DAYS_MAX",
    "AllTime",
    "Calendar",
    "Every",
    "Rolling",
    "Season",
    "Seasons",
    "Spec",
    "Unit",
    "Window",
    "after",
    "before",
    "days_back",
    "days_read",
    "key_at",
    "keys_back",
    "keys_read",
    "local_day",
    "parse",
    "seasons",
    "stored_unit",
    "window",
    "window_at",
    "zone",
]

_KEYS_CACHED_MAX = 50_000
_UTC_ZONES = frozenset({"UTC", "Etc/UTC", "Etc/UCT", "GMT", "Etc/GMT"})


# ------------------------------------------------------------------------------------- values


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whose days are meant: those of `zone`, in weeks that start on `week_starts` (0 = Monday)."""

    zone: ZoneInfo
    week_starts: int = 0
    is_utc: bool = field(init=False, repr=False, compare=False)
    keys: dict[tuple[str, date], str | None] = field(
        init=False, repr=False, compare=False, default_factory=dict[tuple[str, date], str | None]
    )
    """A cache of `key_at`: deleting it costs time, never meaning."""
    runs: dict[tuple[str, date, int], tuple[str, ...]] = field(
        init=False,
        repr=False,
        compare=False,
        default_factory=dict[tuple[str, date, int], tuple[str, ...]],
    )
    """A cache of `keys_back`, likewise."""

    def __post_init__(self) -> None:
        if not 0 <= self.week_starts <= 6:
            raise ValueError("week_starts is a day of the week, 0 (Monday) to 6 (Sunday)")
        object.__setattr__(self, "is_utc", self.zone.key in _UTC_ZONES)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time `[starts_at, ends_at)` in UTC; all time is `("", None, None)`."""

    key: str
    starts_at: datetime | None
    ends_at: datetime | None


# ------------------------------------------------------------------------------ moments to keys


def day_at(at: datetime, calendar: Calendar) -> date:
    """The local day that `at` belongs to."""
    return at.date() if calendar.is_utc and at.tzinfo is UTC else local_day(at, calendar.zone)


def key_at(spec: Spec, at: datetime, calendar: Calendar) -> str | None:
    """The key of the window that `at` belongs to; None outside every season.

    For a rolling window it is the key of the local day. The cost of a hit is a dict look-up.
    """
    day = day_at(at, calendar)
    try:
        return calendar.keys[spec.text, day]
    except KeyError:
        if len(calendar.keys) >= _KEYS_CACHED_MAX:
            calendar.keys.clear()
        key = calendar.keys[spec.text, day] = _key_of_day(spec, day, calendar)
        return key


def keys_read(spec: Spec, at: datetime, calendar: Calendar) -> tuple[str, ...]:
    """The stored windows whose numbers sum to the number at `at`, oldest first; () for None."""
    key = key_at(spec, at, calendar)
    if key is None:
        return ()
    return _days_read(spec, key) if isinstance(spec, Rolling) else (key,)


def keys_back(spec: Spec, at: datetime, calendar: Calendar, *, count: int) -> tuple[str, ...]:
    """The keys of the window that `at` belongs to and of those before it: at most `count`.

    As with `key_at`, the cost of a hit is a dict look-up.
    """
    place = (spec.text, day_at(at, calendar), count)
    known = calendar.runs.get(place)
    if known is None:
        if len(calendar.runs) >= _KEYS_CACHED_MAX:
            calendar.runs.clear()
        known = calendar.runs[place] = tuple(islice(_keys_back(spec, at, calendar), count))
    return known


def days_back(at: datetime, calendar: Calendar, *, count: int) -> tuple[str, ...]:
    """The keys of the local day that `at` belongs to and of the dates before it."""
    return _dates_back(day_at(at, calendar), count)


def days_read(spec: Rolling, last: str) -> tuple[str, str]:
    """The first and the last of the days of a rolling window, by the key of the last."""
    days = _days_read(spec, last)
    return days[0], days[-1]


def stored_unit(spec: Spec) -> AllTime | Every | Seasons:
    """The spec whose windows are stored: rolling windows are read from days."""
    return Every(Unit.DAY) if isinstance(spec, Rolling) else spec


# ------------------------------------------------------------------------------ keys to windows


def window(spec: Spec, key: str, calendar: Calendar) -> Window:
    """The bounds of the window with this key. A key of another form is a `ValueError`."""
    match spec:
        case AllTime():
            if key:
                raise _not_a_key(spec, key)
            return Window("", None, None)
        case Every(unit):
            first = _first_day_named(spec, key, calendar)
            return _window(key, first, next_first(unit, first), calendar=calendar)
        case Rolling():
            last = _first_day_named(Every(Unit.DAY), key, calendar)
            return _window(key, spec.first(last), plus_days(last, 1), calendar=calendar)
        case Seasons():
            season = spec.ranges[_season_index(spec, key)]
            return _window(key, season.starts, season.ends, calendar=calendar)
        case _:
            assert_never(spec)


def window_at(spec: Spec, at: datetime, calendar: Calendar) -> Window | None:
    """The window that `at` belongs to; None outside every season."""
    key = key_at(spec, at, calendar)
    return None if key is None else window(spec, key, calendar)


def before(spec: Spec, window: Window, calendar: Calendar) -> Window | None:
    """The window that ends where this one starts (the season before it); None if there is none."""
    return _neighbour(spec, window, calendar, step=-1)


def after(spec: Spec, window: Window, calendar: Calendar) -> Window | None:
    """The window that starts where this one ends (the season after it); None if there is none.

    Where months roll, it is the one that ends so many months later.
    """
    return _neighbour(spec, window, calendar, step=1)


# --------------------------------------------------------------------------------------- below


def _keys_back(spec: Spec, at: datetime, calendar: Calendar) -> Iterator[str]:
    found = window_at(spec, at, calendar)
    while found is not None:
        yield found.key
        found = before(spec, found, calendar)


@lru_cache(maxsize=256)
def _dates_back(last: date, count: int) -> tuple[str, ...]:
    return tuple(plus_days(last, -back).isoformat() for back in range(count))


@lru_cache(maxsize=4096)
def _days_read(spec: Rolling, key: str) -> tuple[str, ...]:
    last = date.fromisoformat(key)
    first = spec.first(last)
    return tuple(plus_days(first, day).isoformat() for day in range((last - first).days + 1))


def _key_of_day(spec: Spec, day: date, calendar: Calendar) -> str | None:
    match spec:
        case AllTime():
            return ""
        case Every(unit):
            return _key_of_first(unit, first_day(unit, day, calendar.week_starts))
        case Rolling():
            return day.isoformat()
        case Seasons(ranges):
            for season in ranges:
                if season.starts <= day < season.ends:
                    return f"season:{season.name}"
            return None
        case _:
            assert_never(spec)


def _key_of_first(unit: Unit, first: date) -> str:
    match unit:
        case Unit.DAY:
            return first.isoformat()
        case Unit.WEEK:
            return f"w{first.isoformat()}"
        case Unit.MONTH:
            return f"{first.year:04d}-{first.month:02d}"
        case Unit.QUARTER:
            return f"{first.year:04d}-Q{(first.month + 2) // 3}"
        case Unit.HALF_YEAR:
            return f"{first.year:04d}-H{(first.month + 5) // 6}"
        case Unit.YEAR:
            return f"{first.year:04d}"
        case _:
            assert_never(unit)


def _first_day_named(spec: Every, key: str, calendar: Calendar) -> date:
    """The first day of the unit's window with this key; only the canonical form is a key."""
    digits = re.fullmatch(r"w?([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?|-(Q[1-4]|H[12]))?", key)
    if digits is None:
        raise _not_a_key(spec, key)
    year, month, day, part = digits.groups()
    if part is not None:
        months = 3 if part[0] == "Q" else 6
        month = int(part[1]) * months - months + 1
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise _not_a_key(spec, key) from None
    if _key_of_day(spec, first, calendar) != key:
        raise _not_a_key(spec, key)
    return first


def _window(key: str, first: date, end: date, *, calendar: Calendar) -> Window:
    return Window(key, day_starts(first, calendar.zone), day_starts(end, calendar.zone))


def _neighbour(spec: Spec, of: Window, calendar: Calendar, *, step: int) -> Window | None:
    match spec:
        case AllTime():
            return None
        case Every(unit):
            first = _first_day_named(spec, of.key, calendar)
            found = of
            # A date that the zone skipped is empty, and no neighbour.
            while found.key == of.key or found.starts_at == found.ends_at:
                first = (
                    next_first(unit, first)
                    if step > 0
                    else first_day(unit, plus_days(first, -1), calendar.week_starts)
                )
                found = window(spec, _key_of_first(unit, first), calendar)
            return found
        case Rolling():
            last = _first_day_named(Every(Unit.DAY), of.key, calendar)
            if step < 0:
                return window(spec, plus_days(spec.first(last), -1).isoformat(), calendar)
            end = Duration(spec.months, spec.days).after(plus_days(last, 1))
            return window(spec, plus_days(end, -1).isoformat(), calendar)
        case Seasons():
            index = _season_index(spec, of.key) + step
            if not 0 <= index < len(spec.ranges):
                return None
            return window(spec, f"season:{spec.ranges[index].name}", calendar)
        case _:
            assert_never(spec)


def _season_index(spec: Seasons, key: str) -> int:
    for index, season in enumerate(spec.ranges):
        if key == f"season:{season.name}":
            return index
    raise _not_a_key(spec, key)


def _not_a_key(spec: Spec, key: str) -> ValueError:
    return ValueError(f"{key[:64]!r} is not the key of a window of {spec.text[:64]!r}")
