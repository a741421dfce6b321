"""A real server on a free port, and a client of `graphql-transport-ws` to talk to it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from gql.following import DEFAULT_PATIENCE, Patience
from gql.sharing import Groups
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


class Server:
    """The world's app on a port of this machine."""

    def __init__(self, port: int, groups: Groups) -> None:
        self.groups = groups
        self.url = f"ws://127.0.0.1:{port}/"
        self.http_url = f"http://127.0.0.1:{port}/"

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
    app = world.app(patience)
    config = uvicorn.Config(
        app, port=0, lifespan="off", log_config=None, ws=AbortingSockets, http=http
    )
    server = _QuietServer(config)
    task = asyncio.create_task(server._serve())  # pyright: ignore[reportPrivateUsage]
    try:
        async with asyncio.timeout(SECONDS_MAX):
            await server.is_up.wait()
        yield Server(server.servers[0].sockets[0].getsockname()[1], app.groups)
    finally:
        server.should_exit = True
        await task
