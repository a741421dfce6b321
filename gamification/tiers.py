"""Tiers: the level a member holds at a moment, worked out from the numbers of the last windows.

Nothing that time changes is stored. A level is reached in a window, holds to the end of that window
or of the next and for the days of grace, and then falls, at once to what the later windows give or
by one step in each window. Levels for life and levels placed by hand stand beside what is earned:
the highest of them is held.
"""

from datetime import UTC, datetime
from enum import Enum
from typing import NamedTuple

from gamification.days import day_starts, plus_days
from gamification.definition.compiled import CompiledTier
from gamification.ids import MemberId
from gamification.names import number_of
from gamification.state import TallyKey
from gamification.tier_levels import NO_LEVEL, Numbers, held, reached_by, values_of
from gamification.tier_steps import (
    Find,
    Steps,
    begins,
    days_rolling,
    holds,
    numbers_of,
    steps_at,
    window_of,
)
from gamification.windows import AllTime, Calendar, Rolling, Window, day_at

FOR_EVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for an end that does not come."""


class Holding(Enum):
    """What holds a level."""

    NUMBERS = "numbers"
    GRACE = "grace"
    FOR_LIFE = "for life"
    PLACEMENT = "placement"


class NumberStatus(NamedTuple):
    """One number of a ladder in the window that is running, and what is missing of it: to hold the
    level longer, and for the next level (None: there is none, or the number does not lead there).

    `rolled_over` of it comes from the window before.
    """

    key: str
    value: int
    rolled_over: int
    to_keep: int | None
    to_next: int | None


class TierStatus(NamedTuple):
    """A member's level at a moment, as indexes into the ladder's levels.

    `value`, `to_keep` and `to_next` are those of the first of its numbers. `projected` is the level
    once the window that is running and the days of grace are over, and `holds_until` when the level
    falls, if nothing more is done (None: it does not). `held_by` is None below the lowest level.
    `earned` is the level by the numbers alone, and `earned_until` when that falls.
    """

    level: int
    value: int
    window: Window
    holds_until: datetime | None
    projected: int
    to_keep: int
    to_next: int | None
    held_by: Holding | None
    numbers: tuple[NumberStatus, ...]
    for_life: int
    placed: "Placement"
    earned: int
    earned_until: datetime | None


class Placement(NamedTuple):
    """The level that an operator has placed a member in (`NO_LEVEL`: none), and until when."""

    level: int
    until: datetime | None


def level_at(
    tier: CompiledTier, member: MemberId, find: Find, *, at: datetime, calendar: Calendar
) -> int:
    """The index of the level that a member holds; `NO_LEVEL` below the lowest."""
    steps = steps_at(tier, member, find, at=at, calendar=calendar)
    owns = numbers_of(tier, member, find, steps)
    return max(
        held(tier, reached_by(tier, values_of(tier, owns, steps.days)), steps.whole(tier)),
        lifelong(tier, member, find),
        placement(tier, member, find, at).level,
    )


def status_at(
    tier: CompiledTier, member: MemberId, find: Find, *, at: datetime, calendar: Calendar
) -> TierStatus:
    """All there is to say about a member's level at a moment."""
    steps = steps_at(tier, member, find, at=at, calendar=calendar)
    owns = numbers_of(tier, member, find, steps)
    course = _Course(tier, steps, owns, at, calendar)
    for_life, placed = lifelong(tier, member, find), placement(tier, member, find, at)
    level = max(course.earned, for_life, placed.level)
    projected, past = course.projected()
    if placed.until is None or past is None or placed.until > past:
        projected = max(projected, placed.level)
    numbers = course.numbers(level, keeps=for_life < level)
    first = numbers[0]
    return TierStatus(
        level=level,
        value=first.value,
        window=window_of(tier, steps, 0, at=at, calendar=calendar),
        holds_until=_holds_until(course, level, for_life, placed),
        projected=max(projected, for_life),
        to_keep=first.to_keep or 0,
        to_next=first.to_next,
        held_by=_held_by(course, level, for_life, placed),
        numbers=numbers,
        for_life=for_life,
        placed=placed,
        earned=course.earned,
        earned_until=course.ends(course.earned),
    )


def lifelong(tier: CompiledTier, member: MemberId, find: Find) -> int:
    """The highest level that has become the member's own for ever."""
    for index, floor in tier.lifelong:
        tally = find(TallyKey(member, floor.metric, "", ""))
        if (floor.start if tally is None else tally.value) >= floor.at_least:
            return index
    return NO_LEVEL


def placement(tier: CompiledTier, member: MemberId, find: Find, at: datetime) -> Placement:
    """The level that the member is placed in at a moment."""
    tally = find(TallyKey(member, tier.placed_metric, "", ""))
    if tally is None or not tally.value or tally.reached_at <= at:
        return Placement(NO_LEVEL, None)
    for index, level in enumerate(tier.levels):
        if number_of(level.key) == tally.value:
            return Placement(index, tally.reached_at if tally.reached_at < FOR_EVER else None)
    return Placement(NO_LEVEL, None)


# ------------------------------------------------------------------------- what will come of it


class _Course:
    """What was earned, and what becomes of it if nothing more is done."""

    def __init__(
        self,
        tier: CompiledTier,
        steps: Steps,
        owns: Numbers,
        at: datetime,
        calendar: Calendar,
    ) -> None:
        self.tier, self.steps, self.at, self.calendar = tier, steps, at, calendar
        self.owns = owns
        self.ahead = 0 if isinstance(tier.span, AllTime) else tier.steps_read + 1
        later = [[0] * self.ahead + list(own) for own in owns]
        self.days: tuple[int, ...] = ()
        if isinstance(tier.span, Rolling):
            last = plus_days(day_at(at, calendar), self.ahead)
            self.days = days_rolling(tier.span, last, self.ahead + len(steps.keys))
        self.reached = reached_by(tier, values_of(tier, later, self.days))
        self.held = self.held_in(0)
        self.earned = held(tier, self.reached[self.ahead :], steps.whole(tier))

    def held_in(self, step: int) -> int:
        """The level held in a step by its numbers: in one to come for -1, -2, …."""
        place = self.ahead + step
        return held(self.tier, self.reached[place:], holds(self.tier, self.days, place))

    def ends(self, level: int) -> datetime | None:
        """When the level that is earned falls below one; None where it does not."""
        if level <= self.tier.lowest:
            return None
        step = self._falls_in(level)
        return None if step is None else self._begins(step)

    def _falls_in(self, level: int) -> int | None:
        """The first step, from before the days of grace on, that does not hold a level any more."""
        if self.tier.falls_by_step:
            steps = range(self.steps.shift, -self.ahead - 1, -1)
            held = [step for step in steps if self.held_in(step) >= level]
            return held[-1] - 1 if held and held[-1] > -self.ahead else None
        latest = next((i for i, each in enumerate(self.reached) if each >= level), None)
        if latest is None or not self.ahead:
            return None
        step = latest - 1
        while step + holds(self.tier, self.days, step) >= latest:
            step -= 1
        return step - self.ahead

    def _begins(self, step: int) -> datetime | None:
        """When a step begins, and the days of grace after that are over."""
        begun = begins(self.tier, self.steps, step, at=self.at, calendar=self.calendar)
        if begun is None or not self.tier.grace_days:
            return begun
        day = plus_days(day_at(begun, self.calendar), self.tier.grace_days)
        return day_starts(day, self.calendar.zone)

    def projected(self) -> tuple[int, datetime | None]:
        """The level once this window and the days of grace are over, and when that is."""
        if not self.ahead:
            return self.earned, None
        return self.held_in(-1), self._begins(-1)

    def numbers(self, level: int, *, keeps: bool) -> tuple[NumberStatus, ...]:
        """The numbers in the window that is running; `keeps`: the level has to be kept."""
        values = values_of(self.tier, self.owns, self.steps.days)
        return tuple(
            NumberStatus(
                key=number.key,
                value=found[0],
                rolled_over=0 if isinstance(self.tier.span, Rolling) else found[0] - own[0],
                to_keep=self._missing(level, index, found[0]) if keeps else 0,
                to_next=self._to_next(level, index, found[0]),
            )
            for index, (number, found, own) in enumerate(
                zip(self.tier.numbers, values, self.owns, strict=True)
            )
        )

    def _missing(self, level: int, index: int, value: int) -> int | None:
        if level == NO_LEVEL:
            return 0
        least = self.tier.levels[level].thresholds[index]
        return None if least is None else max(0, least - value)

    def _to_next(self, level: int, index: int, value: int) -> int | None:
        upper = level + 1
        if upper >= len(self.tier.levels):
            return None
        return self._missing(upper, index, value)


def _holds_until(course: _Course, level: int, for_life: int, placed: Placement) -> datetime | None:
    """When the level falls if nothing more is done: when the last of what holds it does."""
    if level in (NO_LEVEL, for_life) or level <= course.tier.lowest:
        return None
    ends = [course.ends(level)] if course.earned >= level else []
    ends += [placed.until] if placed.level >= level else []
    limited = [until for until in ends if until is not None]
    return max(limited) if len(limited) == len(ends) else None


def _held_by(course: _Course, level: int, for_life: int, placed: Placement) -> Holding | None:
    if level == NO_LEVEL:
        return None
    if course.held == level:
        return Holding.NUMBERS
    if for_life == level:
        return Holding.FOR_LIFE
    return Holding.PLACEMENT if placed.level == level else Holding.GRACE
