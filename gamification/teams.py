"""Teams: members whom the app lets stand together, and what they have come to.

A member is in one team at most. Which one is kept beside their attributes, so that every fact is
judged by the team of its time; and a number of a run that a team adds up has a window of its own.
"""

from collections.abc import Mapping

from gamification.facts import Scalar
from gamification.ids import MemberId
from gamification.state import TallyKey, TallySpan

TEAM = ":team"
"""Where a member's team stands among their attributes: apps cannot give one this name."""

MEMBERS_METRIC = "member:team"
"""The tally that is 1 while a member is in a team, which is its window, and 0 after. It is ranked,
so that a team's members can be listed."""

MEMBERS_MAX = 1_000
"""How many members of a team are considered where each of them counts."""

NAME_LENGTH_MAX = 64

_MARK = "@"
"""Between a run and a team. No key of a run has it."""

_LAST = "\U0010ffff"


def team_of(attributes: Mapping[str, Scalar]) -> str | None:
    """The team of a member with these attributes."""
    team = attributes.get(TEAM)
    return team if isinstance(team, str) else None


def told_by_app(attributes: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """A member's attributes without the team, which the member joined."""
    return {name: value for name, value in attributes.items() if name != TEAM}


def run_of_team(run: str, team: str) -> str:
    """The window of a team's numbers in a run."""
    return f"{run}{_MARK}{team}"


def run_and_team(window: str) -> tuple[str, str]:
    """The run and the team of such a window; of the window of a run, the run and ""."""
    run, _, team = window.partition(_MARK)
    return run, team


def windows_of_teams(run: str) -> tuple[str, str]:
    """What the windows of a run's teams begin with, and what comes after the last of them."""
    return f"{run}{_MARK}", f"{run}{_MARK}{_LAST}"


def membership(member: MemberId, team: str) -> TallyKey:
    """The tally that says whether a member is in a team."""
    return TallyKey(member, MEMBERS_METRIC, team, "")


def memberships(member: MemberId) -> TallySpan:
    """Those of all teams in which a member ever was."""
    return TallySpan(member, MEMBERS_METRIC, "", _LAST)


def in_any_team(member: MemberId, metric: str, run: str) -> TallySpan:
    """A member's numbers of one metric in a run, for whichever team."""
    return TallySpan(member, metric, *windows_of_teams(run))
