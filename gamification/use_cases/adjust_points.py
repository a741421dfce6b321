"""An operator gives or takes points by hand: a command, with who did it and why."""

from gamification.admission import check_unit, quantity_of
from gamification.commands import CommandType, NewCommand
from gamification.program import Program
from gamification.refusals import InvalidInput
from gamification.use_cases.by_hand import check_by_hand


def adjustment(
    program: Program,
    *,
    member: str,
    unit: str,
    amount: str,
    reason: str,
    actor: str,
    key: str | None,
) -> NewCommand:
    """The command that adds `amount` points to a member's account, or takes them if it is negative.

    Raises `NotFound` for an unknown unit, and `InvalidInput`.
    """
    check_unit(program, unit)
    quantity = quantity_of(amount, "amount")
    if not quantity:
        raise InvalidInput("The amount must not be 0.", field=("amount",))
    check_by_hand(reason=reason, actor=actor)
    properties = {"unit": unit, "reason": reason, "actor": actor}
    return NewCommand(member, CommandType.POINTS_ADJUSTED, quantity, properties, key=key)
