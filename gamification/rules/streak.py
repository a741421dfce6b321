"""Streaks: how many periods in a row a member has done something, with freezes for those missed."""

from datetime import date

from gamification.days import day_starts
from gamification.definition.compiled import CompiledStreak
from gamification.draft import Draft
from gamification.quantity import SCALE
from gamification.state import Tally, TallyKey
from gamification.streaks import advanced, kept, period_of
from gamification.windows import key_at


def advance(draft: Draft, streak: CompiledStreak) -> None:
    """Take the period of the draft's activity into the streak, once it is done.

    The numbers carry the period's beginning as their time, so that the order in which a period's
    activities arrive leaves no trace in them.
    """
    activity, calendar = draft.activity, draft.program.calendar
    period = period_of(streak, activity.occurred_at, calendar)
    if period is None or not _does(draft, streak):
        return
    before = kept(streak, activity.member, draft.tally, calendar=calendar)
    if before is not None and period <= before.last:
        return
    after = advanced(streak, before, period, calendar)
    _put(draft, streak.freezes_metric, after.freezes, period)
    _put(draft, streak.metric, after.length, period)
    longest = draft.tally(TallyKey(activity.member, streak.longest_metric, "", ""))
    if longest is None or after.length * SCALE > longest.value:
        _put(draft, streak.longest_metric, after.length, period)


def _does(draft: Draft, streak: CompiledStreak) -> bool:
    """Whether the activity counts toward its period, which is done with it."""
    window = key_at(streak.window, draft.activity.occurred_at, draft.program.calendar)
    assert window is not None, "only seasons leave gaps"
    tally = draft.moved(TallyKey(draft.activity.member, streak.counted, window, ""))
    return tally is not None and tally.value >= streak.at_least


def _put(draft: Draft, metric: str, number: int, period: date) -> None:
    key = TallyKey(draft.activity.member, metric, "", "")
    before, value = draft.tally(key), number * SCALE
    since = day_starts(period, draft.program.calendar.zone)
    if before is None:
        after = Tally(value, value, since, 1)
    else:
        after = Tally(value, max(before.peak, value), since, before.touches + 1)
    draft.set_tally(key, before, after)
