"""Without this module nobody could tell for how long the runs of leaderboards stay as they are.

What is said of a run changes by time alone only where a run of its board begins or ends: then
another one is the present one, or one that was open is over.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple, assert_never

from gamification.days import Unit
from gamification.definition.compiled import CompiledProgram
from gamification.windows import AllTime, Calendar, Every, Rolling, Seasons, Spec, window, window_at

_DAYS = Every(Unit.DAY)


class Stretch(NamedTuple):
    """The time `[starts_at, ends_at)` between two turns; None where there is no other turn."""

    starts_at: datetime | None
    ends_at: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies in it."""
        return (self.starts_at is None or self.starts_at <= at) and (
            self.ends_at is None or at < self.ends_at
        )


def stretch_at(rules: CompiledProgram, at: datetime) -> Stretch:
    """The stretch around a moment in which no run of any leaderboard begins or ends."""
    windows = {board.window for board in rules.boards.values()}
    turns = [turn for each in windows for turn in _turns_near(each, at, rules.calendar)]
    return Stretch(
        max((turn for turn in turns if turn <= at), default=None),
        min((turn for turn in turns if turn > at), default=None),
    )


def _turns_near(spec: Spec, at: datetime, calendar: Calendar) -> Iterable[datetime]:
    """The last turn of a kind of window by a moment and the next one after it, maybe others."""
    match spec:
        case AllTime():
            return ()
        case Every():
            return _ends(spec, at, calendar)
        case Rolling():
            # The last so many days are others with each day.
            return _ends(_DAYS, at, calendar)
        case Seasons():
            return _of_seasons(spec, calendar)
        case _:
            assert_never(spec)


def _ends(spec: Every, at: datetime, calendar: Calendar) -> Iterator[datetime]:
    found = window_at(spec, at, calendar)
    assert found is not None, "there is a day, a week, … at every moment"
    for each in (found.starts_at, found.ends_at):
        assert each is not None, "only all time has no ends"
        yield each


def _of_seasons(spec: Seasons, calendar: Calendar) -> Iterator[datetime]:
    for season in spec.ranges:
        found = window(spec, f"season:{season.name}", calendar)
        for each in (found.starts_at, found.ends_at):
            assert each is not None, "only all time has no ends"
            yield each
