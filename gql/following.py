"""How results reach a reader: written at once, or, while it is slow, one after the other."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

import orjson
from graphql import GraphQLError
from strawberry.http.exceptions import WebSocketDisconnected

from gql.encoding import Encoded
from gql.observing import Observed, Outcome, outcome_of_refusal

if TYPE_CHECKING:
    from gql.sockets import SocketAdapter

WAITING_MAX = 100
"""Results that wait for one reader: those of ten seconds, at the most that may be asked for."""

RETRY_AFTER_SECONDS = 1
"""After how long to ask again for what took too long."""


class Patience(NamedTuple):
    """How long a connection is waited for, and keeps others waiting; in seconds."""

    send: float = 10.0
    """How long one message may wait for its reader: then the reader is given up."""
    first_result: float = 10.0
    """How long a query, a mutation or a subscription's snapshot may take."""
    heartbeat: float = 12.0
    """After so long an event stream is written to, lest a proxy take it for dead."""


DEFAULT_PATIENCE = Patience()


class Pushing(Protocol):
    """What a server may offer in a socket's `extensions`, beyond ASGI: to write without waiting."""

    is_silent: bool
    """Whether the peer was given up because it left a ping unanswered."""

    def push(self, head: bytes, body: bytes) -> bool:
        """Write a text frame of these parts, unless the reader is slow or gone."""
        ...

    def hang_up(self, code: int, reason: str) -> None:
        """Write a close frame behind what the reader has not read yet."""
        ...


class TooSlow(Exception):
    """The reader has left more results unread than are kept for it."""


class Unread(Exception):
    """The reader has not read a message in time."""


class BrokenOff(Exception):
    """What was followed has failed, after it began: the reader can go on after its last cursor."""


class Failed(Exception):
    """The operation has failed as a whole."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__()
        self.errors = list(errors)


class QueueingFollower(ABC):
    """Follows a subscription for one reader; what cannot be written at once waits in a queue."""

    __slots__ = ("_first_due", "_observed", "_sending", "_waiting", "over")

    wants_cursor: ClassVar[bool] = False

    def __init__(self) -> None:
        self._waiting: deque[bytes] | None = None
        self._sending: asyncio.Task[None] | None = None
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when nothing more will be told; its exception says why."""
        self._first_due: asyncio.TimerHandle | None = None
        self._observed: Observed | None = None

    @abstractmethod
    def _body(self, result: Encoded) -> bytes:
        """What this kind of reader is sent of a result."""

    @abstractmethod
    def _push(self, body: bytes) -> bool:
        """Write without waiting; False where that is not possible now."""

    @abstractmethod
    async def _send(self, body: bytes) -> None:
        """Write, and wait for a reader that is slow. Raises where it is too slow, or gone."""

    @property
    def is_behind(self) -> bool:
        """Whether something waits to be sent."""
        return self._waiting is not None

    def begin_within(self, seconds: float, observed: Observed) -> None:
        """End with a `TimeoutError` if there is no result within so many seconds. What is observed
        is the time until then."""
        self._observed = observed
        loop = asyncio.get_running_loop()
        self._first_due = loop.call_later(seconds, self._end, TimeoutError())

    def tell(self, result: Encoded) -> None:
        self._begun(Outcome.DONE)
        self._deliver(self._body(result))

    def fail(self, errors: Sequence[GraphQLError]) -> None:
        self._begun(outcome_of_refusal(errors))
        self._end(Failed(errors))

    def complete(self) -> None:
        self._end(None)

    def break_off(self) -> None:
        self._end(BrokenOff())

    def close(self) -> None:
        """Send nothing more, not even what waits."""
        self._begun(Outcome.ABANDONED)
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
        if self.over.done() and not self.over.cancelled() and (error := self.over.exception()):
            # Nobody need be told any more, and the frames it has passed hold this follower.
            error.__traceback__ = None

    async def sent(self) -> None:
        """Wait until everything that was told is sent."""
        if self._sending is not None:
            await self._sending

    def _begun(self, outcome: Outcome) -> None:
        """The first result is there, or will not be."""
        if self._first_due is not None:
            self._first_due.cancel()
            self._first_due = None
        if self._observed is not None:
            self._observed.ends(outcome)
            self._observed = None

    def _deliver(self, body: bytes) -> None:
        if self._waiting is None:
            if self._push(body):
                return
            self._waiting = deque()
            self._sending = asyncio.create_task(self._send_waiting())
        if len(self._waiting) < WAITING_MAX:
            self._waiting.append(body)
        else:
            self._end(TooSlow())

    async def _send_waiting(self) -> None:
        assert self._waiting is not None
        try:
            while self._waiting:
                await self._send(self._waiting[0])
                self._waiting.popleft()
        except (WebSocketDisconnected, Unread) as error:
            self._end(error)
        self._waiting = self._sending = None

    def _end(self, error: Exception | None) -> None:
        if self.over.done():
            return
        if error is None:
            self.over.set_result(None)
        else:
            self.over.set_exception(error)


class SocketFollower(QueueingFollower):
    """Follows a subscription for one operation of one socket."""

    __slots__ = ("_adapter", "_head")

    def __init__(self, adapter: "SocketAdapter", operation_id: str) -> None:
        super().__init__()
        self._adapter = adapter
        self._head = b'{"id":%b,"type":"next","payload":' % orjson.dumps(operation_id)

    def _body(self, result: Encoded) -> bytes:
        return result.message_end

    def _push(self, body: bytes) -> bool:
        return self._adapter.push(self._head, body)

    async def _send(self, body: bytes) -> None:
        await self._adapter.send_text((self._head + body).decode())
