"""A member takes up a streak again before its pause is over: a command."""

from gamification.admission import streak_named
from gamification.commands import CommandType, NewCommand
from gamification.program import Program
from gamification.quantity import SCALE


def resumption(program: Program, *, member: str, streak: str, key: str | None) -> NewCommand:
    """The command that ends a streak's pause. Raises `NotFound`."""
    streak_named(program, streak)
    properties = {"streak": streak}
    return NewCommand(member, CommandType.STREAK_RESUMED, SCALE, properties, key=key)
