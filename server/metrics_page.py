"""Where Prometheus reads the numbers: apart from the API, lest they be public by accident.

Each process tells its own numbers on a port of its own. (The library's way of adding up several
processes writes every count to a file, and can neither look a number up when it is asked for nor
tell of the processes themselves; adding up is what Prometheus does anyway.)
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import structlog
import uvicorn
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.settings import Settings
from server.unusable import Unusable

_log = structlog.stdlib.get_logger("server")


def metrics_app(registry: CollectorRegistry) -> Starlette:
    """An application that knows `/metrics` and nothing else."""

    async def metrics(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        headers = {"content-type": content_type, "cache-control": "no-store"}
        return Response(encode(registry), headers=headers)

    return Starlette(routes=[Route("/metrics", metrics)])


@asynccontextmanager
async def metrics_served(registry: CollectorRegistry, settings: Settings) -> AsyncGenerator[None]:
    """Serve the numbers until the end of the block, if the settings name a port for them."""
    if settings.metrics_port is None:
        yield
        return
    listening = _listening(settings.metrics_host, settings.metrics_port)
    config = uvicorn.Config(
        metrics_app(registry),
        loop="none",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    server = _Beside(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    host, port = listening.getsockname()[:2]
    _log.info("numbers", url=f"http://{host}:{port}/metrics")
    try:
        yield
    finally:
        server.should_exit = True
        await serving


class _Beside(uvicorn.Server):
    """A server beside another one, which has the signals of the process."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise Unusable(
            f"The numbers cannot be served on {host}:{port}: {error.strerror}. Another port is "
            "chosen by GAMIFICATION_METRICS_PORT."
        ) from error
