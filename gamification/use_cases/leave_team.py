"""A member leaves the team that they are in. What they did for it stays with the team."""

from gamification.commands import CommandType, NewCommand
from gamification.use_cases.join_team import check_team


def leaving_team(*, member: str, team: str, key: str | None) -> NewCommand:
    """The command by which a member is in the team no longer. Raises `InvalidInput`."""
    check_team(team)
    return NewCommand(member, CommandType.TEAM_LEFT, 0, {"team": team}, key=key)
