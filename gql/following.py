"""How results reach a socket: as ready-made frames, or, while it is full, one after the other."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import orjson
from graphql import GraphQLError
from strawberry.http.exceptions import WebSocketDisconnected

if TYPE_CHECKING:
    from gql.sockets import SocketAdapter

WAITING_MAX = 100
"""Results that wait for one reader: those of ten seconds, at the most that may be asked for."""


class Pushing(Protocol):
    """What a server may offer in a socket's `extensions`, beyond ASGI: to write without waiting."""

    def push(self, head: bytes, body: bytes) -> bool:
        """Write a text frame of these parts, unless the reader is slow or gone."""
        ...

    def hang_up(self, code: int, reason: str) -> None:
        """Write a close frame behind what the reader has not read yet."""
        ...


class TooSlow(Exception):
    """The reader has left more results unread than are kept for it."""


class Failed(Exception):
    """The operation has failed as a whole."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__()
        self.errors = list(errors)


class SocketFollower:
    """Follows a subscription for one operation of one socket."""

    __slots__ = ("_adapter", "_first_due", "_head", "_sending", "_waiting", "over")

    def __init__(self, adapter: "SocketAdapter", operation_id: str) -> None:
        self._adapter = adapter
        self._head = b'{"id":%b,"type":"next","payload":' % orjson.dumps(operation_id)
        self._waiting: deque[bytes] | None = None
        self._sending: asyncio.Task[None] | None = None
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._first_due: asyncio.TimerHandle | None = None

    def begin_within(self, seconds: float) -> None:
        """End with a `TimeoutError` if there is no result within so many seconds."""
        loop = asyncio.get_running_loop()
        self._first_due = loop.call_later(seconds, self._end, TimeoutError())

    def tell(self, payload: bytes) -> None:
        if self._first_due is not None:
            self._first_due.cancel()
            self._first_due = None
        body = payload + b"}"
        if self._waiting is None:
            if self._adapter.push(self._head, body):
                return
            self._waiting = deque()
            self._sending = asyncio.create_task(self._send_waiting())
        if len(self._waiting) < WAITING_MAX:
            self._waiting.append(body)
        else:
            self._end(TooSlow())

    def fail(self, errors: Sequence[GraphQLError]) -> None:
        self._end(Failed(errors))

    def complete(self) -> None:
        self._end(None)

    def close(self) -> None:
        """Send nothing more, not even what waits."""
        if self._first_due is not None:
            self._first_due.cancel()
        if self._sending is not None:
            self._sending.cancel()
        if self.over.done():
            self.over.exception()  # nobody need be told any more

    async def sent(self) -> None:
        """Wait until everything that was told is sent."""
        if self._sending is not None:
            await self._sending

    async def _send_waiting(self) -> None:
        assert self._waiting is not None
        try:
            while self._waiting:
                await self._adapter.send_text((self._head + self._waiting[0]).decode())
                self._waiting.popleft()
        except WebSocketDisconnected as error:
            self._end(error)
        self._waiting = self._sending = None

    def _end(self, error: Exception | None) -> None:
        if self.over.done():
            return
        if error is None:
            self.over.set_result(None)
        else:
            self.over.set_exception(error)
