"""The steps in which a ladder looks back: which tallies each is made of, and where it begins.

A step is a window of the calendar, a year since the day of joining, or, where the window rolls, a
day. Step 0 is the one that is running; steps before it have higher numbers, later ones lower.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple, assert_never

from gamification import windows
from gamification.days import day_starts, plus_days
from gamification.definition.compiled import CompiledTier
from gamification.definition.compiled.tiers import JOINED_METRIC, Joined
from gamification.ids import MemberId
from gamification.state import Tally, TallyKey
from gamification.windows import AllTime, Calendar, Every, Rolling, Window, day_at

Find = Callable[[TallyKey], Tally | None]


class Steps(NamedTuple):
    """The steps that are looked at: of each the windows of its tallies, the running one first.

    `shift` is the step that was running before the days of grace, and `joined` the day of the
    member's first activity. Where days roll, `days` says of each how many its window has.
    """

    keys: tuple[tuple[str, ...], ...]
    shift: int
    joined: date | None
    days: tuple[int, ...] = ()

    def whole(self, tier: CompiledTier) -> int:
        """The last step of which a level holds in full, the days of grace included."""
        return self.shift + holds(tier, self.days, self.shift)


def steps_at(
    tier: CompiledTier, member: MemberId, find: Find, *, at: datetime, calendar: Calendar
) -> Steps:
    """The steps that say which level a member holds at a moment."""
    match tier.span:
        case AllTime():
            return Steps((("",),), 0, None)
        case Every():
            keys = windows.keys_back(tier.span, at, calendar, count=tier.steps_read)
            return Steps(tuple((key,) for key in keys), _shift(tier, keys, at, calendar), None)
        case Rolling():
            keys = windows.days_back(at, calendar, count=tier.steps_read)
            days = days_rolling(tier.span, day_at(at, calendar), tier.steps_read)
            return Steps(tuple((key,) for key in keys), tier.grace_days, None, days)
        case Joined():
            return _since_joining(tier, member, find, at, calendar=calendar)
        case _:
            assert_never(tier.span)


def numbers_of(
    tier: CompiledTier, member: MemberId, find: Find, steps: Steps
) -> tuple[list[int], ...]:
    """Each of the ladder's numbers in each step, by itself."""
    found: list[list[int]] = []
    for _, metric, start in tier.numbers:
        own: list[int] = []
        for keys in steps.keys:
            value = 0
            for key in keys:
                tally = find(TallyKey(member, metric, key, ""))
                value += start if tally is None else tally.value
            own.append(value)
        found.append(own)
    return tuple(found)


@lru_cache(maxsize=1024)
def days_rolling(span: Rolling, last: date, count: int) -> tuple[int, ...]:
    """How many days the window has that ends on a day, and on each of the days before it."""
    lasts = (plus_days(last, -back) for back in range(count))
    return tuple((last - span.first(last)).days + 1 for last in lasts)


def holds(tier: CompiledTier, days: Sequence[int], step: int) -> int:
    """How many steps before one may have reached a level that it still holds in full: windows, or
    the days of one where they roll."""
    return tier.holds_windows * (days[step] if days else 1)


def begins(
    tier: CompiledTier, steps: Steps, step: int, *, at: datetime, calendar: Calendar
) -> datetime | None:
    """When a step begins, or began; None where there is only one."""
    match tier.span:
        case AllTime():
            return None
        case Every():
            if step >= 0:
                (key,) = steps.keys[step]
                return windows.window(tier.span, key, calendar).starts_at
            found = windows.window_at(tier.span, at, calendar)
            for _ in range(-step):
                assert found is not None, "calendar windows go on"
                found = windows.after(tier.span, found, calendar)
            return None if found is None else found.starts_at
        case Rolling():
            return day_starts(plus_days(day_at(at, calendar), -step), calendar.zone)
        case Joined():
            first = _anniversary(steps.joined, day_at(at, calendar), step)
            return day_starts(first, calendar.zone)
        case _:
            assert_never(tier.span)


def window_of(
    tier: CompiledTier, steps: Steps, step: int, *, at: datetime, calendar: Calendar
) -> Window:
    """The window of one of the steps: where days roll, that which ends with the day."""
    if isinstance(tier.span, Joined):
        starts_at, ends_at = (
            begins(tier, steps, each, at=at, calendar=calendar) for each in (step, step - 1)
        )
        return Window("", starts_at, ends_at)
    (key,) = steps.keys[step]
    return windows.window(tier.span, key, calendar)


def tallies_asked(tier: CompiledTier, at: datetime, calendar: Calendar) -> set[tuple[str, str]]:
    """The tallies, as metric and window, that say which level any member holds at a moment."""
    asked = {(floor.metric, "") for _, floor in tier.lifelong}
    asked.add((tier.placed_metric, ""))
    match tier.span:
        case AllTime() | Every():
            keys = windows.keys_back(tier.span, at, calendar, count=tier.steps_read)
        case Rolling() | Joined():
            keys = windows.days_back(at, calendar, count=tier.days_read)
            asked.add((JOINED_METRIC, ""))
        case _:
            assert_never(tier.span)
    return asked | {(number.metric, key) for number in tier.numbers for key in keys}


def _shift(tier: CompiledTier, keys: tuple[str, ...], at: datetime, calendar: Calendar) -> int:
    """The place among these windows of the one that was running before the days of grace."""
    if not tier.grace_days or not isinstance(tier.span, Every):
        return 0
    before = day_starts(plus_days(day_at(at, calendar), -tier.grace_days), calendar.zone)
    return keys.index(windows.key_at(tier.span, before, calendar) or "")


def _since_joining(
    tier: CompiledTier, member: MemberId, find: Find, at: datetime, *, calendar: Calendar
) -> Steps:
    tally = find(TallyKey(member, JOINED_METRIC, "", ""))
    today = day_at(at, calendar)
    joined = None if tally is None else day_at(tally.reached_at, calendar)
    firsts = [_anniversary(joined, today, step) for step in range(tier.steps_read)]
    ends = [plus_days(today, 1), *firsts]  # of the year that is running, the days so far
    keys = tuple(
        tuple(plus_days(first, day).isoformat() for day in range((end - first).days))
        for first, end in zip(firsts, ends, strict=False)
    )
    before = plus_days(today, -tier.grace_days)
    shift = next((step for step, first in enumerate(firsts) if first <= before), 0)
    return Steps(keys, shift, joined)


def _anniversary(joined: date | None, today: date, step: int) -> date:
    """The first day of a year since joining, counted back from the year that a day is in.

    Who joined on the 29th of February has the 1st of March in other years.
    """
    if joined is None:
        joined = today
    since = (today.month, today.day) >= (joined.month, joined.day)
    year = today.year - (0 if since else 1) - step
    try:
        return joined.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
