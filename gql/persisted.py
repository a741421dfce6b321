"""Documents that clients name by the hash of their text, without writing them out each time.

This is Apollo's protocol of automatic persisted queries. A client sends the hash alone; one that is
not known is refused with `PERSISTED_QUERY_NOT_FOUND`, on which the client sends hash and text, and
from then on the hash is enough. Trusted documents (trusted.py) stand behind the same port.
"""

from hashlib import sha256
from sys import getsizeof
from typing import NamedTuple, Protocol

from graphql import GraphQLSyntaxError
from strawberry.schema.base import BaseSchema
from strawberry.types.execution import PreExecutionError

from gamification.ids import ProgramId
from gql.bounded import Bounded
from gql.documents import core_schema, prepared_once
from gql.errors import (
    BAD_REQUEST,
    PERSISTED_QUERY_NOT_FOUND,
    PERSISTED_QUERY_NOT_SUPPORTED,
    refused,
)
from gql.observing import Kind, Observer, Outcome
from gql.requests import SHA256, RequestRefused

DOCUMENTS_BYTES_MAX = 16 * 1024 * 1024
"""Bytes that persisted documents take, if nothing else is set."""

_DOCUMENTS_MAX = 100_000


class DocumentRefused(Exception):
    """A document that is not run, whatever it is asked with."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def told(self, observer: Observer) -> PreExecutionError:
        """The result of the operation that was asked for, which counts as one."""
        observer.begins(Kind.UNKNOWN, None, 0).ends(Outcome.REFUSED)
        return PreExecutionError(data=None, errors=[refused(self.code, str(self))])


def not_found() -> DocumentRefused:
    """What clients are told of an id that is not known."""
    # Some know it by the code, others by these very words.
    return DocumentRefused(PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound")


class Counts(NamedTuple):
    """What became of the documents that were asked for so far, and what is kept."""

    hits: int
    """Those found by their id; in trusted mode also those found by their text."""
    registrations: int
    misses: int
    """Those that are not there."""
    entries: int
    size: int
    """Bytes."""


class Documents(Protocol):
    """Which documents run, and what those are called that need not be written out."""

    def text_of(self, query: str, document: str | None, program: ProgramId) -> str:
        """The text to run for somebody whose credentials are good for a program.

        `query` is the text that came (empty: none), `document` the id that did; at least one of
        them is there. Raises `DocumentRefused`, and `RequestRefused` if they contradict each other.
        """
        ...

    def counts(self) -> Counts:
        """For who watches over the server."""
        ...


class PersistedDocuments:
    """Keeps the texts that clients have sent with their hash, within so many bytes (0: none).

    Each program has its own: what another one asks cannot be found out by asking.
    """

    def __init__(self, schema: BaseSchema, *, bytes_max: int = DOCUMENTS_BYTES_MAX) -> None:
        self._schema = core_schema(schema)
        self._is_supported = bytes_max > 0
        self._kept: Bounded[tuple[ProgramId, str], str] = Bounded(
            bytes_max=bytes_max, entries_max=_DOCUMENTS_MAX
        )
        self._hits = self._registrations = self._misses = 0

    def text_of(self, query: str, document: str | None, program: ProgramId) -> str:
        if document is None:
            return query
        if not self._is_supported:
            raise DocumentRefused(PERSISTED_QUERY_NOT_SUPPORTED, "PersistedQueryNotSupported")
        digest = document.removeprefix(SHA256)
        kept = self._kept.get((program, digest))
        if query:
            self._check(query, digest)
            if kept is None:
                self._register(query, digest, program)
            return query
        if kept is None:
            self._misses += 1
            raise not_found()
        self._hits += 1
        return kept

    def counts(self) -> Counts:
        return Counts(
            self._hits, self._registrations, self._misses, len(self._kept), self._kept.size
        )

    def _check(self, query: str, digest: str) -> None:
        if sha256(query.encode()).hexdigest() != digest:
            message = "The document's id is not the SHA-256 of `query`, in lower-case hex digits."
            raise RequestRefused(400, BAD_REQUEST, message)

    def _register(self, query: str, digest: str, program: ProgramId) -> None:
        """Keep a text, unless it can never run: junk would push out what is asked for."""
        try:
            prepared = prepared_once(self._schema, query)
        except GraphQLSyntaxError:
            return
        if prepared.errors:
            return
        self._kept.put((program, digest), query, size=getsizeof(query))
        self._registrations += self._kept.get((program, digest)) is not None
