"""What clients may say on a socket: without these checks junk would end it with a traceback."""

from typing import Any, cast

ID_LENGTH_MAX = 128


def fault_of(message: object) -> str | None:
    """What is wrong with the shape of a client's message; None if nothing is."""
    if not isinstance(message, dict):
        return "a message is a JSON object"
    named = cast("dict[str, Any]", message)
    payload = named.get("payload")
    match named.get("type"):
        case "connection_init" | "ping" | "pong":
            is_object = payload is None or isinstance(payload, dict)
            return None if is_object else "'payload' must be an object"
        case "complete":
            return _fault_of_id(named.get("id"))
        case "subscribe":
            return _fault_of_id(named.get("id")) or _fault_of_request(payload)
        case _:
            return "unknown message type"


def _fault_of_id(id: object) -> str | None:
    if isinstance(id, str) and 1 <= len(id) <= ID_LENGTH_MAX:
        return None
    return f"'id' must be a string of 1 to {ID_LENGTH_MAX} characters"


def _fault_of_request(payload: object) -> str | None:
    if not isinstance(payload, dict):
        return "'payload' must be an object"
    named = cast("dict[str, Any]", payload)
    for name, kind in (("variables", dict), ("extensions", dict), ("operationName", str)):
        if named.get(name) is not None and not isinstance(named[name], kind):
            return f"'payload.{name}' has the wrong type"
    is_named = "documentId" in named or "persistedQuery" in (named.get("extensions") or {})
    if isinstance(named.get("query"), str) or (is_named and named.get("query") is None):
        return None
    return "'payload.query' must be a string"
