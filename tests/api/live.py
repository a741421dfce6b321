"""A real server on a free port, and a client of `graphql-transport-ws` to talk to it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from gql.following import DEFAULT_PATIENCE, Patience
from gql.http import GraphQLApp
from server.sockets import AbortingSockets
from server.streams import StreamingHttp
from tests.api.world import World

PROTOCOL = "graphql-transport-ws"
SECONDS_MAX = 10


class Socket:
    """One socket; messages are JSON objects."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, message: object) -> None:
        await self.send_text(json.dumps(message))

    async def send_text(self, text: str | bytes) -> None:
        await self.connection.send(text)

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(SECONDS_MAX):
            text = await self.connection.recv()
        assert isinstance(text, str), "messages are text frames"
        return json.loads(text)

    async def init(self, authorization: str = "Bearer good") -> None:
        await self.send({"type": "connection_init", "payload": {"authorization": authorization}})
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, query: str, id: str = "1", **variables: object) -> None:
        payload = {"query": query, "variables": variables}
        await self.send({"id": id, "type": "subscribe", "payload": payload})

    async def next(self, id: str = "1") -> dict[str, Any]:
        """The data of the next result of an operation."""
        message = await self.receive()
        assert (message["id"], message["type"]) == (id, "next"), message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    async def closed(self) -> tuple[int, str]:
        """Why the server closed the socket."""
        async with asyncio.timeout(SECONDS_MAX):
            await self.connection.wait_closed()
        close = self.connection.protocol.close_rcvd
        assert close is not None, "the server left without a word"
        return close.code, close.reason


@dataclass(frozen=True)
class _Port:
    app: GraphQLApp
    number: int


class Server:
    """The world's servers on ports of this machine; who comes goes to the one whose turn it is."""

    def __init__(self, world: World, ports: Mapping[int, _Port]) -> None:
        self._world = world
        self._ports = ports

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._port()}/"

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self._port()}/"

    @property
    def group_count(self) -> int:
        """How many subscriptions are executed."""
        return sum(len(port.app.groups) for port in self._ports.values())

    @property
    def follower_count(self) -> int:
        """How many are told their results."""
        return sum(port.app.groups.followers for port in self._ports.values())

    @asynccontextmanager
    async def socket(self, **options: Any) -> AsyncGenerator[Socket]:
        """A socket that has not said anything yet."""
        async with connect(self.url, subprotocols=[PROTOCOL], **options) as connection:  # pyright: ignore[reportArgumentType]
            yield Socket(connection)

    @asynccontextmanager
    async def ready(self) -> AsyncGenerator[Socket]:
        """A socket whose credentials were accepted."""
        async with self.socket() as socket:
            await socket.init()
            yield socket

    def _port(self) -> int:
        return self._ports[id(self._world.asked())].number


class _QuietServer(uvicorn.Server):
    """Leaves the signals of the process alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@asynccontextmanager
async def serving(
    world: World,
    *,
    http: type[asyncio.Protocol] = StreamingHttp,
    patience: Patience = DEFAULT_PATIENCE,
) -> AsyncGenerator[Server]:
    """Serve a world until the end of the block."""
    async with AsyncExitStack() as listening:
        ports: dict[int, _Port] = {}
        for each in world.servers:
            app = world.app(patience, of=each)
            number = await listening.enter_async_context(_listening(app, http))
            ports[id(each)] = _Port(app, number)
        yield Server(world, ports)


@asynccontextmanager
async def _listening(app: GraphQLApp, http: type[asyncio.Protocol]) -> AsyncGenerator[int]:
    """Serve one application; the port."""
    config = uvicorn.Config(
        app, port=0, lifespan="off", log_config=None, ws=AbortingSockets, http=http
    )
    server = _QuietServer(config)
    task = asyncio.create_task(server._serve())  # pyright: ignore[reportPrivateUsage]
    try:
        async with asyncio.timeout(SECONDS_MAX):
            await server.is_up.wait()
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task
