"""Thousands of sockets that cost a client little, so that the server is what is measured."""

import asyncio
import base64
import os
import socket
import time
from collections.abc import Iterable
from typing import cast
from urllib.parse import urlsplit

import orjson

_TEXT, _PING, _PONG = 1, 9, 10


class Crowd:
    """The sockets of one measurement, and when each got what."""

    def __init__(self) -> None:
        self.open = 0
        self.received = 0
        self.last_at = 0.0
        self._awaited: tuple[int, asyncio.Future[None]] | None = None

    def got(self, message: bytes) -> None:
        """One result has arrived somewhere."""
        self.received += 1
        self.last_at = time.perf_counter()
        if self._awaited is not None and self.received >= self._awaited[0]:
            self._awaited[1].set_result(None)
            self._awaited = None

    async def until(self, received: int) -> None:
        """Wait until so many results have arrived in all."""
        if self.received >= received:
            return
        self._awaited = (received, asyncio.get_running_loop().create_future())
        async with asyncio.timeout(60):
            await self._awaited[1]


class Subscriber(asyncio.Protocol):
    """One socket with one subscription; it counts messages, and reads none of them."""

    def __init__(self, crowd: Crowd, greeting: bytes, token: str, query: str) -> None:
        self._crowd = crowd
        self._greeting = greeting
        self._token = token
        self._query = query
        self._buffer = b""
        self._is_upgraded = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        self.transport.write(self._greeting)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if not self._is_upgraded:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._is_upgraded, self._buffer = True, rest
            payload = {"authorization": f"Bearer {self._token}"}
            self._send({"type": "connection_init", "payload": payload})
        while (frame := _frame(self._buffer)) is not None:
            kind, start, end = frame
            body, self._buffer = self._buffer[start:end], self._buffer[end:]
            self._take(kind, body)

    def _take(self, kind: int, body: bytes) -> None:
        if kind == _PING:
            self._write(_PONG, body)
        elif b'"type":"next"' in body[:64]:
            self._crowd.got(body)
        elif b'"connection_ack"' in body[:64]:
            self._crowd.open += 1
            payload = {"query": self._query}
            self._send({"id": "1", "type": "subscribe", "payload": payload})
        elif b'"type":"ping"' in body[:64]:
            self._send({"type": "pong"})
        else:
            raise AssertionError(f"no update: {body[:300]}")

    def say(self, text: str) -> None:
        """Send a text that is no message of the protocol."""
        self._write(_TEXT, text.encode())

    def _send(self, message: object) -> None:
        self._write(_TEXT, orjson.dumps(message))

    def _write(self, kind: int, body: bytes) -> None:
        """A frame with a mask of zeros, which leaves the bytes as they are."""
        assert self.transport is not None
        length = len(body)
        size = bytes((0x80 | length,)) if length < 126 else b"\xfe" + length.to_bytes(2)
        self.transport.write(bytes((0x80 | kind,)) + size + bytes(4) + body)


async def subscribe(
    crowd: Crowd, url: str, query: str, *, token: str, sockets: int, has_snapshot: bool = True
) -> list[Subscriber]:
    """Open so many sockets and wait for the first result on each; servers that have no snapshot
    are given a second."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    key = base64.b64encode(os.urandom(16)).decode()
    greeting = (
        f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    before = crowd.received
    opened: list[Subscriber] = []
    for number in range(sockets):
        # A loopback address has some 28,000 ports: others are taken for more.
        _, subscriber = await loop.create_connection(
            lambda: Subscriber(crowd, greeting, token, query),
            host,
            port,
            family=socket.AF_INET,
            local_addr=(f"127.0.0.{2 + number // 20_000}", 0),
        )
        opened.append(subscriber)
        if number % 200 == 199 and has_snapshot:
            await crowd.until(before + number - 199)
    if has_snapshot:
        await crowd.until(before + sockets)
    else:
        await asyncio.sleep(1 + sockets / 1000)
    return opened


def close(opened: Iterable[Subscriber]) -> None:
    """Vanish."""
    for each in opened:
        assert each.transport is not None
        each.transport.abort()


def _frame(buffer: bytes) -> tuple[int, int, int] | None:
    """Kind, begin and end of the first frame's body, if all of it is there."""
    if len(buffer) < 2:
        return None
    length, start = buffer[1] & 0x7F, 2
    if length > 125 and len(buffer) < 10:  # no message of ours is shorter
        return None
    if length == 126:
        length, start = int.from_bytes(buffer[2:4]), 4
    elif length == 127:
        length, start = int.from_bytes(buffer[2:10]), 10
    if len(buffer) < start + length:
        return None
    return buffer[0] & 0x0F, start, start + length
