"""The teams of a run ranked by what they have come to, and what the store can say of them.

Without it a team would be seen alone, and never beside the others.
"""

from collections.abc import Collection
from typing import NamedTuple, Protocol

from gamification.stored import Standing


class TeamBoard(NamedTuple):
    """The ranking of the teams in a run of a challenge, by what they have come to: the mean of what
    their members have done, or the sum of the `best` (0: of all)."""

    metric: str
    run: str
    best: int
    is_mean: bool


class TeamPlace(NamedTuple):
    """A place on such a ranking: what is there comes to `current`, in ten-thousandths."""

    current: int
    team: str


class TeamStanding(NamedTuple):
    """How a team stands. Equal teams share a rank, and have positions in the order of their names;
    `size` is how many members are in it now."""

    team: str
    rank: int
    position: int
    current: int
    size: int


class TeamShares(Protocol):
    """Reads what members have done for teams, and who is in them."""

    async def standings_in_each(
        self, metric: str, windows: Collection[str], *, limit: int
    ) -> dict[str, list[Standing]]:
        """The first standings in each window, in the order of boards."""
        ...


class ReadingTeams(TeamShares, Protocol):
    """Reads how teams stand to each other."""

    async def teams_ranked(
        self, board: TeamBoard, *, after: TeamPlace | None, limit: int
    ) -> list[TeamStanding]:
        """The next teams after a place (None: from the top), of those for which somebody has done
        something in the run: the most first, then by name."""
        ...
