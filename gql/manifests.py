"""Reads and checks manifests of trusted documents: without this a document that can never run would
be found out by those who ask for it.

There are two forms. Apollo's tools write `{"format": "apollo-persisted-query-manifest",
"version": 1, "operations": [{"id", "name", "type", "body"}]}`; Relay's compiler and GraphQL Code
Generator write `{id: text}`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple, cast

import orjson
from graphql import (
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    IntValueNode,
    OperationDefinitionNode,
)
from strawberry.schema.base import BaseSchema

from gql.documents import Prepared, core_schema, name_of, objections, prepared_once
from gql.requests import SHA256

APOLLO_FORMAT = "apollo-persisted-query-manifest"
APOLLO_VERSION = 1

_FORMS = "It must be what Apollo's, Relay's or GraphQL Code Generator's tools write."
_DIGITS_MAX = 9


class TrustedDocument(NamedTuple):
    """A document of a manifest. `name` and `kind` are what the manifest says of its operation."""

    id: str
    text: str
    name: str | None = None
    kind: str | None = None

    @property
    def label(self) -> str:
        """How faults call it."""
        return f"'{self.name}' ({self.id})" if self.name else f"'{self.id}'"

    @property
    def names(self) -> tuple[str, ...]:
        """All ids by which it may be asked for."""
        digest = sha256(self.text.encode()).hexdigest()
        return self.id, digest, SHA256 + digest


class ManifestRefused(Exception):
    """A manifest whose documents cannot all be run, with everything that is wrong with it."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def documents_in(manifest: bytes, schema: BaseSchema) -> tuple[TrustedDocument, ...]:
    """The documents of a manifest, each of which can be run. Raises `ManifestRefused`."""
    found = list(_read(manifest))
    documents = tuple(each for each in found if isinstance(each, TrustedDocument))
    faults = [each for each in found if isinstance(each, str)]
    faults += _faults_of_ids(documents)
    for each in documents:
        faults += (f"{each.label}: {fault}" for fault in _faults_of(each, core_schema(schema)))
    if not found:
        faults.append("The manifest has no documents, so nothing could be asked.")
    if faults:
        raise ManifestRefused(faults)
    return documents


# --------------------------------------------------------------------------------- the two forms


def _read(manifest: bytes) -> Iterator[TrustedDocument | str]:
    """The documents, and what of the manifest is none."""
    try:
        given = orjson.loads(manifest)
    except orjson.JSONDecodeError as error:
        yield f"The manifest is no JSON: {error}. {_FORMS}"
        return
    if not isinstance(given, dict):
        yield f"The manifest is no JSON object. {_FORMS}"
        return
    named = cast("dict[str, Any]", given)
    yield from _of_apollo(named) if "format" in named or "operations" in named else _of_pairs(named)


def _of_apollo(given: Mapping[str, Any]) -> Iterator[TrustedDocument | str]:
    if (given.get("format"), given.get("version")) != (APOLLO_FORMAT, APOLLO_VERSION):
        yield (
            f"The manifest's `format` must be '{APOLLO_FORMAT}' and its `version` {APOLLO_VERSION}."
        )
    operations = given.get("operations")
    if not isinstance(operations, list):
        yield "The manifest's `operations` must be a list."
        return
    for number, each in enumerate(cast("list[Any]", operations), 1):
        yield _operation(each, number)


def _operation(given: object, number: int) -> TrustedDocument | str:
    if not isinstance(given, dict):
        return f"Operation {number} is no object: it must have an `id` and a `body`."
    named = cast("dict[str, Any]", given)
    id, body, name, kind = (named.get(key) for key in ("id", "body", "name", "type"))
    if not (isinstance(id, str) and id and isinstance(body, str) and body):
        label = f"Operation {number}" + (f", '{name}'," if isinstance(name, str) else "")
        return f"{label} must have an `id` and a `body`, both strings that are not empty."
    return TrustedDocument(
        id, body, name if isinstance(name, str) else None, kind if isinstance(kind, str) else None
    )


def _of_pairs(given: Mapping[str, Any]) -> Iterator[TrustedDocument | str]:
    for id, text in given.items():
        if id and isinstance(text, str) and text:
            yield TrustedDocument(id, text)
        else:
            yield f"'{id}': an id and its document must be strings that are not empty."


# ------------------------------------------------------------------------------ what is checked


def _faults_of_ids(documents: Iterable[TrustedDocument]) -> Iterator[str]:
    """An id must lead to one document, also if it is the hash of another one's text."""
    owners: dict[str, TrustedDocument] = {}
    for each in documents:
        _, digest, prefixed = each.names
        if each.id.startswith(SHA256) and each.id != prefixed:
            yield (
                f"{each.label}: its text has the SHA-256 {digest}, which is not its id. Documents "
                "are not edited in the manifest: generate it anew."
            )
        for name in each.names:
            owner = owners.setdefault(name, each)
            if owner.text != each.text:
                yield f"{each.label}: '{name}' is {owner.label}, too. Give each an id of its own."


def _faults_of(document: TrustedDocument, schema: GraphQLSchema) -> Iterator[str]:
    """Why a document can never run; that it is not too large, as far as its own text says."""
    try:
        prepared = prepared_once(schema, document.text)
    except GraphQLSyntaxError as error:
        yield _told(error)
        return
    if not prepared.operations:
        yield "it has no operation. Fragments alone cannot be asked."
        return
    name = name_of(prepared.operations[0])
    for error in objections(schema, prepared, name, _least(prepared.operations)):
        yield _told(error)
    yield from _differences(document, prepared)


def _differences(document: TrustedDocument, prepared: Prepared) -> Iterator[str]:
    """What the manifest says of the operation, and its text does not."""
    names = {name_of(each) for each in prepared.operations}
    if document.name is not None and document.name not in names:
        yield f"its text has no operation '{document.name}'. Generate the manifest anew."
    kinds = {each.operation.value for each in prepared.operations}
    if document.kind is not None and document.kind not in kinds:
        yield f"its text has no {document.kind}. Generate the manifest anew."


def _least(operations: Iterable[OperationDefinitionNode]) -> dict[str, int]:
    """Page sizes with which the document is as small as it can be: nothing, or what it says to be
    meant where nothing is given."""
    least: dict[str, int] = {}
    for operation in operations:
        for each in operation.variable_definitions or ():
            default = each.default_value
            digits = default.value if isinstance(default, IntValueNode) else "0"
            least[each.variable.name.value] = int(digits) if len(digits) <= _DIGITS_MAX else 0
    return least


def _told(error: GraphQLError) -> str:
    places = ", ".join(f"line {each.line}, column {each.column}" for each in error.locations or ())
    message = error.message.rstrip(".")
    return f"{message} ({places})." if places else f"{message}."
