"""A member joins a team; who is in another leaves that."""

from gamification.admission import is_name
from gamification.commands import CommandType, NewCommand
from gamification.refusals import InvalidInput
from gamification.teams import NAME_LENGTH_MAX


def joining_team(*, member: str, team: str, key: str | None) -> NewCommand:
    """The command by which a member is in a team from now on. Raises `InvalidInput`."""
    check_team(team)
    return NewCommand(member, CommandType.TEAM_JOINED, 0, {"team": team}, key=key)


def check_team(team: str) -> None:
    """Raise `InvalidInput` for a name that no team can have."""
    if not is_name(team, NAME_LENGTH_MAX):
        message = f"team must be 1 to {NAME_LENGTH_MAX} printable characters on one line."
        raise InvalidInput(message, field=("team",))
