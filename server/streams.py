"""Without this protocol event streams would be written slowly, and keep a server from stopping."""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar, cast

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gql.pushing import STREAMING


class Stream:
    """A connection as it is offered to a response that goes on (gql/streaming.py).

    It writes chunks beside uvicorn, which does nothing else to a body of unknown length.
    """

    __slots__ = ("_flow", "_leave", "_transport")

    def __init__(self, transport: asyncio.Transport, flow: FlowControl) -> None:
        self._transport = transport
        self._flow = flow
        self._leave: Callable[[], None] | None = None

    def push(self, body: bytes) -> bool:
        """Write a part of a body without waiting, unless the reader is slow or gone."""
        if self._flow.write_paused or self._transport.is_closing():
            return False
        self._transport.write(b"%x\r\n%b\r\n" % (len(body), body))
        return True

    def cut(self) -> None:
        """Give up a reader that does not read; what it has not read yet is lost."""
        self._transport.abort()

    def on_leaving(self, leave: Callable[[], None] | None) -> None:
        """Call this when either side is about to leave; None: nothing."""
        self._leave = leave

    def leave(self) -> None:
        """Tell the response, if there is one that goes on."""
        if self._leave is not None:
            self._leave()
            self._leave = None


class StreamingHttp(HttpToolsProtocol):
    """uvicorn's HTTP protocol, with streams that end when the server does; and a reader that does
    not read its last answer is cut off some seconds after its time."""

    last_words_seconds: ClassVar[float] = 5.0
    _stream: Stream

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._stream = Stream(transport, self.flow)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast("dict[str, object]", self.scope)["extensions"] = {STREAMING: self._stream}

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        # It and the protocol refer to each other: they would stay until the collector comes.
        self.parser = cast("Any", None)

    def connection_lost(self, exc: Exception | None) -> None:
        # A request that waits behind a stream would be told of this in the stream's place.
        self._stream.leave()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        super().shutdown()
        self._stream.leave()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self.loop.call_later(self.last_words_seconds, self.transport.abort)
