"""Restores: a streak that has ended is taken up again, for a price."""

from gamification.days import first_day, plus_days
from gamification.definition.compiled import CompiledProgram
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.quantity import to_text
from gamification.refusals import Inapplicable, InsufficientPoints, LimitReached
from gamification.rules.lot import spendable_at
from gamification.rules.spending import give_up
from gamification.rules.streak import found, put
from gamification.state import AccountKey, State
from gamification.streak_runs import Used
from gamification.streaks import restorable, restores_left, used_in


def unit_of(command: Activity) -> str | None:
    """The unit of points that a restore costs; None if it costs nothing."""
    unit = command.properties.get("unit")
    return None if unit is None else str(unit)


def accept(program: CompiledProgram, state: State, command: Activity) -> None:
    """Refuse what has not ended or ended too long ago, what is used up, and what is not paid."""
    now = found(program, state.tallies.get, command)
    if now is None or now.streak.restore is None:
        return
    rule = now.streak.restore
    if restores_left(rule, now.run, now.period, now.calendar) <= 0:
        message = f"It may be restored {rule.most} times in a {rule.per.value}, and was."
        raise LimitReached(message, field=("streak",))
    if restorable(now.streak, now.run, now.period, now.calendar) is None:
        every = now.streak.every.value
        message = f"No streak has ended within the last {rule.within} periods (each a {every})."
        raise Inapplicable(message, field=("streak",))
    unit = program.units.get(unit_of(command) or "")
    if unit is None:
        return
    account = state.accounts.get(AccountKey(command.member, unit.key))
    spendable = spendable_at(unit, account, command.occurred_at, program.calendar)
    if spendable < command.value:
        costs, there = to_text(command.value), to_text(spendable)
        message = f"It costs {costs} {unit.key}, and there are {there}."
        raise InsufficientPoints(message, field=("streak",))


def restore(draft: Draft) -> None:
    """Take up the streak that has ended, with what was done since, and pay for it.

    Where history shows that none had ended, nothing happens, and nothing is paid.
    """
    now = found(draft.program, draft.tally, draft.activity)
    if now is None or now.streak.restore is None or now.run.broken is None:
        return
    streak, rule, run, broken = now.streak, now.streak.restore, now.run, now.run.broken
    before = first_day(streak.every, plus_days(now.period, -1), now.calendar.week_starts)
    since = first_day(rule.per, now.period, now.calendar.week_starts)
    after = run._replace(
        length=broken.length + run.length,
        last=run.last if run.length else before,
        broken=None,
        restored=Used(used_in(run.restored, since) + 1, since),
    )
    put(draft, now, after)
    unit = unit_of(draft.activity)
    if unit is not None:
        give_up(draft, unit, draft.activity.value, rule=f"restore/{streak.key}")
