"""A server in a process of its own, as tests of its beginning and its end need it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.house.tree import ROOT

SECONDS_MAX = 60


@dataclass
class Running:
    """A running server. `log` is what it has logged, line by line; `said` what else it has."""

    process: asyncio.subprocess.Process
    url: str
    log: list[dict[str, Any]]
    said: list[str]
    reading: "asyncio.Task[None]"
    grown: asyncio.Event

    async def logged(self, event: str, count: int, **fields: object) -> None:
        """Wait until something has been logged so often, with these fields."""
        async with asyncio.timeout(SECONDS_MAX):
            while len(self.lines(event, **fields)) < count:
                self.grown.clear()
                await self.grown.wait()

    def lines(self, event: str, **fields: object) -> list[dict[str, Any]]:
        """What has been logged of something, with these fields."""
        sought = {"event": event, **fields}
        return [line for line in self.log if sought.items() <= line.items()]

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit status."""
        self.process.send_signal(number)
        return await self.ended()

    async def ended(self) -> int:
        async with asyncio.timeout(SECONDS_MAX):
            await asyncio.shield(self.reading)  # it goes on, whoever stops waiting
            return await self.process.wait()

    @asynccontextmanager
    async def client(self, secret: str) -> AsyncGenerator[httpx.AsyncClient]:
        async with httpx.AsyncClient(
            base_url=self.url,
            headers={"authorization": f"Bearer {secret}"},
            timeout=SECONDS_MAX,
            trust_env=False,
        ) as client:
            yield client

    @asynccontextmanager
    async def socket(self, secret: str | None) -> AsyncGenerator[ClientConnection]:
        """A socket that has sent its `connection_init`."""
        url = self.url.replace("http", "ws") + "/graphql"
        async with connect(
            url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None
        ) as socket:
            payload = {"authorization": f"Bearer {secret}"} if secret else {}
            await send(socket, type="connection_init", payload=payload)
            yield socket


async def send(socket: ClientConnection, **message: object) -> None:
    await socket.send(orjson.dumps(message).decode())


async def receive(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(SECONDS_MAX):
        return orjson.loads(await socket.recv())


@asynccontextmanager
async def running_server(
    database_url: str, *, first: str = "", **settings: str
) -> AsyncGenerator[Running]:
    """A server that answers; killed at the end if it still runs. `first` is Python that its process
    runs before."""
    environment = {
        "GAMIFICATION_DATABASE_URL": database_url,
        "GAMIFICATION_LOG_FORMAT": "json",
        "GAMIFICATION_PORT": "0",
        **{f"GAMIFICATION_{name.upper()}": value for name, value in settings.items()},
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"{first}\nfrom server.cli import main; main()", "serve"),
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    log: list[dict[str, Any]] = []
    said: list[str] = []
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    grown = asyncio.Event()
    reading = asyncio.create_task(_read(process.stderr, log, said, listening, grown))
    try:
        async with asyncio.timeout(SECONDS_MAX):
            url = await listening
        yield Running(process, url, log, said, reading, grown)
    finally:
        if not reading.done():
            process.kill()
        await reading
        await process.wait()


async def _read(
    stream: asyncio.StreamReader,
    log: list[dict[str, Any]],
    said: list[str],
    listening: "asyncio.Future[str]",
    grown: asyncio.Event,
) -> None:
    while line := await stream.readline():
        if not line.startswith(b"{"):
            said.append(line.decode())
        else:
            log.append(orjson.loads(line))
            grown.set()
            if log[-1].get("event") == "listening":
                listening.set_result(log[-1]["url"])
    if not listening.done():
        listening.set_exception(AssertionError(f"{''.join(said)}{log}"))
