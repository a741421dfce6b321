"""Without this module a database that restarts would fail every request it meets."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from gamification.ports import Contended
from models.driver import LOST

T = TypeVar("T")

_log = structlog.stdlib.get_logger(__name__)

ATTEMPTS_MAX = 5
FIRST_PAUSE_SECONDS = 0.05

PASSING = (Contended, *LOST)
"""What goes away by itself: another transaction was quicker or in the way, or the connection to the
database was lost. Only work that recognises itself by its keys may be repeated after the latter."""


async def retrying(
    work: Callable[[], Awaitable[T]],
    *,
    attempts_max: int = ATTEMPTS_MAX,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> T:
    """Do the work, again if need be: at most `attempts_max` times, with growing pauses between."""
    for attempt in range(1, attempts_max):
        try:
            return await work()
        except PASSING as error:
            _log.info("retrying", attempt=attempt, reason=type(error).__name__)
            # Uneven pauses, so that those who collided do not collide again.
            await pause(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311
    return await work()
