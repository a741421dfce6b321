"""Without this module the server could not be started and stopped in one orderly way."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from socket import socket
from typing import TypeVar

import structlog
import uvicorn
import uvloop
from starlette.types import ASGIApp

from server.settings import Settings
from server.sockets import AbortingSockets
from server.streams import StreamingHttp
from server.unusable import Unusable

T = TypeVar("T")

_log = structlog.stdlib.get_logger(__name__)


COLLECTED_AFTER = 20_000
"""New objects between two looks for reference cycles: those of a few requests."""


class Server(uvicorn.Server):
    """The server of uvicorn, ended by a signal without ending the process by it.

    The first SIGINT or SIGTERM stops accepting and finishes what was begun; the second does not
    wait. `on_started` is called with the URL once requests are answered.
    """

    def __init__(
        self, config: uvicorn.Config, on_started: Callable[[str], Awaitable[None]]
    ) -> None:
        super().__init__(config)
        self._on_started = on_started

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._ask_to_stop)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            await self._on_started(self._url())

    def _ask_to_stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True

    def _url(self) -> str:
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 (no binding)
        return f"http://{shown}:{port}"


def config_for(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """The settings of uvicorn, made of ours."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="none",
        http=StreamingHttp,
        ws=AbortingSockets,
        ws_max_size=settings.socket_message_bytes_max,
        ws_ping_interval=settings.socket_ping_seconds,
        ws_ping_timeout=settings.socket_silence_seconds_max,
        ws_per_message_deflate=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=int(settings.shutdown_seconds_max) or 1,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
    )


async def run(
    app: ASGIApp, settings: Settings, *, on_started: Callable[[str], Awaitable[None]]
) -> None:
    """Serve until a signal comes."""
    server = Server(config_for(app, settings), on_started)
    # What is loaded by now stays: the collector need not walk it again with every few requests.
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER)
    try:
        await server.serve()
    except SystemExit:
        raise Unusable(
            f"The server could not listen on {settings.host}:{settings.port}: the log says why. "
            "Another port is chosen by --port or GAMIFICATION_PORT."
        ) from None


def running(main: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine function on the fast event loop, until it is done."""

    async def begin() -> T:
        return await main()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(begin())
