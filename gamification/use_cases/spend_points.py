"""A member spends points: a command that is accepted only if so many are available."""

from gamification.admission import REASON_LENGTH_MAX, check_unit, quantity_of
from gamification.commands import CommandType, NewCommand
from gamification.program import Program
from gamification.refusals import InvalidInput


def spending(
    program: Program,
    *,
    member: str,
    unit: str,
    amount: str,
    reason: str | None,
    source: str | None,
    key: str | None,
) -> NewCommand:
    """The command that takes `amount` points for something that the member gets.

    Raises `NotFound` for an unknown unit, and `InvalidInput`.
    """
    check_unit(program, unit)
    quantity = positive(amount)
    properties = {"unit": unit, **reasoned(reason)}
    return NewCommand(member, CommandType.POINTS_SPENT, quantity, properties, None, key, source)


def positive(amount: str) -> int:
    """The quantity that an amount in the input names, which must be more than 0."""
    quantity = quantity_of(amount, "amount")
    if quantity <= 0:
        raise InvalidInput("The amount must be more than 0.", field=("amount",))
    return quantity


def reasoned(reason: str | None) -> dict[str, str]:
    """A reason as a command keeps it, where there is one."""
    if reason is None:
        return {}
    if not reason.strip() or len(reason) > REASON_LENGTH_MAX:
        message = f"Say why, in 1 to {REASON_LENGTH_MAX} characters, or leave the reason out."
        raise InvalidInput(message, field=("reason",))
    return {"reason": reason}
