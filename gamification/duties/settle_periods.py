"""A leaderboard's run becomes final: who stands where is written down, once and for ever."""

from datetime import datetime, timedelta
from typing import NamedTuple

from gamification.definition.compiled import CompiledBoard, Timeline
from gamification.live import Bus, Changes
from gamification.outcomes import Notice, NoticeKind, members_of
from gamification.periods import FinalPeriod, PeriodKey
from gamification.ports import Store, Writing
from gamification.program import Program
from gamification.reading import Reading
from gamification.windows import window

NEWS_MAX = timedelta(days=31)
"""What ended longer ago is history that was imported, or a long downtime: nobody is told of it."""

_INSTANT = timedelta(microseconds=1)


class Due(NamedTuple):
    """A run that may become final at a time, by the rules in force when it ended."""

    ends_at: datetime
    final_at: datetime
    key: PeriodKey
    board: CompiledBoard
    version: int


async def settle_periods(store: Store, bus: Bus, program: Program, *, now: datetime) -> int:
    """Make final every run whose settling time is over, in the order in which they ended.

    Each is a transaction, in which it is written down as of one moment: what arrives later moves
    tallies, and no final run. A run in which nobody has a score is left as it is; all are when an
    import begins meanwhile.
    """
    settled = 0
    over = [
        run
        for run in await _unsettled(store.reading(program.record), program.timeline)
        if run.final_at <= now
    ]
    for run in sorted(over, key=lambda run: (run.ends_at, run.key)):
        async with store.writing(program.record) as writing:
            if await writing.is_importing():
                break
            period = await _settle(writing, run, now)
            notices = await writing.add_notices(await _news(writing, period, now))
        if period is not None:
            settled += 1
            told = members_of(notices)
            bus.publish(Changes(program.id, told, frozenset({run.board.key}), tuple(notices)))
    return settled


def is_news(period: FinalPeriod, now: datetime) -> bool:
    """Whether a run ended so recently that somebody is told of it."""
    return now - period.ends_at <= NEWS_MAX


async def _settle(writing: Writing, run: Due, now: datetime) -> FinalPeriod | None:
    return await writing.settle(
        run.key,
        metric=run.board.metric,
        ties=run.board.ties,
        ends_at=run.ends_at,
        version=run.version,
        has_prizes=bool(run.board.prizes),
        now=now,
    )


async def _news(writing: Writing, period: FinalPeriod | None, now: datetime) -> list[Notice]:
    if period is None or not is_news(period, now):
        return []
    board, run = period.key
    (winner,) = await writing.final_places(period.key, after=0, limit=1)
    return [
        Notice(
            id=0,
            kind=NoticeKind.PERIOD_FINAL,
            member=winner.member,
            award=None,
            at=now,
            is_public=True,
            about=board,
            details={"period": run, "participants": period.participants},
            once=f"final {board} {run}",
        )
    ]


async def _unsettled(reading: Reading, timeline: Timeline) -> list[Due]:
    """The runs with scores that end at some time, and are not final."""
    found: list[Due] = []
    for board in timeline.current.boards.values():
        windows = await reading.unsettled(board.key, board.metric) if board.has_ends else []
        found += [run for key in windows if (run := _run(timeline, board, key)) is not None]
    return found


def _run(timeline: Timeline, board: CompiledBoard, key: str) -> Due | None:
    """The board's run in a window, by the rules in force at its end; None where these had no such
    board: its numbers are those of others."""
    calendar = timeline.current.calendar
    try:
        found = window(board.window, key, calendar)
    except ValueError:
        return None  # boards share their numbers, and this is a window of another kind
    assert found.ends_at is not None, "a board whose runs end has such windows alone"
    rules = timeline.at(found.ends_at - _INSTANT)
    judged = rules.boards.get(board.key)
    if judged is None or (judged.metric, judged.window) != (board.metric, board.window):
        return None
    final_at = judged.final_at(found, calendar)
    assert final_at is not None, "it ends, so that it is final at some time"
    return Due(found.ends_at, final_at, PeriodKey(board.key, key), judged, rules.version)
