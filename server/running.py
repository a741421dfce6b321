"""Without this module each command would begin and end its event loop in its own way."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import uvloop

T = TypeVar("T")


def running(main: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine function on the fast event loop, until it is done."""

    async def begin() -> T:
        return await main()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(begin())
