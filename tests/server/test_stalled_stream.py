"""An event stream that is not read is cut off, and costs neither the others nor the memory."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast
from urllib.parse import urlencode

import orjson

from server.streams import StreamingHttp
from tests.api.events import streaming
from tests.server.running import receive
from tests.server.test_stalled_reader import (
    BOARD,
    MESSAGE_BYTES_MAX,
    SECONDS_MAX,
    WATERMARK_BYTES,
    Served,
    Watched,
    dropped,
    keep_little,
    participants,
    served,
    subscribed,
    world_with,
)


class WatchedHttp(StreamingHttp):
    """Tells when a connection is gone."""

    lost: asyncio.Event

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.lost.set()


@asynccontextmanager
async def stream(server: Served, secret: str) -> AsyncGenerator[asyncio.StreamReader]:
    """A stream of the board, with little room for what has not been read yet."""
    here = socket.socket()
    here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    here.setblocking(False)
    address = server.servers[0].sockets[0].getsockname()
    await asyncio.get_running_loop().sock_connect(here, address)
    reader, writer = await asyncio.open_connection(sock=here)
    writer.write(
        f"GET /graphql?{urlencode({'query': BOARD})} HTTP/1.1\r\nHost: test\r\n"
        f"Accept: text/event-stream\r\nAuthorization: Bearer {secret}\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    try:
        yield reader
    finally:
        writer.transport.abort()


async def event(reader: asyncio.StreamReader) -> tuple[str, int]:
    """The id of the next event, and how many participants it tells of."""
    while True:
        text = await reader.readuntil(b"\n")
        if text.startswith(b"id: "):
            id = text.removeprefix(b"id: ").decode().strip()
            data = await reader.readuntil(b"\n")
            message = {"payload": orjson.loads(data.removeprefix(b"data: "))}
            return id, participants(message)


async def test_a_stalled_stream_is_cut_and_the_others_go_on() -> None:
    world = await world_with(Watched)
    world.config.http = WatchedHttp
    WatchedHttp.lost = asyncio.Event()
    hub = world.services.hub
    async with (
        asyncio.timeout(SECONDS_MAX),
        served(world.config) as server,
        subscribed(server, world.secret) as by_socket,
        stream(server, world.secret) as reader,
        stream(server, world.secret) as stalled,
    ):
        assert (await event(reader))[1] == 0
        last, seen = await event(stalled)
        assert (hub.listener_count, len(server.transports), seen) == (1, 3, 0)
        keep_little(server)
        cast("Any", stalled)._transport.pause_reading()
        visitors, held = 0, 0
        while not WatchedHttp.lost.is_set():
            visitors += 100
            await world.visits(*(f"{visitors + n:0>200}" for n in range(100)))
            assert participants(await receive(by_socket)) == visitors
            assert (await event(reader))[1] == visitors
            held = max(held, *(each.get_write_buffer_size() for each in server.transports))

        assert WATERMARK_BYTES < held < WATERMARK_BYTES + MESSAGE_BYTES_MAX
        assert (hub.listener_count, len(server.transports)) == (1, 2)
        assert dropped(world) == 1
        # Who was cut off comes back, and goes on.
        async with streaming(
            f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/graphql",
            BOARD,
            headers={"authorization": f"Bearer {world.secret}", "last-event-id": last},
        ) as back:
            told = await back.next()
            assert participants({"payload": told.payload}) == visitors
            assert told.id != last
        await world.visits("late")
        assert (await event(reader))[1] == visitors + 1
