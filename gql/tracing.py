"""The trace that a request or an operation is part of: without its id the logs of several services
could not be laid side by side.

It is the id of W3C's Trace Context, and every line of the log has it as `trace_id`.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Any

import structlog

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")
_VERSION_INVALID = "ff"


def trace_id_of(traceparent: object) -> str:
    """The id of the trace that a `traceparent` names; a new one if it names none that is valid."""
    parts = _TRACEPARENT.fullmatch(traceparent) if isinstance(traceparent, str) else None
    if parts is not None:
        version, trace, parent, more = parts.groups()
        is_known_form = version != _VERSION_INVALID and (version != "00" or more is None)
        if is_known_form and trace.strip("0") and parent.strip("0"):
            return trace
    return secrets.token_hex(16)


def trace_id_of_payload(payload: Mapping[str, Any]) -> str:
    """The trace of a socket's operation: its `extensions` may name one, as a header does."""
    extensions: dict[str, Any] = payload.get("extensions") or {}
    return trace_id_of(extensions.get("traceparent"))


def current_trace() -> dict[str, str]:
    """The trace of what is being done, as an error's extensions tell it; empty outside of any."""
    id = structlog.contextvars.get_contextvars().get("trace_id")
    return {} if id is None else {"traceId": id}
