"""Streaks: how many periods in a row a member has done something, with freezes for those missed."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from gamification.definition.compiled import CompiledProgram, CompiledStreak
from gamification.definition.compiled.streaks import ZONE_METRIC
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.metrics import TOTAL
from gamification.outcomes import StreakReached
from gamification.quantity import SCALE
from gamification.rules.counting import Contributed
from gamification.state import Tally, TallyKey
from gamification.streak_runs import (
    Find,
    Run,
    asks,
    calendar_of,
    done,
    kept_of,
    midnight,
    period_at,
    run_of,
    settled,
)
from gamification.windows import Calendar, key_at


def advance(draft: Draft, streak: CompiledStreak, contributions: Sequence[Contributed]) -> None:
    """Take the period of the draft's activity into the streak, once it is done.

    The numbers carry the period's beginning as their time, so that the order in which a period's
    activities arrive leaves no trace in them.
    """
    activity = draft.activity
    calendar = calendar_of(streak, activity.member, draft.tally, draft.program.calendar)
    period = period_at(streak, activity.occurred_at, calendar)
    tally = _count(draft, streak, contributions)
    if tally is None or tally.value < streak.at_least or not asks(streak, period):
        return
    before = run_of(streak, activity.member, draft.tally)
    put_run(draft, streak, before, done(streak, before, period, calendar), day=period)


def put_run(draft: Draft, streak: CompiledStreak, before: Run, after: Run, *, day: date) -> None:
    """Keep what has become of a streak in the period of a day."""
    if after == before:
        return
    known = kept_of(streak, before, day)
    for metric, (number, since) in kept_of(streak, after, day).items():
        if known.get(metric) != (number, since) or metric == streak.freezes_metric:
            _put(draft, metric, number, midnight(since))
    _tell_targets(draft, streak, before, after, day=day)
    longest = draft.tally(TallyKey(draft.activity.member, streak.longest_metric, "", ""))
    if after.length and (longest is None or after.length * SCALE > longest.value):
        _put(draft, streak.longest_metric, after.length, midnight(day))


def _tell_targets(
    draft: Draft, streak: CompiledStreak, before: Run, after: Run, *, day: date
) -> None:
    """Note the targets that the streak comes to; those of a streak that is restored were told."""
    restored = before.broken.length if before.broken and after.broken is None else 0
    activity = draft.activity
    for target in streak.targets:
        if max(before.length, restored) < target <= after.length:
            reached = StreakReached(activity.member, streak.key, target, day, activity.occurred_at)
            draft.outcomes.append(reached)


def put_zone(draft: Draft, number: int) -> None:
    """Keep where the member lives from the draft's fact on, as the number of the zone's name."""
    key = TallyKey(draft.activity.member, ZONE_METRIC, "", "")
    before = draft.tally(key)
    peak = number if before is None else max(before.peak, number)
    draft.set_tally(key, before, Tally(number, peak, draft.activity.occurred_at, 1))


class Found(NamedTuple):
    """A streak as a command finds it: `kept` is what is stored of it, `run` the same once all that
    was missed before has been missed."""

    streak: CompiledStreak
    kept: Run
    run: Run
    period: date
    calendar: Calendar


def streak_of(command: Activity) -> str:
    """The key of the streak that a command names."""
    return str(command.properties["streak"])


def found(program: CompiledProgram, find: Find, command: Activity) -> Found | None:
    """The streak that a command is about, at its time; None where the rules know no such streak."""
    streak = program.streaks.get(streak_of(command))
    if streak is None:
        return None
    calendar = calendar_of(streak, command.member, find, program.calendar)
    kept = run_of(streak, command.member, find)
    period = period_at(streak, command.occurred_at, calendar)
    return Found(streak, kept, settled(streak, kept, period, calendar), period, calendar)


def put(draft: Draft, now: Found, after: Run) -> None:
    """Keep what a command has made of a streak."""
    put_run(draft, now.streak, now.kept, after, day=now.period)


def amounts_in_period(
    program: CompiledProgram,
    streak: CompiledStreak,
    contributions: Sequence[Contributed],
    at: datetime,
) -> list[int]:
    """What an activity brings to the number that a streak counts in a period."""
    window = key_at(streak.window, at, program.calendar)
    return [
        each.amount
        for each in contributions
        if each.key.metric == streak.counted and each.key.window == window
    ]


def done_key(draft: Draft, streak: CompiledStreak) -> TallyKey:
    """The tally of what has been done in the period of the draft's activity."""
    activity, calendar = draft.activity, draft.program.calendar
    if streak.is_local:
        calendar = calendar_of(streak, activity.member, draft.tally, calendar)
    window = key_at(streak.window, activity.occurred_at, calendar)
    assert window is not None, "only seasons leave gaps"
    metric = streak.done_metric if streak.is_local else streak.counted
    return TallyKey(activity.member, metric, window, "")


def _count(
    draft: Draft, streak: CompiledStreak, contributions: Sequence[Contributed]
) -> Tally | None:
    """What has been done in the period with the draft's activity; None if that brought nothing."""
    key = done_key(draft, streak)
    if streak.is_local:
        for amount in amounts_in_period(
            draft.program, streak, contributions, draft.activity.occurred_at
        ):
            draft.count(key, TOTAL, amount)
    return draft.moved(key)


def _put(draft: Draft, metric: str, number: int, at: datetime) -> None:
    key = TallyKey(draft.activity.member, metric, "", "")
    before, value = draft.tally(key), number * SCALE
    peak = value if before is None else max(before.peak, value)
    # One touch, however many facts made it what it is: their order within a period means nothing.
    draft.set_tally(key, before, Tally(value, peak, at, 1))
