"""Without this module each of many requests at once would ask for itself whether data changed."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping

from gamification.ids import ProgramId

ReadVersions = Callable[[Collection[ProgramId]], Awaitable[Mapping[ProgramId, int]]]
"""Reads the programs' data versions: `Store.data_versions`."""


class Versions:
    """Reads data versions: for everybody who asks anew, and for all who ask meanwhile at once.

    A version is never of a read that had begun before it was asked for. So whatever was committed
    before is in it, by whichever process.
    """

    def __init__(self, read: ReadVersions) -> None:
        self._read = read
        self._waiting: list[tuple[ProgramId, asyncio.Future[int]]] = []
        self._reading: asyncio.Task[None] | None = None

    async def of(self, program: ProgramId) -> int:
        """The program's data version."""
        waiter: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((program, waiter))
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_on())
        return await waiter

    async def _read_on(self) -> None:
        """Read for as long as anybody waits: one read at a time, for all who came before it."""
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                await self._read_for(waiting)
        finally:
            self._reading = None

    async def _read_for(self, waiting: Collection[tuple[ProgramId, asyncio.Future[int]]]) -> None:
        try:
            found = await self._read({program for program, _ in waiting})
        except Exception as error:  # noqa: BLE001 (it is told to all who wait)
            for _, waiter in waiting:
                if not waiter.done():  # whoever was cancelled has stopped waiting
                    waiter.set_exception(error)
            return
        for program, waiter in waiting:
            if not waiter.done():
                waiter.set_result(found[program])
