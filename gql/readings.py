"""Without this module a request that comes again and again would be read again and again."""

from typing import NamedTuple

from starlette.requests import Request
from strawberry.schema.base import BaseSchema

from gamification.ids import ProgramId
from gql.answers import Wording
from gql.bounded import Bounded
from gql.documents import canonical
from gql.persisted import Documents
from gql.requests import Asked, asked_by

_BYTES_MAX = 8 * 1024 * 1024
_ENTRIES_MAX = 5_000

Sent = tuple[bytes, bytes]
"""The body and the query string."""


class Read(NamedTuple):
    """What a request asks, with its document's text; its wording, if answers to it may be kept."""

    asked: Asked
    wording: Wording | None


class Received(NamedTuple):
    """A request as it came, from whomever; and as it was read the last time, if it is known."""

    sent: Sent
    given: Asked
    read: Read | None


class Readings:
    """Reads requests. Those that may have a kept answer are remembered, by their own bytes."""

    def __init__(self, schema: BaseSchema, documents: Documents) -> None:
        self._schema = schema
        self._documents = documents
        self._known: Bounded[Sent, Received] = Bounded(
            bytes_max=_BYTES_MAX, entries_max=_ENTRIES_MAX
        )

    def of(self, request: Request, body: bytes) -> Received:
        """A request with this body; one by GET has none. Raises `RequestRefused`."""
        is_get = request.method == "GET"
        sent = (b"", request.scope["query_string"]) if is_get else (body, b"")
        return self._known.get(sent) or Received(sent, asked_by(request, body), None)

    def completed(self, received: Received, program: ProgramId) -> Read:
        """What somebody asks whose credentials are good for a program.

        A document that is named is looked up each time, and one that is written out must be allowed
        each time: a request that is known runs no longer than its document. Raises
        `DocumentRefused` and `RequestRefused`.
        """
        sent, given, read = received
        text = self._documents.text_of(given.query, given.document, program)
        if read is not None and read.asked.query == text:
            return read
        asked = given._replace(query=text, extensions=None)  # they have named the document
        wording = Wording.of(
            self._schema, text, operation_name=asked.operation_name, variables=asked.variables
        )
        read = Read(asked, wording)
        if wording is not None and canonical(given.variables or {}) == wording.variables:
            # What is not read may take many times the room of its bytes, and is not remembered.
            size = 2 * sum(map(len, sent)) + (0 if given.query else len(text))
            self._known.put(sent, Received(sent, given._replace(extensions=None), read), size=size)
        return read
