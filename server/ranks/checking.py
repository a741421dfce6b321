"""Without this module an index that had gone wrong would be believed until it is dropped.

Page after page, an index is compared with what the store says at one and the same data version.
While commits keep coming a page may have to be read several times until none came in between.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from gamification.ids import ProgramId
from gamification.ports import Standing, Store
from server.background import Background
from server.ranks.following import Held
from server.ranks.held import HeldRanks

_log = structlog.stdlib.get_logger(__name__)

PAGE = 500
TRIES = 20
"""How often a page is read at most until nothing changes meanwhile."""


class RankChecks:
    """Compares all indexes of this process with the store, every so many seconds."""

    def __init__(
        self,
        store: Store,
        ranks: HeldRanks,
        version_of: Callable[[ProgramId], Awaitable[int]],
        *,
        seconds: float,
    ) -> None:
        self._store = store
        self._ranks = ranks
        self._version_of = version_of
        self._seconds = seconds
        self._comparing = Background(self._run)
        self.differences = 0
        """How many indexes were found to differ from the store. It should be none for ever."""

    def start(self) -> None:
        """Begin to compare."""
        if self._seconds:
            self._comparing.start()

    async def stop(self) -> None:
        """Compare no more."""
        await self._comparing.stop()

    async def check(self) -> None:
        """Give up what nobody asks, and compare the others, giving up those that differ."""
        self._ranks.drop_unasked()
        for held in self._ranks.built:
            if await self._differs(held):
                self.differences += 1
                self._ranks.drop(held, why="it differs from the store")

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            try:
                await self.check()
            except Exception as error:  # noqa: BLE001 (the worker loop: it compares again later)
                _log.warning("rank_check_failed", exc_info=error)

    async def _differs(self, held: Held) -> bool:
        after: Standing | None = None
        while (pages := await self._pages(held, after)) is not None:
            stored, indexed = pages
            if stored != indexed:
                board = held.fed.index.board
                _log.error(
                    "rank_index_differs",
                    program=held.program.key,
                    metric=board.metric,
                    window=board.windows[0],
                    version=held.fed.version,
                    after=None if after is None else after.member,
                )
                return True
            if len(stored) < PAGE:
                break
            after = stored[-1]
        return False

    async def _pages(
        self, held: Held, after: Standing | None
    ) -> tuple[list[Standing], list[Standing]] | None:
        """A page as the store and as the index has it, both at the same data version. None: no
        version lasted for long enough, or the index is not asked any more."""
        reading, fed = self._store.reading(held.program), held.fed
        for _ in range(TRIES):
            before = await self._version_of(held.program.id)
            stored = await reading.standings(fed.index.board, after=after, limit=PAGE)
            version = await self._version_of(held.program.id)
            if before == version == fed.version and fed.stands_at(version):
                return stored, fed.index.following(after, limit=PAGE)
        return None
