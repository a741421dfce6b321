"""A member comes to live in another time zone: a command."""

from gamification import windows
from gamification.commands import CommandType, NewCommand
from gamification.quantity import SCALE
from gamification.refusals import InvalidInput


def relocation(*, member: str, time_zone: str, key: str | None) -> NewCommand:
    """The command that makes a member's days those of another zone. Raises `InvalidInput`."""
    try:
        windows.zone(time_zone)
    except ValueError as error:
        raise InvalidInput(str(error), field=("timeZone",)) from None
    return NewCommand(member, CommandType.MEMBER_MOVED, SCALE, {"zone": time_zone}, key=key)
