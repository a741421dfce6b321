"""Without this module each loop of the server would begin and end in lines of its own."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any


class Background:
    """Work that goes on beside the requests until it is stopped."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._work = work
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, unless it is under way."""
        if self._running is None:
            self._running = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Break it off, if it is under way, and wait until it has ended."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running
            self._running = None
