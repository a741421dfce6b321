"""Without this protocol a peer that has stopped reading would keep its socket for ever."""

from typing import ClassVar

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class AbortingSockets(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol; closing is waited for some seconds, and then done by force."""

    last_words_seconds: ClassVar[float] = 5.0
    """How long a peer that is being disconnected may take to read what was sent before."""

    async def run_asgi(self) -> None:
        await super().run_asgi()
        # The application is done with this peer, perhaps because it does not read any more.
        self._abort_soon()

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
