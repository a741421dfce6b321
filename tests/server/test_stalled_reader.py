"""A reader that has stopped reading is dropped, and costs neither the others nor the memory."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, cast

import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError
from websockets.typing import Subprotocol

from gamification.program import Program, program_of
from gamification.twin import Twin
from gamification.use_cases.record_activities import record_activities
from gql.sockets import SLOW_READER_REASON, TRY_AGAIN
from server.app import create_app
from server.fresh_key import fresh_key
from server.services import Services
from server.serving import config_for
from server.settings import read_settings
from server.sockets import AbortingSockets
from tests.builders import NOON, sent
from tests.server.running import receive, send
from tests.server.test_app import secret_of

SECONDS_MAX = 30
WATERMARK_BYTES = 64 * 1024
"""From here on asyncio's transports ask for a pause."""
MESSAGE_BYTES_MAX = 32 * 1024
BOARD = """subscription {
  leaderboardUpdated(key: "all", perSecond: 10) {
    period {
      participantCount
      entries(first: 100) { edges { node { rank score reachedAt member { externalId } } } }
    }
  }
}"""


class Watched(AbortingSockets):
    """Tells when a connection is gone, and waits less long for last words."""

    last_words_seconds = 0.1
    given_up: asyncio.Event
    lost: asyncio.Event

    def hang_up(self, code: int, reason: str) -> None:
        super().hang_up(code, reason)
        self.given_up.set()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.lost.set()


class Patient(Watched):
    """Waits longer than the test takes."""

    last_words_seconds = 60


class Served(uvicorn.Server):
    """Leaves the signals of the process alone, and tells when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()

    @property
    def transports(self) -> list[asyncio.Transport]:
        """Those of the connected sockets."""
        protocols = cast("set[Any]", self.server_state.connections)
        return [each.transport for each in protocols]


@asynccontextmanager
async def served(config: uvicorn.Config) -> AsyncGenerator[Served]:
    server = Served(config)
    task = asyncio.create_task(server._serve())  # pyright: ignore[reportPrivateUsage]
    try:
        await server.is_up.wait()
        yield server
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def subscribed(server: Served, secret: str) -> AsyncGenerator[ClientConnection]:
    """A client of the board, with little room for what it has not read yet."""
    here = socket.socket()
    here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    here.setblocking(False)
    address = server.servers[0].sockets[0].getsockname()
    await asyncio.get_running_loop().sock_connect(here, address)
    url = f"ws://{address[0]}:{address[1]}/graphql"
    protocols = [Subprotocol("graphql-transport-ws")]
    async with connect(url, sock=here, subprotocols=protocols, proxy=None) as client:
        await send(client, type="connection_init", payload={"authorization": f"Bearer {secret}"})
        assert (await receive(client))["type"] == "connection_ack"
        await send(client, id="1", type="subscribe", payload={"query": BOARD})
        assert participants(await receive(client)) == 0
        yield client


def participants(message: dict[str, Any]) -> int:
    return message["payload"]["data"]["leaderboardUpdated"]["period"]["participantCount"]


class World(NamedTuple):
    """A club, and a server of it whose readers may take half a second for a message."""

    config: uvicorn.Config
    services: Services
    secret: str
    program: Program

    async def visits(self, *members: str) -> None:
        await record_activities(
            self.services.store,
            self.services.hub,
            self.program,
            [sent(member=member) for member in members],
            now=NOON,
            new_key=fresh_key,
        )


async def world_with(sockets: type[Watched]) -> World:
    settings = read_settings(port=0, socket_send_seconds_max=0.5)
    store = Twin()
    secret = await secret_of(store, "read")
    services = Services.of(settings, store)
    record = await store.program("club")
    assert record is not None
    config = config_for(create_app(settings, store, services=services), settings)
    config.ws = sockets
    sockets.lost, sockets.given_up = asyncio.Event(), asyncio.Event()
    return World(config, services, secret, program_of(record))


def keep_little(server: Served) -> None:
    """Let the system take little of what is sent before it is read."""
    for transport in server.transports:
        there = transport.get_extra_info("socket")
        there.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)


def dropped(world: World) -> float:
    """How many readers were given up because they did not read."""
    number = world.services.metrics.registry.get_sample_value
    name = "gamification_readers_dropped_total"
    reasons = ("queue_full", "send_timeout")
    return sum(number(name, {"reason": reason}) or 0 for reason in reasons)


async def read_to_the_end(client: ClientConnection) -> list[int]:
    """What is still told until the server closes the socket."""
    seen: list[int] = []
    try:
        while True:
            seen.append(participants(await receive(client)))
    except ConnectionClosedError:
        return seen


async def test_a_stalled_reader_is_dropped_and_the_others_go_on() -> None:
    world = await world_with(Watched)
    hub = world.services.hub
    async with (
        asyncio.timeout(SECONDS_MAX),
        served(world.config) as server,
        subscribed(server, world.secret) as reader,
        subscribed(server, world.secret) as stalled,
    ):
        assert (hub.listener_count, len(server.transports)) == (1, 2)  # one execution for both
        keep_little(server)
        stalled.transport.pause_reading()
        visitors, held = 0, 0
        while not Watched.lost.is_set():
            visitors += 100
            await world.visits(*(f"{visitors + n:0>200}" for n in range(100)))
            assert participants(await receive(reader)) == visitors
            held = max(held, *(each.get_write_buffer_size() for each in server.transports))

        assert WATERMARK_BYTES < held < WATERMARK_BYTES + MESSAGE_BYTES_MAX
        assert hub.listener_count == len(server.transports) == 1
        assert dropped(world) == 1
        stalled.transport.resume_reading()
        await stalled.wait_closed()
        assert stalled.close_code == 1006
        await world.visits("late")
        assert participants(await receive(reader)) == visitors + 1


async def test_a_slow_reader_that_reads_on_is_told_to_come_back() -> None:
    world = await world_with(Patient)
    async with (
        asyncio.timeout(SECONDS_MAX),
        served(world.config) as server,
        subscribed(server, world.secret) as reader,
        subscribed(server, world.secret) as slow,
    ):
        keep_little(server)
        slow.transport.pause_reading()
        visitors = 0
        while not Patient.given_up.is_set():
            visitors += 100
            await world.visits(*(f"{visitors + n:0>200}" for n in range(100)))
            assert participants(await receive(reader)) == visitors
        slow.transport.resume_reading()
        seen = await read_to_the_end(slow)
        assert seen == list(range(100, 100 * (len(seen) + 1), 100))  # a beginning, whole frames
        assert (slow.close_code, slow.close_reason) == (TRY_AGAIN, SLOW_READER_REASON)
        # Nobody else has lost anything.
        await world.visits("late")
        assert participants(await receive(reader)) == visitors + 1
