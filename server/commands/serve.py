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
    # These take half a second that other commands need not wait.
    from server.app import create_app
    from server.metrics_page import metrics_served
    from server.redis import opened_redis
    from server.services import Services

    async def started(url: str) -> None:
        _log.info("listening", url=url)

    async with opened(settings) as store, opened_redis(settings) as redis:
        services = Services.of(settings, store, redis)
        app = create_app(settings, store, services=services)
        async with metrics_served(services.metrics.registry, settings):
            await run(app, settings, on_started=started)
    _log.info("stopped")
