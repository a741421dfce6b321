"""Why a streak is as long as it is: what became of each period, and what ended it.

What is stored of a streak are its numbers now. Which period was missed, frozen or paused is in the
member's history: it is judged again by the rules that judged it, and between two facts the periods
are settled as the streak settles them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from enum import Enum
from itertools import takewhile
from typing import NamedTuple

from gamification.commands import is_command
from gamification.days import next_first, zone
from gamification.definition.compiled import CompiledStreak, Timeline
from gamification.facts import Activity, Retraction
from gamification.ids import MemberId
from gamification.outcomes import TallyChanged
from gamification.replay import Replayed, replay
from gamification.state import Posting, PostingKey, State, Tally, TallyKey
from gamification.streak_runs import (
    Run,
    asked_after,
    asks,
    calendar_of,
    ends,
    last_day,
    period_at,
    run_of,
    starts,
)
from gamification.windows import Calendar, key_at

PERIODS_MAX = 100
"""How many periods an explanation of a streak tells of."""

History = Sequence[tuple[Activity, tuple[Retraction, ...]]]


class PeriodState(Enum):
    """What became of a period."""

    DONE = "done"
    FROZEN = "frozen"
    MISSED = "missed"
    PAUSED = "paused"
    NOT_ASKED = "not asked"
    RUNNING = "running"


class PeriodExplained(NamedTuple):
    """One period: what was done in it, in ten-thousandths of the streak's number.

    `ended` is how long the streak was that ended because this period was missed (None: none did,
    and where it was restored later, it did end before).
    """

    starts_at: datetime
    ends_at: datetime
    state: PeriodState
    amount: int
    ended: int | None


class _Stretch(NamedTuple):
    """The time from one fact that moved the streak to the next: what was kept of it meanwhile, and
    the period that the fact had done (None: it did none). It goes from the period `begins` to that
    of `until`, which was still running then."""

    run: Run
    calendar: Calendar
    done: date | None
    begins: date
    until: datetime


def periods_of(
    timeline: Timeline,
    streak: CompiledStreak,
    member: MemberId,
    history: History,
    granted: Mapping[PostingKey, Posting],
    *,
    now: datetime,
) -> list[PeriodExplained]:
    """What became of the latest periods, the one that is running first, back to the first done.

    `granted` is what the ledger says of the history: what budgets let through was decided once.
    """
    keep = frozenset(fact.key for fact, _ in history)
    replayed = replay(timeline, history, keep=keep, granted=granted)
    state = replayed.state
    stretches = _stretches(timeline.current.calendar, streak, member, history, replayed, now=now)
    found: dict[date, tuple[PeriodState, int | None, Calendar]] = {}
    for stretch in stretches:
        for first, what, ended in _became(streak, stretch):
            # What is done stays done, whatever else happens in the period.
            if first not in found or found[first][0] is not PeriodState.DONE:
                found[first] = what, ended, stretch.calendar
    begun = min((first for first in found if found[first][0] is PeriodState.DONE), default=date.max)
    latest = sorted((first for first in found if first >= begun), reverse=True)[:PERIODS_MAX]
    return [
        PeriodExplained(
            starts_at=starts(first, calendar),
            ends_at=ends(streak, first, calendar),
            state=what,
            amount=_amount(streak, member, state, first),
            ended=ended,
        )
        for first in latest
        for what, ended, calendar in (found[first],)
    ]


def _stretches(
    at_first: Calendar,
    streak: CompiledStreak,
    member: MemberId,
    history: History,
    replayed: Replayed,
    *,
    now: datetime,
) -> list[_Stretch]:
    """The streak after each fact that moved it; days are those of `at_first` until it moves."""
    metrics = frozenset(streak.metrics)
    calendar = at_first
    tallies: dict[TallyKey, Tally] = {}
    turns: list[tuple[Run, Calendar, date | None, date]] = []
    times: list[datetime] = []
    for fact, _ in history:
        moved = [
            each
            for each in replayed.outcomes.get(fact.key, ())
            if isinstance(each, TallyChanged) and each.key.metric in metrics
        ]
        if not moved:
            continue
        tallies |= {each.key: each.after for each in moved}
        left = period_at(streak, fact.occurred_at, calendar)
        calendar = calendar_of(streak, member, tallies.get, at_first)
        begins = min(left, period_at(streak, fact.occurred_at, calendar))
        run = run_of(streak, member, tallies.get)
        did = not is_command(fact.type) and any(each.key.metric == streak.metric for each in moved)
        turns.append((run, calendar, run.last if did else None, begins))
        times.append(fact.occurred_at)
    if not turns:
        return []
    untils = [*times[1:], max(now, times[-1])]
    return [_Stretch(*turn, until) for turn, until in zip(turns, untils, strict=True)]


def _became(
    streak: CompiledStreak, stretch: _Stretch
) -> Iterator[tuple[date, PeriodState, int | None]]:
    """What became of the periods from the one of a fact to that of the next, which still runs."""
    run, calendar = stretch.run, stretch.calendar
    first = stretch.begins
    running = period_at(streak, stretch.until, calendar)
    missed: list[date] = []
    if run.last is not None:
        missed = list(takewhile(running.__gt__, asked_after(streak, run, run.last, calendar)))
    frozen = frozenset(missed[: run.freezes] if run.length else ())
    ending = missed[run.freezes] if run.length and len(missed) > run.freezes else None
    while first <= running:
        if first == stretch.done:
            yield first, PeriodState.DONE, None
        elif _is_paused(streak, run, first):
            yield first, PeriodState.PAUSED, None
        elif first == running and asks(streak, first) and not _is_moved(streak, run, first):
            yield first, PeriodState.RUNNING, None
        elif first in frozen:
            yield first, PeriodState.FROZEN, None
        elif first in missed:
            yield first, PeriodState.MISSED, run.length if first == ending else None
        elif not asks(streak, first) or run.last is None or first > run.last:
            yield first, PeriodState.NOT_ASKED, None
        first = next_first(streak.every, first)


def _is_paused(streak: CompiledStreak, run: Run, first: date) -> bool:
    return run.pause is not None and run.pause.first <= last_day(streak, first) <= run.pause.last


def _is_moved(streak: CompiledStreak, run: Run, first: date) -> bool:
    return run.move is not None and run.move.first <= last_day(streak, first) <= run.move.last


def _amount(streak: CompiledStreak, member: MemberId, state: State, first: date) -> int:
    """What was done in a period: its tallies are named by its date, wherever the member lived."""
    anywhere = Calendar(zone("UTC"), first.weekday())
    noon = datetime.combine(first, time(12), anywhere.zone)
    window = key_at(streak.window, noon, anywhere)
    metric = streak.done_metric if streak.is_local else streak.counted
    tally = state.tallies.get(TallyKey(member, metric, window or "", ""))
    return 0 if tally is None else tally.value
