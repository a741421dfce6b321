"""GraphQL over server-sent events, for pages behind proxies that break sockets.

This is the protocol of `graphql-sse` in its mode of distinct connections: each operation is a
request, its results are events `next`, and an event `complete` follows the last. The id of an event
is the update's cursor, so that whoever comes back with `Last-Event-ID` goes on where it was.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, Protocol

from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.schema.base import BaseSchema
from strawberry.types.execution import ExecutionResult, PreExecutionError

from gql.connected import Connected
from gql.context import Context
from gql.documents import subscription_of
from gql.encoding import Encoded
from gql.errors import TIMEOUT, refused
from gql.following import (
    RETRY_AFTER_SECONDS,
    BrokenOff,
    Failed,
    Patience,
    QueueingFollower,
    TooSlow,
    Unread,
)
from gql.observing import Dropped, Kind, Observed, Outcome, outcome_of_refusal
from gql.pushing import STREAMING
from gql.sharing import Asked, Groups

EVENT_STREAM = "text/event-stream"

_HEADERS = {
    "content-type": f"{EVENT_STREAM}; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-accel-buffering": "no",  # nginx would keep events until there are many
}
_COMPLETE = b"event: complete\ndata:\n\n"
_HEARTBEAT = b":\n\n"
_CUT_SECONDS_MAX = 1.0


class Streaming(Protocol):
    """What a server may offer in a request's `extensions`, beyond ASGI."""

    def push(self, body: bytes) -> bool:
        """Write a part of a body without waiting, unless the reader is slow or gone."""
        ...

    def cut(self) -> None:
        """Give up a reader that does not read; what it has not read yet is lost."""
        ...

    def on_leaving(self, leave: Callable[[], None] | None) -> None:
        """Call this when the server stops or the client is gone; None: nothing."""
        ...


class Requested(Protocol):
    """The parameters of a GraphQL request."""

    @property
    def query(self) -> str: ...
    @property
    def variables(self) -> Mapping[str, Any] | None: ...
    @property
    def operation_name(self) -> str | None: ...


class EventStreams:
    """Answers subscriptions with streams of events."""

    def __init__(
        self, schema: BaseSchema, groups: Groups, connected: Connected, patience: Patience
    ) -> None:
        self._schema = schema
        self.groups = groups
        self.connected = connected
        self.patience = patience
        self.open = 0
        """How many there are now."""

    def of(self, request: Request, requested: Requested, context: Context) -> "EventStream | None":
        """The stream that a request asks for; None if it is for no subscription that may run."""
        query, name, variables = requested.query, requested.operation_name, requested.variables
        subscribed = subscription_of(self._schema, query, name, variables)
        if subscribed is None:
            return None
        observed = context.observer.begins(Kind.SUBSCRIPTION, subscribed.name, subscribed.cost)
        asked = Asked.of(query, name, variables, subscribed)
        if last_event_id := request.headers.get("last-event-id"):
            asked = asked._replace(after=last_event_id)
        return EventStream(self, asked, context, observed)


class EventStream:
    """A response that goes on until its subscription ends, or either side leaves."""

    def __init__(
        self, streams: EventStreams, asked: Asked, context: Context, observed: Observed
    ) -> None:
        self._streams = streams
        self._patience = streams.patience
        self._asked = asked
        self._context = context
        self._observed = observed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        server: Streaming | None = scope.get("extensions", {}).get(STREAMING)
        follower = StreamFollower(send, server, self._patience.send)
        headers = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        follower.beat()  # some browsers take a stream for open only then
        follower.begin_within(self._patience.first_result, self._observed)
        gone = asyncio.create_task(_gone(receive))
        group = self._streams.groups.join(self._asked, self._context, follower)
        self._streams.open += 1
        try:
            with self._streams.connected.staying(self._context.credentials, follower.leave):
                await self._beat_until_over(follower, gone)
            if not gone.done() and not await self._says_goodbye(follower, send) and server:
                server.cut()
                await asyncio.wait({gone}, timeout=_CUT_SECONDS_MAX)
        finally:
            self._streams.open -= 1
            group.leave(follower)
            follower.close()
            gone.cancel()

    async def _beat_until_over(
        self, follower: "StreamFollower", gone: "asyncio.Task[None]"
    ) -> None:
        waiting = {follower.over, gone}
        while not (follower.over.done() or gone.done()):
            done, _ = await asyncio.wait(
                waiting,
                timeout=self._patience.heartbeat,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not done:
                follower.beat()

    async def _says_goodbye(self, follower: "StreamFollower", send: Send) -> bool:
        """End the stream in good order; False if its reader is too slow for that."""
        try:
            last = await self._last_words(follower)
            async with asyncio.timeout(self._patience.send):
                await send({"type": "http.response.body", "body": last, "more_body": False})
        except TooSlow:
            self._context.observer.dropped(Dropped.QUEUE_FULL)
            return False
        except (Unread, TimeoutError, OSError):
            self._context.observer.dropped(Dropped.SEND_TIMEOUT)
            return False
        return True

    async def _last_words(self, follower: "StreamFollower") -> bytes:
        """What follows the results. Without `complete` clients come back, and go on."""
        try:
            await follower.over
            await follower.sent()
        except Failed as failure:
            has_failed = outcome_of_refusal(failure.errors) is Outcome.FAILED
            return _errors(failure.errors) + (b"" if has_failed else _COMPLETE)
        except TimeoutError:
            seconds = f"{self._patience.first_result:g}"
            message = f"No result within {seconds} seconds."
            error = refused(TIMEOUT, message, retry_after=RETRY_AFTER_SECONDS)
            return _errors([error]) + _COMPLETE
        except (_Leaving, BrokenOff):
            return b""
        return _COMPLETE


class StreamFollower(QueueingFollower):
    """Follows a subscription for one stream of events."""

    __slots__ = ("_send_message", "_send_seconds", "_server")

    wants_cursor: ClassVar[bool] = True

    def __init__(self, send: Send, server: Streaming | None, send_seconds: float) -> None:
        super().__init__()
        self._send_message = send
        self._send_seconds = send_seconds
        self._server = server
        if server is not None:
            server.on_leaving(self.leave)

    def beat(self) -> None:
        """Write something that means nothing, unless there is something else to be written."""
        if not self.is_behind:
            self._deliver(_HEARTBEAT)

    def close(self) -> None:
        if self._server is not None:
            self._server.on_leaving(None)
        super().close()

    def leave(self) -> None:
        """Either side is about to leave: whoever comes back goes on where this one was."""
        self._end(_Leaving())

    def _body(self, result: Encoded) -> bytes:
        return result.event

    def _push(self, body: bytes) -> bool:
        return self._server is not None and self._server.push(body)

    async def _send(self, body: bytes) -> None:
        try:
            async with asyncio.timeout(self._send_seconds):
                await self._send_message(
                    {"type": "http.response.body", "body": body, "more_body": True}
                )
        except (TimeoutError, OSError):
            raise Unread from None


class _Leaving(Exception):
    """Either side is about to leave."""


@lru_cache(maxsize=64)
def accepts_events(accept: str) -> bool:
    """Whether a client that accepts this can be told events."""
    return EVENT_STREAM in _media_types(accept)


def accepts_only_events(accept: str) -> bool:
    """Whether a single result, too, is to be an event: whoever takes anything is given JSON."""
    types = _media_types(accept)
    return EVENT_STREAM in types and not any(each.endswith(("json", "/*")) for each in types)


def told_once(result: ExecutionResult) -> Response:
    """The events of a query or a mutation: its result, and the end."""
    return Response(Encoded(result).event + _COMPLETE, headers=_HEADERS)


def _media_types(accept: str) -> list[str]:
    return [each.partition(";")[0].strip().lower() for each in accept.split(",")]


def _errors(errors: Sequence[GraphQLError]) -> bytes:
    return Encoded(PreExecutionError(data=None, errors=list(errors))).event


async def _gone(receive: Receive) -> None:
    """Wait for the client to leave."""
    while (await receive())["type"] != "http.disconnect":
        pass
