"""A client for many GraphQL requests on one connection that costs little and reads its answers."""

import asyncio
import re
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import orjson

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
SECONDS_MAX = 60


class Asking:
    """One HTTP connection that stays open, and is opened again where the server has closed it."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}"
            "\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: "
        ).encode()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """The whole answer, whatever its status. Raises `OSError` and `EOFError`."""
        body = orjson.dumps({"query": query, "variables": variables})
        async with asyncio.timeout(SECONDS_MAX):
            reader, writer = self._streams or await self._open()
            writer.write(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            assert length is not None, head
            answer = await reader.readexactly(int(length[1]))
        if b"\r\nconnection: close" in head.lower():
            await self.close()
        return orjson.loads(answer)

    async def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._streams = await asyncio.open_connection(self._host, self._port)
        return self._streams

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
