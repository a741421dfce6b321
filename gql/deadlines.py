"""Without this module a request could wait for ever, or each would pay for a timer of its own."""

import asyncio
from collections.abc import Coroutine
from itertools import takewhile
from typing import Any, TypeVar

T = TypeVar("T")


class Deadlines:
    """Ends work that takes longer than so many seconds.

    All of it may take equally long: what began first is over first, and one timer looks after
    everything. Most work is done long before the timer, and costs no more than being noted.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends_at: dict[asyncio.Task[Any], float] = {}
        """Those under way, in the order in which they began."""
        self._timer: asyncio.TimerHandle | None = None

    async def within(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work, which is all that its task has a deadline for. Raises `TimeoutError`."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None, "there is work only in tasks"
        self._ends_at[task] = ends_at = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_at(ends_at, self._end_late, loop)
        cancelled_before = task.cancelling()
        try:
            return await work
        except asyncio.CancelledError:
            if task not in self._ends_at and task.cancelling() == cancelled_before + 1:
                raise TimeoutError from None
            raise
        finally:
            if self._ends_at.pop(task, None) is None:
                task.uncancel()

    def _end_late(self, loop: asyncio.AbstractEventLoop) -> None:
        """Cancel what is late, and look again when the next would be."""
        now = loop.time()
        for task in [*takewhile(lambda each: self._ends_at[each] <= now, self._ends_at)]:
            del self._ends_at[task]
            task.cancel()
        next_end = next(iter(self._ends_at.values()), None)
        self._timer = None
        if next_end is not None:
            self._timer = loop.call_at(next_end, self._end_late, loop)
