"""Without this module many large requests at once would fill the memory before any is refused."""

from starlette.requests import ClientDisconnect, Request

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

    def body_of(self, request: Request) -> "Held":
        """The body, which counts until the request has its answer: what was made of it lives as
        long. Raises `TooLarge` and `NoRoom`, before it reads anything if the length is declared."""
        return Held(self, request)

    def admit(self, length: int) -> None:
        """Refuse bytes that there is no room for."""
        if self.size + length > self._size_max:
            raise NoRoom


class Held:
    """The body of one request, as long as it is held; a GET has none."""

    # No generator: this is passed by every request, however short its answer is.

    def __init__(self, bodies: Bodies, request: Request) -> None:
        self._bodies = bodies
        self._request = request
        self._size = 0

    async def __aenter__(self) -> bytes:
        if self._request.method == "GET":
            return b""
        declared = self._request.headers.get("content-length", "0")
        length = int(declared) if declared.isascii() and declared.isdigit() else 0
        if length > BODY_SIZE_MAX:
            raise TooLarge
        self._bodies.admit(length)
        try:
            return await self._read()
        except BaseException:
            self._release()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._release()

    async def _read(self) -> bytes:
        parts: list[bytes] = []
        is_whole = False
        while not is_whole:
            message = await self._request.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            part: bytes = message.get("body", b"")
            self._bodies.admit(len(part))
            self._size += len(part)
            self._bodies.size += len(part)
            if self._size > BODY_SIZE_MAX:
                raise TooLarge
            parts.append(part)
            is_whole = not message.get("more_body", False)
        return b"".join(parts)

    def _release(self) -> None:
        self._bodies.size -= self._size
        self._size = 0
