"""Without this module the server could not be started and stopped in one orderly way."""

import asyncio
import gc
import os
import signal
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from socket import AF_INET, AF_INET6, create_server, socket
from typing import NamedTuple

import structlog
import uvicorn
from starlette.types import ASGIApp

from server.pulses import End
from server.settings import Settings
from server.sockets import AbortingSockets
from server.streams import StreamingHttp
from server.unusable import Unusable

_log = structlog.stdlib.get_logger(__name__)


COLLECTED_AFTER = 20_000
"""New objects between two looks for reference cycles: those of a few requests."""


BACKLOG = 2048
"""Connections that may wait to be accepted."""


class Parent(NamedTuple):
    """What a worker has of the process that began it: its number among the workers, from 0, and how
    those have ended who had it before; the socket to accept from; a pipe to beat on, once it is up
    and then so often (None: no more); and one that ends with the parent."""

    number: int
    listening: socket
    pulse: int
    beat_seconds: float | None
    lifeline: int
    predecessors: Mapping[End, int]


class Server(uvicorn.Server):
    """The server of uvicorn, ended by a signal without ending the process by it.

    The first SIGINT or SIGTERM stops accepting and finishes what was begun; the second does not
    wait. `on_started` is called with the URL once requests are answered. A worker ends with its
    parent, too.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        on_started: Callable[[str], Awaitable[None]],
        parent: Parent | None = None,
    ) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._parent = parent

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._ask_to_stop)
        if self._parent is not None:
            loop.add_reader(self._parent.lifeline, self._lose_parent, self._parent.lifeline)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            await self._on_started(url_of(self.servers[0].sockets[0]))
            if self._parent is not None:
                _beat(self._parent, asyncio.get_running_loop())

    def _ask_to_stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True

    def _lose_parent(self, lifeline: int) -> None:
        asyncio.get_running_loop().remove_reader(lifeline)
        self.should_exit = True


def _beat(parent: Parent, loop: asyncio.AbstractEventLoop) -> None:
    """Tell the parent that the loop goes on, now and again until the loop ends: also what is closed
    after the last request may hang."""
    with suppress(BlockingIOError, BrokenPipeError):  # it does not listen now, or is gone
        os.write(parent.pulse, b"!")
    if parent.beat_seconds is not None:
        loop.call_later(parent.beat_seconds, _beat, parent, loop)


def url_of(listening: socket) -> str:
    """Where a socket can be reached from this machine."""
    host, port = listening.getsockname()[:2]
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
    app: ASGIApp,
    settings: Settings,
    *,
    on_started: Callable[[str], Awaitable[None]],
    parent: Parent | None = None,
) -> None:
    """Serve until a signal comes; as a worker if there is a `parent`."""
    server = Server(config_for(app, settings), on_started, parent)
    # What is loaded by now stays: the collector need not walk it again with every few requests.
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER)
    try:
        await server.serve(None if parent is None else [parent.listening])
    except SystemExit:
        raise _port_is_taken(settings) from None


def listening_on(settings: Settings) -> socket:
    """The socket that workers accept from."""
    family = AF_INET6 if ":" in settings.host else AF_INET
    try:
        found = create_server(
            (settings.host, settings.port), family=family, backlog=BACKLOG, reuse_port=False
        )
    except OSError as error:
        _log.error("not listening", reason=str(error))
        raise _port_is_taken(settings) from None
    found.setblocking(False)
    return found


def _port_is_taken(settings: Settings) -> Unusable:
    return Unusable(
        f"The server could not listen on {settings.host}:{settings.port}: the log says why. "
        "Another port is chosen by --port or GAMIFICATION_PORT."
    )
