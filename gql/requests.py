"""What an HTTP request asks of GraphQL: without this module junk would get as far as the schema."""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import orjson
from starlette.requests import Request

from gql.errors import BAD_REQUEST

JSON = "application/json"

SHA256 = "sha256:"
"""What a document's id begins with that is the SHA-256 of its text, in hexadecimal digits."""

APOLLO_VERSION = 1
"""Of Apollo's protocol of persisted queries there is no other."""


class Asked(NamedTuple):
    """The parameters of a GraphQL request."""

    query: str
    """The document; empty where it is only named."""
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None
    document: str | None = None
    """The id by which the document is named, whether or not it is written out as well."""


class RequestRefused(Exception):
    """A request that is no GraphQL request; its message says why."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def media_type_checked(request: Request) -> None:
    """Refuse a body that is not JSON before anybody reads it."""
    if request.method == "GET":
        return
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != JSON:
        raise RequestRefused(415, BAD_REQUEST, f"The body must be {JSON}.")


def asked_by(request: Request, body: bytes) -> Asked:
    """What a request asks for: a GET in its URL, a POST in its body."""
    return _parameters(_in_url(request) if request.method == "GET" else _json(body, "body"))


def asks(request: Request) -> bool:
    """Whether the URL of a GET says which document it is about, in any of the ways there are."""
    parameters = request.query_params
    return any(name in parameters for name in ("query", "documentId", "extensions"))


def document_named_by(parameters: Mapping[str, Any]) -> str | None:
    """The id of the document that a request names: in `documentId`, as GraphQL over HTTP has it, or
    in the extension that Apollo's clients send. None if it names none.

    `extensions` is an object, if it is there. Raises `RequestRefused`.
    """
    document = parameters.get("documentId")
    if document is not None and (not isinstance(document, str) or not document):
        raise _bad("`documentId` must be a string that is not empty, or null.")
    extensions: dict[str, Any] = parameters.get("extensions") or {}
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        return document
    hashed = _hash_of(persisted)
    if document is not None and document.removeprefix(SHA256) != hashed:
        raise _bad("`documentId` and `extensions.persistedQuery` name different documents.")
    return document or hashed


def _hash_of(persisted: object) -> str:
    if not isinstance(persisted, dict):
        raise _bad("`extensions.persistedQuery` must be an object or null.")
    named = cast("dict[str, Any]", persisted)
    version, hashed = named.get("version"), named.get("sha256Hash")
    if version is True or version != APOLLO_VERSION:
        raise _bad(f"`extensions.persistedQuery.version` must be {APOLLO_VERSION}.")
    if not isinstance(hashed, str) or not hashed:
        raise _bad("`extensions.persistedQuery.sha256Hash` must be a string that is not empty.")
    return hashed


def _in_url(request: Request) -> dict[str, object]:
    return {
        name: _json(text.encode(), name) if name in ("variables", "extensions") else text
        for name, text in request.query_params.items()
        if text
    }


def _json(text: bytes, what: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _bad(f"The {what} is not valid JSON.") from None


def _parameters(given: object) -> Asked:
    if not isinstance(given, dict):
        raise _bad("The body must be a JSON object with a `query`.")
    named = cast("dict[str, Any]", given)
    for name, kind, words in (
        ("query", str, "a string"),
        ("variables", dict, "an object"),
        ("extensions", dict, "an object"),
        ("operationName", str, "a string"),
    ):
        if named.get(name) is not None and not isinstance(named[name], kind):
            raise _bad(f"`{name}` must be {words} or null.")
    document = document_named_by(named)
    query: str = named.get("query") or ""
    if not query and document is None:
        raise _bad("The request has no `query`, and names no document.")
    return Asked(
        query,
        cast("dict[str, Any] | None", named.get("variables")),
        cast("str | None", named.get("operationName")),
        cast("dict[str, Any] | None", named.get("extensions")),
        document,
    )


def _bad(message: str) -> RequestRefused:
    return RequestRefused(400, BAD_REQUEST, message)
