"""Without this module a cancelled task would leave a connection in the middle of something."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Wait until `work` is done, also when cancelled meanwhile; be cancelled then."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
        except BaseException:  # noqa: BLE001 - raised below, by the result
            break
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # retrieved, so that it is not reported as lost
        raise cancelled
    task.result()
