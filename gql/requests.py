"""What an HTTP request asks of GraphQL: without this module junk would get as far as the schema."""

from typing import Any, NamedTuple, cast

import orjson
from starlette.requests import Request

from gql.errors import BAD_REQUEST

JSON = "application/json"


class Asked(NamedTuple):
    """The parameters of a GraphQL request."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None


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
        raise RequestRefused(400, BAD_REQUEST, f"The {what} is not valid JSON.") from None


def _parameters(given: object) -> Asked:
    if not isinstance(given, dict):
        raise RequestRefused(400, BAD_REQUEST, "The body must be a JSON object with a `query`.")
    named = cast("dict[str, Any]", given)
    query = named.get("query")
    if not isinstance(query, str) or not query:
        raise RequestRefused(400, BAD_REQUEST, "The request has no `query` that is a string.")
    for name, kind, words in (
        ("variables", dict, "an object"),
        ("extensions", dict, "an object"),
        ("operationName", str, "a string"),
    ):
        if named.get(name) is not None and not isinstance(named[name], kind):
            raise RequestRefused(400, BAD_REQUEST, f"`{name}` must be {words} or null.")
    return Asked(
        query,
        cast("dict[str, Any] | None", named.get("variables")),
        cast("str | None", named.get("operationName")),
        cast("dict[str, Any] | None", named.get("extensions")),
    )
