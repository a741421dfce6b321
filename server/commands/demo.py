"""`gamification demo`: the newcomer's first minute. `make run` is this."""

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.database import opened
from server.logs import set_up_logs
from server.running import running
from server.serving import run
from server.settings import LogFormat, LogLevel, Settings, read_settings

if TYPE_CHECKING:
    from server.demo.show import Show

PROGRAM = Path(__file__).resolve().parents[2] / "programs" / "demo-reading-club.yaml"
KEPT = Path("var") / "demo.db"


def demo(
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(help="The port to listen on. The next free one, if it is taken.")
    ] = None,
    minutes: Annotated[
        float, typer.Option("--for", min=0, help="How many minutes the members are active.")
    ] = 60.0,
    keep: Annotated[
        bool, typer.Option("--keep", help=f"Keep the database in {KEPT}, and go on from there.")
    ] = False,
) -> None:
    """Start a server with an example program and a bounded stream of example activity."""
    with _database(keep=keep) as url:
        settings = read_settings(host=host, port=port, database_url=url, graphiql=True)
        settings = settings.model_copy(update={"port": _free_port(settings.host, settings.port)})
        set_up_logs(LogLevel.WARNING, LogFormat.CONSOLE)
        running(lambda: _showing(settings, seconds=minutes * 60))


@contextmanager
def _database(*, keep: bool) -> Generator[str]:
    if keep:
        yield f"sqlite://{KEPT}"
        return
    with tempfile.TemporaryDirectory(prefix="gamification-demo-") as folder:
        yield f"sqlite://{folder}/demo.db"


async def _showing(settings: Settings, *, seconds: float) -> None:
    from server.app import create_app  # takes half a second that who asks for help need not wait
    from server.demo.show import prepared
    from server.services import Services
    from server.tracing import opened_tracing

    async with opened_tracing(settings) as observing, opened(settings) as store:
        services = Services.of(settings, store, observing=observing)
        show = await prepared(services, PROGRAM.read_text("utf-8"))
        app = create_app(settings, store, services=services, demo_key=show.page_key)
        playing: asyncio.Task[None] | None = None

        async def started(url: str) -> None:
            nonlocal playing
            typer.echo(_welcome(url, show))
            playing = asyncio.create_task(show.play(seconds=seconds))

        await run(app, settings, on_started=started)
        if playing is not None:
            playing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await playing


def _free_port(host: str, port: int) -> int:
    """The port, or the first free one of the next fifty; 0 (any) if none is."""
    for candidate in range(port, min(port + 50, 65536)) if port else ():
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except OSError:
                continue
            return candidate
    return 0


def _welcome(url: str, show: "Show") -> str:
    return f"""
  {show.name} is open. Look at

      {url}/

  and ask it anything at {url}/graphiql
  This API key may do everything:

      {show.key}

  For example, let Otter read 40 pages and see the page move:

      curl {url}/graphql \\
        -H 'Authorization: Bearer {show.key}' \\
        -H 'Content-Type: application/json' \\
        -d '{{"query": "{_MUTATION}"}}'

  Ctrl-C ends it.
"""


_MUTATION = (
    'mutation { recordActivity(input: {member: \\"otter\\", type: \\"pages.read\\", '
    'value: \\"40\\", properties: {book: \\"Emma\\", genre: \\"romance\\"}}) '
    "{ entries { unit granted } userErrors { code message } } }"
)
