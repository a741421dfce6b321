"""Without this module a question would be counted by the database because a message is on its way.

What other processes commit is heard a moment after it can be read. So whoever asks an index that
lacks a commit waits for that moment; if the commit is not heard of for longer, the index is given
up: it is missing for good.
"""

import asyncio
from collections.abc import Callable

from gamification.ports import ProgramRecord
from gamification.ranks.fed import FedIndex, Moves

PATIENCE_SECONDS = 0.02
"""For how long a question waits for a commit to be heard of: less than counting would take."""
BEHIND_SECONDS_MAX = 1.0
"""For how long an index may lack a commit that was made until it is given up."""


class Held:
    """One index that follows the commits of all processes."""

    def __init__(self, program: ProgramRecord, fed: FedIndex, clock: Callable[[], float]) -> None:
        self.program = program
        self.fed = fed
        self.asked_at = clock()
        self._clock = clock
        self._lacks: int | None = None
        self._lacks_since = 0.0
        self._awaited: dict[asyncio.Future[None], int] = {}

    @property
    def is_late(self) -> bool:
        """Whether a commit that was made has been missing for too long."""
        return self._lacks_for() > BEHIND_SECONDS_MAX

    def hear(self, moves: Moves) -> None:
        """A commit was made, by this process or another."""
        self.fed.hear(moves)
        if self.fed.has_gap:
            self._lack()
        self._wake()

    async def comes_to(self, version: int) -> bool:
        """Whether it stands at a stored data version, at once or after a moment."""
        if not self.fed.stands_at(version):
            self._lack()
            if self._lacks_for() < PATIENCE_SECONDS:
                await self._until(version)
        return self.fed.stands_at(version)

    def let_go(self) -> None:
        """It hears no more: nobody need wait."""
        for waiter in self._awaited:
            waiter.cancel()

    async def _until(self, version: int) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awaited[waiter] = version
        await asyncio.wait([waiter], timeout=PATIENCE_SECONDS)
        del self._awaited[waiter]

    def _wake(self) -> None:
        for waiter, version in self._awaited.items():
            if self.fed.stands_at(version) and not waiter.done():
                waiter.set_result(None)

    def _lack(self) -> None:
        """The commit after those that are applied was made."""
        missing = self.fed.version + 1
        if self._lacks != missing:
            self._lacks, self._lacks_since = missing, self._clock()

    def _lacks_for(self) -> float:
        if self._lacks is None or self._lacks <= self.fed.version:
            return 0.0
        return self._clock() - self._lacks_since
