"""A result in the bytes that go out: without this everybody who is told it would pay for them."""

from typing import Any

import orjson
from strawberry.types.execution import ExecutionResult

from gql.errors import was_executed


class Encoded:
    """A result, encoded once for all who are told it. `cursor` is what they can go on from, where
    somebody asked for it."""

    __slots__ = ("_event", "_message_end", "cursor", "json")

    def __init__(self, result: ExecutionResult) -> None:
        self.json = _json(result)
        self.cursor: str | None = None
        self._event: bytes | None = None
        self._message_end: bytes | None = None

    @property
    def message_end(self) -> bytes:
        """The result as the end of a socket's message, which begins with an operation's id. Where
        it waits for readers that are slow, it is in memory once for all of them."""
        if self._message_end is None:
            self._message_end = self.json + b"}"
        return self._message_end

    @property
    def event(self) -> bytes:
        """The result as an event of `text/event-stream`."""
        if self._event is None:
            id = b"id: %b\n" % self.cursor.encode() if self.cursor else b""
            # JSON has no line breaks of its own, so it is one line of data.
            self._event = b"event: next\n%bdata: %b\n\n" % (id, self.json)
        return self._event


def _json(result: ExecutionResult) -> bytes:
    payload: dict[str, Any] = {"data": result.data} if was_executed(result) else {}
    if result.errors:
        payload["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        payload["extensions"] = result.extensions
    return orjson.dumps(payload)
