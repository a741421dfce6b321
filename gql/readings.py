"""Without this module a request that comes again and again would be read again and again."""

from typing import NamedTuple

from starlette.requests import Request
from strawberry.schema.base import BaseSchema

from gql.answers import Wording
from gql.bounded import Bounded
from gql.requests import Asked, asked_by

_BYTES_MAX = 8 * 1024 * 1024
_ENTRIES_MAX = 5_000


class Read(NamedTuple):
    """What a request asks; its wording, if answers to it may be kept."""

    asked: Asked
    wording: Wording | None


class Readings:
    """Reads requests. Those that may have a kept answer are remembered, by their own bytes."""

    def __init__(self, schema: BaseSchema) -> None:
        self._schema = schema
        self._known: Bounded[tuple[bytes, bytes], Read] = Bounded(
            bytes_max=_BYTES_MAX, entries_max=_ENTRIES_MAX
        )

    def of(self, request: Request, body: bytes) -> Read:
        """What a request with this body asks; one by GET has none. Raises `RequestRefused`."""
        sent = (body, b"" if body else request.scope["query_string"])
        known = self._known.get(sent)
        if known is not None:
            return known
        asked = asked_by(request, body)
        wording = Wording.of(
            self._schema,
            asked.query,
            operation_name=asked.operation_name,
            variables=asked.variables,
        )
        read = Read(asked, wording)
        if wording is not None:
            self._known.put(sent, read, size=2 * sum(map(len, sent)))
        return read
