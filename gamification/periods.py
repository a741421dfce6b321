"""Runs of leaderboards that are over for good: what is kept of them, and what the store can do.

Without the snapshot, activity that arrives late would change who has won.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple, Protocol

from msgspec import Struct

from gamification.ids import MemberId
from gamification.places import Place, Ties


class PeriodKey(NamedTuple):
    """Names one run: the leaderboard's key, and that of its window."""

    board: str
    window: str


class FinalPeriod(Struct, frozen=True):
    """A run whose standings have been written down, never to change again.

    `version` is that of the rules that were in force when it ended, `participants` how many had a
    score. `is_paid`: every prize has been given, or there was none.
    """

    key: PeriodKey
    ends_at: datetime
    settled_at: datetime
    version: int
    participants: int
    is_paid: bool


class FinalPlaces(Protocol):
    """Reads who stood where in a final run."""

    async def final_places(self, key: PeriodKey, *, after: int, limit: int) -> list[Place]:
        """The places that follow a position (0: from the top)."""
        ...


class WritingPeriods(FinalPlaces, Protocol):
    """What a transaction can do with final runs."""

    async def settle(
        self,
        key: PeriodKey,
        *,
        metric: str,
        ties: Ties,
        ends_at: datetime,
        version: int,
        has_prizes: bool,
        now: datetime,
    ) -> FinalPeriod | None:
        """Write down who stands where in the window of `metric`, as it is now.

        None, and nothing written, if the run is final already, or if nobody has a score.
        """
        ...

    async def put_paid(self, key: PeriodKey) -> None:
        """Every prize of the run has been given."""
        ...


class ReadingPeriods(FinalPlaces, Protocol):
    """Reads of final runs. Each method is one statement."""

    async def periods(self, keys: Collection[PeriodKey]) -> dict[PeriodKey, FinalPeriod]:
        """Those of the runs that are final."""
        ...

    async def unsettled(self, board: str, metric: str) -> list[str]:
        """The windows in which somebody has a score, and whose run of the board is not final; the
        latest key first."""
        ...

    async def unpaid_periods(self, *, limit: int) -> list[FinalPeriod]:
        """Final runs whose prizes have not all been given, those that ended first at the front."""
        ...

    async def final_windows(self, board: str, *, limit: int, before: str | None) -> list[str]:
        """The windows of a board's final runs, the latest key first, below `before`."""
        ...

    async def final_places_of(
        self, key: PeriodKey, members: Collection[MemberId]
    ) -> dict[MemberId, Place]:
        """The members' own places."""
        ...

    async def final_tie_starts(self, key: PeriodKey, place: Place) -> int:
        """The position of the first who has the same score as somebody at a place."""
        ...
