"""Spending: points that a member gives for something, what expires soonest first."""

from gamification.definition.compiled import CompiledProgram
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.ledger import post
from gamification.quantity import to_text
from gamification.refusals import InsufficientPoints, NotFound
from gamification.rules.earning import enter, opened
from gamification.rules.lot import are_kept, spendable_at, take
from gamification.state import AccountKey, State

RULE = "spend"
"""The rule named by the postings of what was spent."""


def unit_of(command: Activity) -> str:
    """The unit of points that a command names."""
    return str(command.properties["unit"])


def accept(program: CompiledProgram, state: State, command: Activity) -> None:
    """Refuse to spend more than is available."""
    check_spendable(program, state, command, unit_of(command))


def check_spendable(
    program: CompiledProgram, state: State, command: Activity, unit_key: str
) -> None:
    """Raise `InsufficientPoints` where a member cannot give as many points as a command says."""
    unit = program.units.get(unit_key)
    if unit is None:
        message = "There were no such points when it is said to have happened."
        raise NotFound(message, field=("unit",))
    account = state.accounts.get(AccountKey(command.member, unit_key))
    spendable = spendable_at(unit, account, command.occurred_at, program.calendar)
    if command.value > spendable:
        message = f"{to_text(spendable)} can be spent, not {to_text(command.value)}."
        raise InsufficientPoints(message, field=("amount",))


def spend(draft: Draft) -> None:
    """Take the points. In a replay there may be less: what a lack means, the unit's rules say."""
    give_up(draft, unit_of(draft.activity), draft.activity.value, rule=RULE)


def give_up(draft: Draft, unit_key: str, amount: int, *, rule: str) -> None:
    """Take points that were available when it was accepted. They do not count as earned."""
    unit = draft.program.units.get(unit_key)
    if unit is None:
        return
    account = opened(draft, unit)
    if are_kept(unit, account):
        result = take(draft, unit, account, amount)
    else:
        at = draft.activity.occurred_at
        result = post(account, -amount, at=at, minimum=unit.minimum)
    enter(draft, unit, -amount, result, rule=rule)
