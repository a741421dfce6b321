"""Adjustments: points that an operator gives or takes, with a reason."""

from gamification.definition.compiled import CompiledProgram
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.quantity import to_text
from gamification.refusals import InsufficientPoints
from gamification.rules.earning import give
from gamification.rules.lot import account_at, least_of
from gamification.state import AccountKey, State

RULE = "adjustment"
"""The rule named by the postings of adjustments."""


def unit_of(command: Activity) -> str:
    """The unit of points that a command names."""
    return str(command.properties["unit"])


def accept(program: CompiledProgram, state: State, command: Activity) -> None:
    """Refuse to take more than the floor under the account leaves."""
    unit = program.units[unit_of(command)]
    account = state.accounts.get(AccountKey(command.member, unit.key))
    least = least_of(unit)
    portions = account_at(unit, account, command.occurred_at, program.calendar).portions
    balance = portions.available + portions.pending
    if least is None or command.value >= 0 or balance + command.value >= least:
        return
    message = (
        f"The balance is {to_text(balance)} and may not fall below {to_text(least)}: "
        f"take at most {to_text(max(0, balance - least))}."
    )
    raise InsufficientPoints(message, field=("amount",))


def adjust(draft: Draft) -> None:
    """Give the points, or take them as far as the floor leaves them to be taken."""
    unit = unit_of(draft.activity)
    if unit in draft.program.units:
        give(draft, unit, draft.activity.value, rule=RULE)
