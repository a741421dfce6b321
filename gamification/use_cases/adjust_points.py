"""An operator gives or takes points by hand: a command, with who did it and why."""

from gamification.admission import check_unit, quantity_of
from gamification.commands import CommandType, NewCommand
from gamification.program import Program
from gamification.refusals import InvalidInput

REASON_LENGTH_MAX = 500
ACTOR_LENGTH_MAX = 200


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
    if not reason.strip() or len(reason) > REASON_LENGTH_MAX:
        message = f"Say why, in 1 to {REASON_LENGTH_MAX} characters."
        raise InvalidInput(message, field=("reason",))
    if not actor.strip() or len(actor) > ACTOR_LENGTH_MAX:
        message = f"Say who does it, in 1 to {ACTOR_LENGTH_MAX} characters."
        raise InvalidInput(message, field=("actor",))
    properties = {"unit": unit, "reason": reason, "actor": actor}
    return NewCommand(member, CommandType.POINTS_ADJUSTED, quantity, properties, key=key)
