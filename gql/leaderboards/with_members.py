"""Without this module the list of a board would take a statement more, for those on it."""

from collections.abc import Collection, Sequence

from gamification.ids import MemberId
from gamification.ports import Board, Member, Standing
from gamification.reading import Reading
from gamification.stored import Ahead


class RankingWithMembers:
    """Reads rows of boards with their members, in the one statement; those go to `members`."""

    def __init__(self, reading: Reading, members: dict[MemberId, Member]) -> None:
        self._reading = reading
        self._members = members

    async def standings(
        self, board: Board, *, after: Standing | None, limit: int
    ) -> list[Standing]:
        found, members = await self._reading.standings_with_members(board, after=after, limit=limit)
        self._members.update(members)
        return found

    async def standings_before(
        self, board: Board, before: Standing, *, limit: int
    ) -> list[Standing]:
        return await self._reading.standings_before(board, before, limit=limit)

    async def standing_at(self, board: Board, position: int) -> Standing | None:
        return await self._reading.standing_at(board, position)

    async def standings_of(
        self, board: Board, members: Collection[MemberId]
    ) -> dict[MemberId, Standing]:
        return await self._reading.standings_of(board, members)

    async def participant_count(self, board: Board) -> int:
        return await self._reading.participant_count(board)

    async def ahead(self, board: Board, standings: Sequence[Standing]) -> list[Ahead]:
        return await self._reading.ahead(board, standings)
