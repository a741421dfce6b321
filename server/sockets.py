"""Without this protocol a peer that has stopped reading would keep its socket for ever."""

from collections.abc import Sequence
from typing import ClassVar

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode


class AbortingSockets(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol; closing is waited for some seconds, and then done by force."""

    last_words_seconds: ClassVar[float] = 5.0
    """How long a peer that is being disconnected may take to read what was sent before."""

    async def run_asgi(self) -> None:
        await super().run_asgi()
        # The application is done with this peer, perhaps because it does not read any more.
        self._abort_soon()

    def send_receive_event_to_app(self) -> None:
        # uvicorn would log a traceback of what is the peer's fault.
        if self.curr_msg_data_type == "text" and not (self.close_sent or _is_utf8(self.frames)):
            self.frames = []
            self.conn.send_close(CloseCode.INVALID_DATA)
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._abort_soon()

    def shutdown(self) -> None:
        super().shutdown()
        self._abort_soon()

    def _abort_soon(self) -> None:
        self.loop.call_later(self.last_words_seconds, self._abort)

    def _abort(self) -> None:
        if not self.disconnected:
            self.transport.abort()


def _is_utf8(frames: Sequence[bytes]) -> bool:
    try:
        b"".join(frames).decode()
    except UnicodeDecodeError:
        return False
    return True
