"""A member takes up a streak again that has ended: a command, at the price that the rules name."""

from gamification.admission import streak_named
from gamification.commands import CommandType, NewCommand
from gamification.program import Program
from gamification.refusals import Inapplicable


def restoration(program: Program, *, member: str, streak: str, key: str | None) -> NewCommand:
    """The command that stands for the periods missed, at the price of now.

    Raises `NotFound`, and `Inapplicable` where the streak cannot be restored at all.
    """
    rule = streak_named(program, streak).restore
    if rule is None:
        raise Inapplicable("The streak cannot be restored: the rules do not say how.")
    if rule.cost is None:
        return NewCommand(member, CommandType.STREAK_RESTORED, 0, {"streak": streak}, key=key)
    unit, cost = rule.cost
    properties = {"streak": streak, "unit": unit}
    return NewCommand(member, CommandType.STREAK_RESTORED, cost, properties, key=key)
