"""What is asked of a board, whoever answers: the store by counting, or an index by looking it up.

Without this module the list, own rank and around-me could be read from different rankings.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from gamification.ids import MemberId
from gamification.stored import Ahead, Board, ProgramRecord, Standing


class Ranking(Protocol):
    """Reads boards in their order: score down, then who reached it first, then member id."""

    async def standings(
        self, board: Board, *, after: Standing | None, limit: int
    ) -> list[Standing]:
        """The next standings in the board's order after the given one (None: from the top)."""
        ...

    async def standings_before(
        self, board: Board, before: Standing, *, limit: int
    ) -> list[Standing]:
        """The standings just ahead of the given one, in the board's order (best first)."""
        ...

    async def standing_at(self, board: Board, position: int) -> Standing | None:
        """Who stands at a position, counted from 1."""
        ...

    async def standings_of(
        self, board: Board, members: Collection[MemberId]
    ) -> dict[MemberId, Standing]: ...

    async def ahead(self, board: Board, standings: Sequence[Standing]) -> list[Ahead]:
        """For each of the standings, how many stand before it."""
        ...

    async def participant_count(self, board: Board) -> int: ...


class Ranks(Protocol):
    """Knows for which boards there is something faster than the store."""

    async def ranking(self, program: ProgramRecord, board: Board, stored: Ranking) -> Ranking:
        """What to ask about the board now: an index that stands at the present data version, or
        `stored`. To be asked at once and about one thing: an index goes on moving."""
        ...


class NoIndexes:
    """Ranks without any index: the store counts."""

    async def ranking(self, program: ProgramRecord, board: Board, stored: Ranking) -> Ranking:
        return stored
