"""Whether operations are traced: without this file all would pay for an extra that few install."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial

from server.metrics import Metrics
from server.observing import Observer
from server.settings import Settings
from server.unusable import Unusable

Observing = Callable[[Metrics], Observer]
"""Makes whoever is told how the server does."""


@asynccontextmanager
async def opened_tracing(settings: Settings) -> AsyncGenerator[Observing]:
    """Traces until the end of the block, and then sends what has not been sent, if the settings
    say so; counts only, otherwise. Raises `Unusable`."""
    if not settings.tracing:
        yield Observer
        return
    try:
        from server.spans import TracingObserver, exporting
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        raise Unusable(
            "GAMIFICATION_TRACING needs OpenTelemetry, which is not installed: "
            "pip install 'gamification-backend[otel]'."
        ) from None
    provider = exporting()
    try:
        yield partial(TracingObserver, provider=provider)
    finally:
        await asyncio.to_thread(provider.shutdown)  # it waits for the collector
