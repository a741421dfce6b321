"""Pauses: periods in which a streak asks for nothing, because the member said so before."""

from datetime import date

from gamification.days import first_day, next_first, plus_days
from gamification.definition.compiled import CompiledProgram
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.quantity import SCALE
from gamification.refusals import Inapplicable, LimitReached
from gamification.rules.streak import Found, found, put
from gamification.state import State
from gamification.streak_runs import Rest, Used, last_day
from gamification.streaks import pauses_left, used_in


def accept(program: CompiledProgram, state: State, command: Activity) -> None:
    """Refuse to pause what does not run or is paused already, and beyond the limit."""
    now = found(program, state.tallies.get, command)
    if now is None or now.streak.pauses is None:
        return
    if not now.run.length:
        raise Inapplicable("No streak is running that could be paused.", field=("streak",))
    if _pause_ahead(now) is not None:
        raise Inapplicable("It is paused already: resume it first.", field=("streak",))
    left = pauses_left(now.streak.pauses, now.run, _first_paused(now), now.calendar)
    if command.value > left * SCALE:
        every, per = now.streak.every.value, now.streak.pauses.per.value
        message = f"{left} of {now.streak.pauses.most} periods (each a {every}) are left"
        raise LimitReached(f"{message} for pauses in this {per}.", field=("periods",))


def pause(draft: Draft) -> None:
    """Let the streak ask for nothing for so many periods: from this one on, or from the next where
    this one is done already."""
    now = found(draft.program, draft.tally, draft.activity)
    if now is None or now.streak.pauses is None or not now.run.length or _pause_ahead(now):
        return
    rule, first = now.streak.pauses, _first_paused(now)
    count = min(draft.activity.value // SCALE, pauses_left(rule, now.run, first, now.calendar))
    if count <= 0:
        return
    last = first
    for _ in range(count - 1):
        last = next_first(now.streak.every, last)
    since = first_day(rule.per, first, now.calendar.week_starts)
    used = Used(used_in(now.run.paused, since) + count, since)
    rest = Rest(first, last_day(now.streak, last))
    put(draft, now, now.run._replace(pause=rest, paused=used))


def accept_resume(program: CompiledProgram, state: State, command: Activity) -> None:
    """Refuse to resume what is not paused."""
    now = found(program, state.tallies.get, command)
    if now is not None and _pause_ahead(now) is None:
        raise Inapplicable("It is not paused.", field=("streak",))


def resume(draft: Draft) -> None:
    """End the pause before the period that is running; what was not needed of it is given back."""
    now = found(draft.program, draft.tally, draft.activity)
    ahead = None if now is None else _pause_ahead(now)
    if now is None or ahead is None or now.streak.pauses is None:
        return
    run, begins = now.run, max(ahead.first, now.period)
    unused = 0
    while begins <= ahead.last:
        unused, begins = unused + 1, next_first(now.streak.every, begins)
    since = first_day(now.streak.pauses.per, ahead.first, now.calendar.week_starts)
    used = Used(max(0, used_in(run.paused, since) - unused), since)
    until = plus_days(now.period, -1)
    rest = Rest(ahead.first, until) if ahead.first <= until else None
    put(draft, now, run._replace(pause=rest, paused=used))


def _first_paused(now: Found) -> date:
    is_done = now.run.last is not None and now.run.last >= now.period
    return next_first(now.streak.every, now.period) if is_done else now.period


def _pause_ahead(now: Found) -> Rest | None:
    """The pause that holds, or begins with the next period; None if there is none."""
    rest = now.run.pause
    return rest if rest is not None and rest.last >= last_day(now.streak, now.period) else None
