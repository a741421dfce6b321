"""`gamification serve`: the server."""

from contextlib import AbstractAsyncContextManager, nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import structlog
import typer

from models.address import Address
from server.database import opened
from server.logs import set_up_logs
from server.running import running
from server.serving import Parent, listening_on, run
from server.settings import Settings, read_settings
from server.unusable import Unusable

if TYPE_CHECKING:
    from redis.asyncio import Redis

_log = structlog.stdlib.get_logger("server")


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on; 0 for any.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="How many processes serve; several need PostgreSQL.")
    ] = None,
) -> None:
    """Start the server. It stops at SIGTERM or Ctrl-C, when what was begun is finished."""
    settings = read_settings(host=host, port=port, workers=workers)
    is_sqlite = Address.of(settings.database_url.get_secret_value()).dsn is None
    if settings.workers > 1 and is_sqlite:
        raise Unusable(
            f"{settings.workers} workers cannot share a SQLite database, which has one writer: use "
            "one worker, or PostgreSQL (GAMIFICATION_DATABASE_URL)."
        )
    set_up_logs(settings.log_level, settings.log_format)
    if settings.workers > 1:
        _serve_by_workers(settings)
    else:
        running(lambda: _serving(settings))


def _serve_by_workers(settings: Settings) -> None:
    from server.documents import documents_of
    from server.supervising import Supervisor

    if settings.redis_url is None:
        _log.warning(
            "no redis: what one worker does is told to the subscribers of the others after about a "
            "second (GAMIFICATION_REDIS_URL)"
        )

    def work(parent: Parent) -> int:
        try:
            running(lambda: _serving(_of_worker(settings, parent.number), parent))
        except Unusable as error:
            typer.secho(str(error), fg=typer.colors.RED, err=True)
            return 2
        return 0

    import_module("server.app")  # what is loaded before they are born, workers share
    if settings.redis_url is not None:
        import_module("server.live.neighbours")
    documents_of(settings)  # what is wrong with them is told once, and not by each worker
    status = Supervisor(
        listening_on(settings),
        work,
        count=settings.workers,
        silence_seconds_max=settings.worker_silence_seconds_max,
    ).run()
    _log.info("stopped")
    raise typer.Exit(status)


def _of_worker(settings: Settings, number: int) -> Settings:
    """Each worker tells its own numbers, on the ports from the one that is set."""
    if not settings.metrics_port:
        return settings
    return settings.model_copy(update={"metrics_port": settings.metrics_port + number})


async def _serving(settings: Settings, parent: Parent | None = None) -> None:
    # These take half a second that who asks for help need not wait.
    from server.app import create_app
    from server.metrics_page import metrics_served
    from server.services import Services
    from server.tracing import opened_tracing

    async def started(url: str) -> None:
        if parent is None:
            _log.info("listening", url=url)

    async with (
        opened_tracing(settings) as observing,
        opened(settings) as store,
        _redis(settings) as redis,
    ):
        services = Services.of(settings, store, redis, observing)
        app = create_app(settings, store, services=services)
        if parent is not None:
            services.metrics.succeeds(parent.predecessors)
        async with metrics_served(services.metrics.registry, settings):
            await run(app, settings, on_started=started, parent=parent)
    if parent is None:
        _log.info("stopped")


def _redis(settings: Settings) -> "AbstractAsyncContextManager[Redis | None]":
    """The client of the Redis that is set. Loading it takes as long as all the rest, if it finds
    OpenTelemetry: who has no Redis need not wait for that."""
    if settings.redis_url is None:
        return nullcontext()
    from server.redis import opened_redis

    return opened_redis(settings)
