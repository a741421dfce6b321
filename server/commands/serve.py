"""`gamification serve`: the server."""

from typing import Annotated

import structlog
import typer

from server.database import opened
from server.logs import set_up_logs
from server.serving import run, running
from server.settings import Settings, read_settings

_log = structlog.stdlib.get_logger("server")


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on; 0 for any.")] = None,
) -> None:
    """Start the server. It stops at SIGTERM or Ctrl-C, when what was begun is finished."""
    settings = read_settings(host=host, port=port)
    set_up_logs(settings.log_level, settings.log_format)
    running(lambda: _serving(settings))


async def _serving(settings: Settings) -> None:
    from server.app import create_app  # takes half a second that other commands need not wait

    async def started(url: str) -> None:
        _log.info("listening", url=url)

    async with opened(settings) as store:
        await run(create_app(settings, store), settings, on_started=started)
    _log.info("stopped")
