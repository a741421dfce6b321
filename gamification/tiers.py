"""Tiers: the level a member holds at a moment, worked out from the numbers of the last windows.

Nothing about a level is stored. A level is reached in a window, holds to the end of that window or
of the next, and then falls, at once to what the later windows give or by one step in each window.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from gamification import windows
from gamification.definition.compiled import CompiledTier
from gamification.ids import MemberId
from gamification.state import Tally, TallyKey
from gamification.windows import Calendar, Window

Find = Callable[[TallyKey], Tally | None]

NO_LEVEL = -1
"""The index of the level of someone who has not reached the lowest."""


class TierStatus(NamedTuple):
    """A member's level at a moment, as indexes into the ladder's levels.

    `value` is the number of the window that is running, and of the levels' thresholds. `projected`
    is the level at the beginning of the next window, and `holds_until` when the level falls, if
    nothing more is done (None: it does not). `to_keep` is missing in this window for holding the
    level longer, `to_next` for the next one (None: there is none).
    """

    level: int
    value: int
    window: Window
    holds_until: datetime | None
    projected: int
    to_keep: int
    to_next: int | None


def level_at(
    tier: CompiledTier, member: MemberId, find: Find, *, at: datetime, calendar: Calendar
) -> int:
    """The index of the level that a member holds; `NO_LEVEL` below the lowest."""
    return _held(tier, _reached(tier, member, find, at, calendar))


def status_at(
    tier: CompiledTier, member: MemberId, find: Find, *, at: datetime, calendar: Calendar
) -> TierStatus:
    """All there is to say about a member's level at a moment."""
    window = windows.window_at(tier.window, at, calendar)
    assert window is not None, "only seasons leave gaps"
    reached = _reached(tier, member, find, at, calendar)
    value = _value(tier, member, find, window.key)
    level = _held(tier, reached)
    upper = level + 1
    return TierStatus(
        level=level,
        value=value,
        window=window,
        holds_until=_falls_at(tier, reached, window, calendar=calendar),
        projected=level if window.ends_at is None else _held(tier, _passed(reached, 1)),
        to_keep=0 if level == NO_LEVEL else max(0, tier.levels[level].threshold - value),
        to_next=tier.levels[upper].threshold - value if upper < len(tier.levels) else None,
    )


def windows_asked(tier: CompiledTier, at: datetime, calendar: Calendar) -> tuple[str, ...]:
    """The keys of the windows that say which level is held at a moment, the running one first."""
    return windows.keys_back(tier.window, at, calendar, count=tier.windows_read)


def _reached(
    tier: CompiledTier, member: MemberId, find: Find, at: datetime, calendar: Calendar
) -> list[int]:
    """The level that each of the last windows was enough for, the running one first."""
    return [
        tier.level_for(_value(tier, member, find, key)) for key in windows_asked(tier, at, calendar)
    ]


def _value(tier: CompiledTier, member: MemberId, find: Find, window: str) -> int:
    tally = find(TallyKey(member, tier.metric, window, ""))
    return tier.start if tally is None else tally.value


def _held(tier: CompiledTier, reached: Sequence[int]) -> int:
    """The level held in the first of these windows."""
    lowest = tier.level_for(tier.start)
    level = lowest
    for index in reversed(range(len(reached))):
        # What is further back than the windows that are read has fallen by as many steps since.
        fallen = max(lowest, level - 1) if tier.falls_by_step else lowest
        level = max(fallen, *reached[index : index + 1 + tier.holds_windows])
    return level


def _passed(reached: Sequence[int], count: int) -> list[int]:
    """The same after `count` windows in which nothing was done."""
    return [NO_LEVEL] * count + list(reached)


def _falls_at(
    tier: CompiledTier, reached: Sequence[int], window: Window, *, calendar: Calendar
) -> datetime | None:
    """The end of the last window in which the level holds, if nothing more is done."""
    level, ends_at = _held(tier, reached), window.ends_at
    if ends_at is None or level <= tier.level_for(tier.start):
        return None
    after: Window | None = window
    for count in range(1, tier.windows_read + 1):
        if _held(tier, _passed(reached, count)) < level:
            return ends_at
        after = windows.after(tier.window, after, calendar)
        assert after is not None, "calendar windows go on"
        ends_at = after.ends_at
    raise AssertionError("a level falls within the windows that are read")
