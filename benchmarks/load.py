"""A closed-loop HTTP client that costs little, so that the server is what is measured."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import NamedTuple, cast
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Load(NamedTuple):
    """What came of it: completed requests, seconds, refused or failed ones, one answer."""

    requests: int
    seconds: float
    failed: int
    sample: bytes


class _Client(asyncio.Protocol):
    """One connection that sends its next request as soon as it has the answer to the last."""

    def __init__(self, loop_: "_Loop") -> None:
        self._loop = loop_
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self._buffer, 0, end)
        assert length is not None, "the server answers with a length"
        total = end + 4 + int(length[1])
        if len(self._buffer) < total:
            return
        self._loop.answered(self._buffer[:total])
        self._buffer = self._buffer[total:]
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._loop.lost()

    def _send(self) -> None:
        assert self._transport is not None
        if self._loop.is_over:
            self._transport.close()
        else:
            self._transport.write(self._loop.next_request())


class _Loop:
    """What the connections of one measurement share."""

    def __init__(self, next_request: Callable[[], bytes], connections: int) -> None:
        self.next_request = next_request
        self.is_over = False
        self.answers = self.failed = 0
        self.sample = b""
        self._open = connections
        self.closed = asyncio.Event()

    def answered(self, answer: bytes) -> None:
        self.answers += 1
        self.sample = answer
        if not answer.startswith(b"HTTP/1.1 200") or b'"errors"' in answer:
            self.failed += 1

    def lost(self) -> None:
        self._open -= 1
        if not self._open:
            self.closed.set()


async def load(
    url: str, body: Callable[[], bytes], *, token: str, connections: int, seconds: float
) -> Load:
    """Send requests with these bodies over so many connections, for so long."""
    parts = urlsplit(url)
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: "
    ).encode()

    def request() -> bytes:
        content = body()
        return b"%b%d\r\n\r\n%b" % (head, len(content), content)

    shared = _Loop(request, connections)
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    host, port = parts.hostname or "", parts.port or 80
    for _ in range(connections):
        await loop.create_connection(lambda: _Client(shared), host, port)
    await asyncio.sleep(seconds)
    shared.is_over = True
    async with asyncio.timeout(30):
        await shared.closed.wait()
    return Load(shared.answers, time.perf_counter() - started, shared.failed, shared.sample)
