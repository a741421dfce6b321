"""Without this protocol a peer that has stopped reading would keep its socket for ever."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_LAST_WORDS_SECONDS = 5.0
"""How long a peer that is being disconnected may take to read what was sent before."""


class AbortingSockets(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol; closing is waited for some seconds, and then done by force."""

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._abort_soon()

    def shutdown(self) -> None:
        super().shutdown()
        self._abort_soon()

    def _abort_soon(self) -> None:
        self.loop.call_later(_LAST_WORDS_SECONDS, self._abort)

    def _abort(self) -> None:
        if not self.disconnected:
            self.transport.abort()
