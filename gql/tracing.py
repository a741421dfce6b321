"""The trace that a request or an operation is part of: without its id the logs of several services
could not be laid side by side.

It is the id of W3C's Trace Context, and every line of the log has it as `trace_id`.
"""

import re
import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import structlog

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_VERSION_INVALID = "ff"


class Caller(NamedTuple):
    """The span in which a trace came here, as `traceparent` names it, in hexadecimal digits."""

    span_id: str
    flags: str


class Trace(NamedTuple):
    """A trace; without a caller it begins here."""

    id: str
    caller: Caller | None


_followed: ContextVar[Trace | None] = ContextVar("followed", default=None)


def trace_of(traceparent: object) -> Trace:
    """The trace that a `traceparent` names; a new one if it names none that is valid."""
    parts = _TRACEPARENT.fullmatch(traceparent) if isinstance(traceparent, str) else None
    if parts is not None:
        version, trace, parent, flags, more = parts.groups()
        is_known_form = version != _VERSION_INVALID and (version != "00" or more is None)
        if is_known_form and trace.strip("0") and parent.strip("0"):
            return Trace(trace, Caller(parent, flags))
    return Trace(secrets.token_hex(16), None)


def trace_of_payload(payload: Mapping[str, Any]) -> Trace:
    """The trace of a socket's operation: its `extensions` may name one, as a header does."""
    extensions: dict[str, Any] = payload.get("extensions") or {}
    return trace_of(extensions.get("traceparent"))


def follow(trace: Trace, *, request_id: str) -> None:
    """What this task does or begins from here on is part of the trace, and done for a request."""
    _followed.set(trace)
    structlog.contextvars.bind_contextvars(request_id=request_id, trace_id=trace.id)


@contextmanager
def following(trace: Trace) -> Generator[None]:
    """What is done or begun in the block is part of the trace."""
    token = _followed.set(trace)
    try:
        with structlog.contextvars.bound_contextvars(trace_id=trace.id):
            yield
    finally:
        _followed.reset(token)


def followed() -> Trace | None:
    """The trace that what is being done is part of."""
    return _followed.get()


def current_trace() -> dict[str, str]:
    """The trace of what is being done, as an error's extensions tell it; empty outside of any."""
    id = structlog.contextvars.get_contextvars().get("trace_id")
    return {} if id is None else {"traceId": id}
