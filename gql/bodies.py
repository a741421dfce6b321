"""Without this module many large requests at once would fill the memory before any is refused."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.requests import Request

BODY_SIZE_MAX = 1024 * 1024
"""Bytes. A thousand activities of a kilobyte each fit."""

BODIES_SIZE_MAX = 256 * BODY_SIZE_MAX
"""Bytes of all requests under way, if nothing else is set."""


class TooLarge(Exception):
    """A body is longer than `BODY_SIZE_MAX`."""


class NoRoom(Exception):
    """The bodies under way take all the memory that they may."""


class Bodies:
    """Reads the bodies of requests, and bounds what all that are under way hold together."""

    def __init__(self, size_max: int = BODIES_SIZE_MAX) -> None:
        self._size_max = size_max
        self.size = 0
        """Bytes that the requests under way hold."""

    @asynccontextmanager
    async def body_of(self, request: Request) -> AsyncGenerator[bytes]:
        """The body, which counts until the request has its answer: what was made of it lives as
        long. Raises `TooLarge` and `NoRoom`, before it reads anything if the length is declared."""
        declared = request.headers.get("content-length", "0")
        length = int(declared) if declared.isascii() and declared.isdigit() else 0
        if length > BODY_SIZE_MAX:
            raise TooLarge
        self._admit(length)
        held = 0
        try:
            body = bytearray()
            async for chunk in request.stream():
                self._admit(len(chunk))
                held += len(chunk)
                self.size += len(chunk)
                body += chunk
                if len(body) > BODY_SIZE_MAX:
                    raise TooLarge
            yield bytes(body)
        finally:
            self.size -= held

    def _admit(self, length: int) -> None:
        if self.size + length > self._size_max:
            raise NoRoom
