"""Without this protocol a peer that has stopped reading would keep its socket for ever."""

from asyncio import TimerHandle
from collections.abc import Sequence
from struct import pack
from typing import Any, ClassVar, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from gql.pushing import PUSHING

_FINAL_TEXT = 0x81


class AbortingSockets(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol; closing is waited for some seconds, and then done by force."""

    last_words_seconds: ClassVar[float] = 5.0
    """How long a peer that is being disconnected may take to read what was sent before."""

    is_silent = False
    """Whether the peer was given up because it left a ping unanswered."""

    _cut: TimerHandle | None = None
    """What closes it by force, once it is being disconnected."""

    async def run_asgi(self) -> None:
        extensions: dict[str, object] = cast("Any", self.scope)["extensions"]
        if not self.conn.extensions:  # none that would change a frame, such as compression
            extensions[PUSHING] = self
        await super().run_asgi()
        extensions.pop(PUSHING, None)  # a cycle: it would stay until the collector comes
        # The application is done with this peer, perhaps because it does not read any more.
        self._abort_soon()

    def push(self, head: bytes, body: bytes) -> bool:
        """Write a text frame of these parts, unless the reader is slow or gone."""
        if self.close_sent or self.disconnected or not self.writable.is_set():
            return False
        self.transport.write(_text_frame_header(len(head) + len(body)) + head + body)
        return True

    def hang_up(self, code: int, reason: str) -> None:
        """Write a close frame behind what the reader has not read yet."""
        if not (self.close_sent or self.disconnected):
            self.conn.send_close(code, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True

    def send_receive_event_to_app(self) -> None:
        # uvicorn would log a traceback of what is the peer's fault.
        if self.curr_msg_data_type == "text" and not (self.close_sent or _is_utf8(self.frames)):
            self.frames = []
            self.conn.send_close(CloseCode.INVALID_DATA)
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        self.is_silent = not self.close_sent
        super().keepalive_timeout()
        self._abort_soon()

    def shutdown(self) -> None:
        super().shutdown()
        self._abort_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.conn.parser.close()  # it waits for more, and would keep the connection until collected
        if self._cut is not None:
            self._cut.cancel()

    def _abort_soon(self) -> None:
        if self._cut is None and not self.disconnected:
            self._cut = self.loop.call_later(self.last_words_seconds, self.transport.abort)


def _text_frame_header(length: int) -> bytes:
    """RFC 6455, 5.2: a final text frame without a mask."""
    if length < 126:
        return bytes((_FINAL_TEXT, length))
    if length < 1 << 16:
        return pack("!BBH", _FINAL_TEXT, 126, length)
    return pack("!BBQ", _FINAL_TEXT, 127, length)


def _is_utf8(frames: Sequence[bytes]) -> bool:
    try:
        b"".join(frames).decode()
    except UnicodeDecodeError:
        return False
    return True
