"""An operator gives a member freezes for a streak: a command, with who did it and why."""

from gamification.admission import streak_named
from gamification.commands import CommandType, NewCommand
from gamification.program import Program
from gamification.quantity import SCALE
from gamification.refusals import Inapplicable, InvalidInput
from gamification.use_cases.by_hand import check_by_hand


def freezes_granted(
    program: Program,
    *,
    member: str,
    streak: str,
    count: int,
    reason: str,
    actor: str,
    key: str | None,
) -> NewCommand:
    """The command that adds so many freezes to a member's streak.

    Raises `NotFound`, `Inapplicable` where the streak knows no freezes, and `InvalidInput`.
    """
    rule = streak_named(program, streak)
    if not rule.freezes.most:
        raise Inapplicable("The streak knows no freezes.", field=("streak",))
    if count < 1:
        raise InvalidInput("Grant at least 1.", field=("count",))
    check_by_hand(reason=reason, actor=actor)
    properties = {"streak": streak, "reason": reason, "actor": actor}
    type_ = CommandType.STREAK_FREEZES_GRANTED
    return NewCommand(member, type_, count * SCALE, properties, key=key)
