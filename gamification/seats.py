"""Seats in leagues: who plays in which cohort of which run, and the level they leave it with.

Without them nobody could be compared with the same few all week long.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from msgspec import Struct

from gamification.ids import MemberId


class LeagueRun(NamedTuple):
    """Names one run of a league: the league's key, and that of its window."""

    league: str
    window: str


class Cohort(NamedTuple):
    """Some members of one level who play against each other in a run; both count from 1."""

    level: int
    number: int


class Seat(Struct, frozen=True):
    """A member's place in a cohort. Given once, and never changed but by the end of the run:
    `next_level` is the level they take from it (None: it is not over)."""

    run: LeagueRun
    member: MemberId
    cohort: Cohort
    next_level: int | None = None


class Newcomer(NamedTuple):
    """A member with a score and without a seat, and the level they bring (None: none yet)."""

    member: MemberId
    level: int | None


class Cohorts(Protocol):
    """Reads who plays, and who does not yet."""

    async def newcomers(self, run: LeagueRun, *, metric: str, limit: int) -> list[Newcomer]:
        """Who has a score in the run's window of `metric` and no seat, those who had reached it
        first at the front."""
        ...

    async def cohort_sizes(self, run: LeagueRun) -> dict[Cohort, int]:
        """How many seats each cohort has."""
        ...

    async def cohort_members(
        self, run: LeagueRun, cohorts: Collection[Cohort]
    ) -> dict[Cohort, list[MemberId]]:
        """Who plays in each of these cohorts, by their ids."""
        ...


class WritingSeats(Cohorts, Protocol):
    """What a transaction can do with seats."""

    async def lock_league_run(self, run: LeagueRun) -> bool:
        """Keep others from giving seats in the run until the end; whether it is still open."""
        ...

    async def add_seats(self, seats: Sequence[Seat]) -> None:
        """Give seats, all in one run, to members who have none in it."""
        ...

    async def put_next_levels(self, run: LeagueRun, levels: Mapping[MemberId, int]) -> None:
        """Write down the level that members take from the run."""
        ...

    async def close_league_run(self, run: LeagueRun) -> None:
        """No more seats are given, and every level is decided."""
        ...


class ReadingSeats(Cohorts, Protocol):
    """Reads of seats. Each method is one statement."""

    async def open_league_windows(self, league: str, metric: str) -> list[str]:
        """The windows in which somebody has a score, and that are not closed, by key."""
        ...

    async def seats(
        self, runs: Collection[LeagueRun], members: Collection[MemberId]
    ) -> dict[tuple[LeagueRun, MemberId], Seat]:
        """The members' seats in these runs."""
        ...

    async def league_levels(
        self, leagues: Collection[str], members: Collection[MemberId]
    ) -> dict[tuple[str, MemberId], int]:
        """The level each member took from the last run they played in, or plays at."""
        ...
