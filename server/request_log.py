"""Without this middleware no line of the log could be traced to the request that caused it."""

import re
import secrets
from collections.abc import Callable
from itertools import count
from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gql.tracing import follow, trace_of

_log = structlog.stdlib.get_logger("server.requests")

_HEADER = b"x-request-id"
_TRACE_HEADER = b"traceparent"
_PLAUSIBLE = re.compile(rb"[A-Za-z0-9_.-]{8,64}")
_PROCESS = secrets.token_hex(4)
"""Begins the ids that this process gives: chance for each would cost more."""
_numbers = count(1)
_QUIET_PATHS = frozenset({"/health", "/ready"})


class RequestLog:
    """Gives every request an id (its own, if it brings one), finds or begins its trace, and writes
    one line about it.

    The line holds the path and no more of the request: the rest may hold secrets.
    """

    def __init__(self, app: ASGIApp, *, on_response: Callable[[int], None]) -> None:
        self._app = app
        self._on_response = on_response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        trace = trace_of(_header(scope, _TRACE_HEADER).decode("latin-1"))
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        follow(trace)
        ids = (_HEADER, request_id.encode()), (b"x-trace-id", trace.id.encode())
        await self._respond(scope, receive, send, ids)

    async def _respond(
        self, scope: Scope, receive: Receive, send: Send, ids: tuple[tuple[bytes, bytes], ...]
    ) -> None:
        """Let the application answer, with these headers too, and write the line."""
        started = perf_counter()
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
            if scope["path"] not in _QUIET_PATHS:
                _log.info(
                    "request",
                    method=scope.get("method", "WEBSOCKET"),
                    path=scope["path"],
                    status=status,
                    milliseconds=round((perf_counter() - started) * 1000, 1),
                )


def _request_id(scope: Scope) -> str:
    given = _header(scope, _HEADER)
    return given.decode() if _PLAUSIBLE.fullmatch(given) else f"{_PROCESS}{next(_numbers):08x}"


def _header(scope: Scope, wanted: bytes) -> bytes:
    return next((value for name, value in scope["headers"] if name == wanted), b"")
