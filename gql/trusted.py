"""Only documents that the operator trusts run: elsewhere whoever has a key may ask anything.

They come from a manifest (manifests.py) that the clients' build has written. They are asked for by
their id in it, by the SHA-256 of their text, or by exactly their text.
"""

from collections.abc import Iterable
from sys import getsizeof

from gamification.ids import ProgramId
from gql.errors import BAD_REQUEST, DOCUMENT_NOT_TRUSTED
from gql.manifests import TrustedDocument
from gql.persisted import Counts, DocumentRefused, not_found
from gql.requests import RequestRefused


class TrustedDocuments:
    """The documents of a manifest, the same for all programs. Nothing is added while it serves."""

    def __init__(self, documents: Iterable[TrustedDocument]) -> None:
        self._named = {name: each.text for each in documents for name in each.names}
        self._texts = frozenset(self._named.values())
        self._size = sum(map(getsizeof, self._texts))
        self._hits = self._misses = 0

    def text_of(self, query: str, document: str | None, program: ProgramId) -> str:
        text = query or self._named.get(document or "")
        if text is None:
            self._misses += 1
            raise not_found()
        if text not in self._texts:
            self._misses += 1
            raise DocumentRefused(
                DOCUMENT_NOT_TRUSTED,
                "This server runs only documents that it knows, and this is none of them.",
            )
        if document is not None and self._named.get(document, text) != text:
            message = "The document's id is that of another document than `query`."
            raise RequestRefused(400, BAD_REQUEST, message)
        self._hits += 1
        return text

    def counts(self) -> Counts:
        return Counts(self._hits, 0, self._misses, len(self._texts), self._size)
