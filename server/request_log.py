"""Without this middleware no line of the log could be traced to the request that caused it."""

import re
import secrets
from collections.abc import Callable, Mapping
from itertools import count
from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gql.tracing import follow, trace_of

_log = structlog.stdlib.get_logger("server.requests")

_HEADER = b"x-request-id"
_TRACE_HEADER = b"traceparent"
_PLAUSIBLE = re.compile(rb"[A-Za-z0-9_.-]{8,64}")
_QUIET_PATHS = frozenset({"/health", "/ready"})


class RequestLog:
    """Gives every request an id (its own, if it brings one), finds or begins its trace, and writes
    one line about it.

    The line holds the path and no more of the request: the rest may hold secrets.
    """

    def __init__(self, app: ASGIApp, *, on_response: Callable[[int], None]) -> None:
        self._app = app
        self._on_response = on_response
        self._log = _log.bind()  # looked up once, and not for every line
        self._begin = secrets.token_hex(4)
        """Begins the ids that are given here: chance for each would cost more."""
        self._numbers = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        headers = dict(scope["headers"])
        request_id = self._id_of(headers)
        trace = trace_of(headers.get(_TRACE_HEADER, b"").decode("latin-1"))
        follow(trace, request_id=request_id)
        ids = (_HEADER, request_id.encode()), (b"x-trace-id", trace.id.encode())
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *ids]
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self._on_response(status)
            self._tell(scope, status, perf_counter() - started)

    def _id_of(self, headers: Mapping[bytes, bytes]) -> str:
        given = headers.get(_HEADER)
        if given is not None and _PLAUSIBLE.fullmatch(given):
            return given.decode()
        return f"{self._begin}{next(self._numbers):08x}"

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        if scope["path"] not in _QUIET_PATHS:
            self._log.info(
                "request",
                method=scope.get("method", "WEBSOCKET"),
                path=scope["path"],
                status=status,
                milliseconds=round(seconds * 1000, 1),
            )
