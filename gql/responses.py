"""The responses that HTTP requests get: without this module each would look different."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.types.execution import ExecutionResult

from gql.answers import Answer
from gql.errors import refused, was_executed
from gql.following import RETRY_AFTER_SECONDS
from gql.requests import JSON
from gql.streaming import accepts_only_events, told_once

GRAPHQL_JSON = "application/graphql-response+json"

HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def answering(result: Answer | ExecutionResult, request: Request, accept: str) -> ASGIApp:
    """The response to a request that was executed, or refused before execution began, and that
    accepts this."""
    is_graphql_json = GRAPHQL_JSON in accept
    media_type = GRAPHQL_JSON if is_graphql_json else JSON
    if isinstance(result, Answer):
        return ReadyResponse(result, request, media_type)
    if accepts_only_events(accept):
        return told_once(result)
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    has_data = was_executed(result)
    if has_data:
        body["data"] = result.data
    if result.extensions:
        body["extensions"] = result.extensions
    return _response(400 if is_graphql_json and not has_data else 200, body, media_type)


def overloaded(code: str, message: str) -> Response:
    """Nothing is wrong with the request; there is too much to do."""
    error = refused(code, message, retry_after=RETRY_AFTER_SECONDS)
    response = _response(503, {"errors": [error.formatted]}, JSON)
    response.headers["retry-after"] = str(RETRY_AFTER_SECONDS)
    return response


def refusal(status: int, code: str, message: str) -> Response:
    """What is wrong with the request."""
    return _response(status, {"errors": [refused(code, message).formatted]}, JSON)


class ReadyResponse:
    """An answer as it is kept; or that nothing has changed, for a GET that names what it has.

    What comes by GET may be kept by the browser that asked for it, and is asked for every time
    whether it still holds. What comes by POST nobody may keep.
    """

    def __init__(self, answer: Answer, request: Request, media_type: str) -> None:
        self._is_get = request.method == "GET"
        has_it = self._is_get and _names(request.headers.get("if-none-match"), answer.etag)
        self._status, self._body = (304, b"") if has_it else (200, answer.body)
        self._etag = answer.etag
        self._media_type = media_type

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A list of its own: whatever is around this application adds to it.
        headers = [*_headers(self._media_type, is_get=self._is_get)]
        if self._is_get:
            headers.append((b"etag", self._etag.encode()))
        if self._status == 200:
            headers.append((b"content-length", b"%d" % len(self._body)))
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._body})


def _response(status: int, body: Mapping[str, object], media_type: str) -> Response:
    headers = {**HEADERS, "content-type": f"{media_type}; charset=utf-8"}
    return Response(orjson.dumps(body), status_code=status, headers=headers)


@lru_cache(maxsize=8)
def _headers(media_type: str, *, is_get: bool) -> tuple[tuple[bytes, bytes], ...]:
    headers = {**HEADERS, "content-type": f"{media_type}; charset=utf-8"}
    if is_get:
        headers |= {"cache-control": "private, no-cache", "vary": "Authorization, Accept"}
    return tuple((name.encode(), value.encode()) for name, value in headers.items())


def _names(if_none_match: str | None, etag: str) -> bool:
    """Whether the answer is among those that the header says are there."""
    if if_none_match is None:
        return False
    named = (each.strip().removeprefix("W/") for each in if_none_match.split(","))
    return any(each in (etag, "*") for each in named)
