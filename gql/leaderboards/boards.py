"""Which run of a leaderboard is meant, and which windows its scores are read from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gamification.definition.compiled import CompiledBoard
from gamification.ports import Board
from gamification.reading import Reading
from gamification.windows import (
    Calendar,
    Rolling,
    Seasons,
    Window,
    keys_read,
    window,
    window_at,
)
from gamification.windows import before as before_window

_INSTANT = timedelta(microseconds=1)
_WINDOWS_READ = 500


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a leaderboard: its window, and the stored windows that make its scores."""

    board: CompiledBoard
    window: Window
    windows: tuple[str, ...]

    @property
    def scores(self) -> Board:
        return Board(self.board.metric, self.windows)


def run_at(board: CompiledBoard, at: datetime, calendar: Calendar) -> Run:
    """The run that a moment belongs to; between two seasons the one that comes next."""
    found = window_at(board.window, at, calendar)
    if found is None:
        assert isinstance(board.window, Seasons), "only seasons leave gaps"
        seasons = [
            window(board.window, f"season:{season.name}", calendar)
            for season in board.window.ranges
        ]
        ahead = [each for each in seasons if each.starts_at and each.starts_at > at]
        found = ahead[0] if ahead else seasons[-1]
    return run_of(board, found, calendar)


def run_of(board: CompiledBoard, of: Window, calendar: Calendar) -> Run:
    """The run in a window of the board's."""
    if isinstance(board.window, Rolling) and of.ends_at is not None:
        return Run(board, of, keys_read(board.window, of.ends_at - _INSTANT, calendar))
    return Run(board, of, (of.key,))


def previous_run(run: Run, calendar: Calendar) -> Run | None:
    """The run that ended where this one begins, the season before it; None if there is none."""
    found = before_window(run.board.window, run.window, calendar)
    return None if found is None else run_of(run.board, found, calendar)


async def latest_runs(
    reading: Reading,
    board: CompiledBoard,
    calendar: Calendar,
    *,
    before: str | None,
    limit: int,
) -> list[Run]:
    """The runs in which anybody has scored, the latest first; those of which only the final
    standings are left included.

    Boards share their numbers: those of other kinds of window are passed over.
    """
    runs: list[Run] = []
    while len(runs) < limit:
        scored = await reading.windows(board.metric, limit=_WINDOWS_READ, before=before)
        final = await reading.final_windows(board.key, limit=_WINDOWS_READ, before=before)
        # A page ends where the shorter one of the two does: beyond it, either may have more.
        ends = [each[-1] for each in (scored, final) if len(each) == _WINDOWS_READ]
        keys = [
            key for key in sorted({*scored, *final}, reverse=True) if key >= max(ends, default="")
        ]
        runs += _runs(board, keys, calendar)
        if not ends:
            break
        before = max(ends)
    return runs[:limit]


def _runs(board: CompiledBoard, keys: Sequence[str], calendar: Calendar) -> list[Run]:
    runs: list[Run] = []
    for key in keys:
        try:
            found = window(board.window, key, calendar)
        except ValueError:
            continue
        runs.append(run_of(board, found, calendar))
    return runs
