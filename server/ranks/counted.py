"""Without this module nobody would know which boards are worth an index."""

from collections.abc import Callable, Collection, Sequence

from gamification.ids import MemberId
from gamification.ports import Board, Standing
from gamification.ranks.asking import Ranking
from gamification.stored import Ahead


class Counted:
    """A ranking that the store answers by counting, and that tells up to which position it had to
    count."""

    def __init__(self, stored: Ranking, on_counted: Callable[[int], None]) -> None:
        self._stored = stored
        self._on_counted = on_counted

    async def standings(
        self, board: Board, *, after: Standing | None, limit: int
    ) -> list[Standing]:
        return await self._stored.standings(board, after=after, limit=limit)

    async def standings_before(
        self, board: Board, before: Standing, *, limit: int
    ) -> list[Standing]:
        return await self._stored.standings_before(board, before, limit=limit)

    async def standing_at(self, board: Board, position: int) -> Standing | None:
        found = await self._stored.standing_at(board, position)
        if found is not None:
            self._on_counted(position)
        return found

    async def standings_of(
        self, board: Board, members: Collection[MemberId]
    ) -> dict[MemberId, Standing]:
        return await self._stored.standings_of(board, members)

    async def ahead(self, board: Board, standings: Sequence[Standing]) -> list[Ahead]:
        found = await self._stored.ahead(board, standings)
        self._on_counted(max((each.before for each in found), default=0))
        return found

    async def participant_count(self, board: Board) -> int:
        count = await self._stored.participant_count(board)
        self._on_counted(count)
        return count
