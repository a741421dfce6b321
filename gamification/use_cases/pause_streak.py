"""A member lets a streak rest for a while: a command."""

from gamification.admission import streak_named
from gamification.commands import CommandType, NewCommand
from gamification.program import Program
from gamification.quantity import SCALE
from gamification.refusals import Inapplicable, InvalidInput


def pause(
    program: Program, *, member: str, streak: str, periods: int, key: str | None
) -> NewCommand:
    """The command that has a streak ask for nothing for so many periods.

    Raises `NotFound`, `Inapplicable` where the streak knows no pauses, and `InvalidInput`.
    """
    rule = streak_named(program, streak)
    if rule.pauses is None:
        raise Inapplicable("The streak knows no pauses.", field=("streak",))
    if not 1 <= periods <= rule.pauses.most:
        raise InvalidInput(f"Pause it for 1 to {rule.pauses.most} periods.", field=("periods",))
    properties = {"streak": streak}
    return NewCommand(member, CommandType.STREAK_PAUSED, periods * SCALE, properties, key=key)
