"""GraphQL over HTTP and WebSockets, hardened: whatever arrives, the answer is a clean one.

The HTTP side follows the GraphQL-over-HTTP specification; the socket side is in sockets.py.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, NamedTuple, cast

import orjson
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError, MissingQueryError
from strawberry.schema.base import BaseSchema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UNSET, UnsetType

from gql.bodies import BODIES_SIZE_MAX, BODY_SIZE_MAX, Bodies, NoRoom, TooLarge
from gql.context import Context
from gql.errors import (
    BAD_REQUEST,
    BODY_TOO_LARGE,
    BUSY,
    TIMEOUT,
    UNAUTHENTICATED,
    Unauthenticated,
    refused,
    was_executed,
)
from gql.following import DEFAULT_PATIENCE, RETRY_AFTER_SECONDS, Patience
from gql.sharing import Groups
from gql.sockets import Connection, SocketAdapter, SocketHandler, Sockets
from gql.streaming import EventStreams, accepts_events, accepts_only_events, told_once

DEADLINE_SECONDS = 10.0
"""How long a request may take, the reading of its body included."""

CONNECTION_INIT_SECONDS = 10
OPERATIONS_PER_CONNECTION_MAX = 50

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"

ContextOf = Callable[[Request | WebSocket, Mapping[str, object] | None], Awaitable[Context]]
"""Makes the context of a request, or of a socket with the payload of its `connection_init`.

It raises `Unauthenticated` where the credentials are missing or wrong.
"""

_ALLOWED = {
    "GET": {OperationType.QUERY},
    "POST": {OperationType.QUERY, OperationType.MUTATION},
}
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class GraphQLApp(GraphQL[Connection, None]):
    """The ASGI application at `/graphql`. `page` is the HTML that browsers get (None: none).

    Readers of sockets and event streams who stop reading are given up as `patience` says. All HTTP
    requests under way hold `request_bytes_max` at most.
    """

    websocket_adapter_class = SocketAdapter
    graphql_transport_ws_handler_class = SocketHandler

    def __init__(
        self,
        schema: BaseSchema,
        *,
        context_of: ContextOf,
        page: str | None = None,
        allowed_origins: Collection[str] = (),
        patience: Patience = DEFAULT_PATIENCE,
        request_bytes_max: int = BODIES_SIZE_MAX,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=CONNECTION_INIT_SECONDS),
            max_subscriptions_per_connection=OPERATIONS_PER_CONNECTION_MAX,
            allowed_origins=list(allowed_origins),
        )
        self._context_of = context_of
        self._page = page
        self.patience = patience
        self.groups = Groups(schema)
        self.sockets = Sockets()
        self.streams = EventStreams(schema, self.groups, patience)
        self._bodies = Bodies(request_bytes_max)

    # --------------------------------------------------------------------------------- HTTP

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                response = await self._respond(request)
        except ClientDisconnect:
            return
        except TimeoutError:
            response = _overloaded(TIMEOUT, f"No answer within {DEADLINE_SECONDS:.0f} seconds.")
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> ASGIApp:
        accept = request.headers.get("accept", "")
        if request.method not in ("GET", "POST"):
            response = _refusal(405, BAD_REQUEST, "GraphQL is asked by GET or POST.")
            response.headers["allow"] = "GET, POST"
            return response
        if self._page is not None and _is_browser(request, accept):
            return HTMLResponse(self._page, headers=_HEADERS)
        try:
            async with _asked(request, self._bodies) as asked:
                context = await self._context_of(request, None)
                if accepts_events(accept) and (stream := self.streams.of(request, asked, context)):
                    return stream
                result = await self._execute(request, asked, context)
        except _Refused as refusal:
            return _refusal(refusal.status, refusal.code, str(refusal))
        except TooLarge:
            text = f"The body is larger than {BODY_SIZE_MAX} bytes."
            return _refusal(413, BODY_TOO_LARGE, text)
        except NoRoom:
            return _overloaded(BUSY, "The requests under way take all the memory that they may.")
        except Unauthenticated as refusal:
            response = _refusal(401, UNAUTHENTICATED, str(refusal))
            response.headers["www-authenticate"] = "Bearer"
            return response
        return _answer(result, accept)

    async def _execute(
        self, request: Request, asked: "_Asked", context: Context
    ) -> ExecutionResult:
        try:
            return await self.schema.execute(
                asked.query,
                variable_values=asked.variables,
                context_value=context,
                operation_name=asked.operation_name,
                allowed_operation_types=_allowed(request),
                operation_extensions=asked.extensions,
            )
        except MissingQueryError:
            raise _Refused(400, BAD_REQUEST, "The request has no `query`.") from None
        except CannotGetOperationTypeError as error:
            raise _Refused(400, BAD_REQUEST, error.as_http_error_reason()) from None
        except InvalidOperationTypeError as error:
            reason = error.as_http_error_reason(cast("Any", request.method))
            raise _Refused(405 if request.method == "GET" else 400, BAD_REQUEST, reason) from None

    # ------------------------------------------------------------------------------ sockets

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Connection:
        return Connection(cast("WebSocket", request))

    async def on_ws_connect(self, context: Connection) -> UnsetType | dict[str, object] | None:
        """Look at the credentials of a `connection_init`; without good ones the socket closes."""
        try:
            context.context = await self._context_of(context.websocket, context.connection_params)
        except Unauthenticated:
            raise ConnectionRejectionError from None
        return UNSET


class _Asked(NamedTuple):
    """The parameters of a GraphQL request."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None


class _Refused(Exception):
    """A request that is no GraphQL request; its message says why."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def _is_browser(request: Request, accept: str) -> bool:
    return request.method == "GET" and "text/html" in accept and "query" not in request.query_params


def _allowed(request: Request) -> Collection[OperationType]:
    """What may be executed and answered at once. Subscriptions get as far only if they are refused
    (streaming.py has the others), and to those who accept events that is told as an event."""
    allowed = _ALLOWED[request.method]
    accept = request.headers.get("accept", "")
    return {*allowed, OperationType.SUBSCRIPTION} if accepts_events(accept) else allowed


@asynccontextmanager
async def _asked(request: Request, bodies: Bodies) -> AsyncGenerator["_Asked"]:
    """What a request asks for, and its memory, until it is answered."""
    if request.method == "GET":
        yield _parameters(
            {
                name: _json(text.encode(), name) if name in ("variables", "extensions") else text
                for name, text in request.query_params.items()
                if text
            }
        )
        return
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != JSON:
        raise _Refused(415, BAD_REQUEST, f"The body must be {JSON}.")
    async with bodies.body_of(request) as body:
        yield _parameters(_json(body, "body"))


def _json(text: bytes, what: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _Refused(400, BAD_REQUEST, f"The {what} is not valid JSON.") from None


def _parameters(given: object) -> _Asked:
    if not isinstance(given, dict):
        raise _Refused(400, BAD_REQUEST, "The body must be a JSON object with a `query`.")
    named = cast("dict[str, Any]", given)
    query = named.get("query")
    if not isinstance(query, str) or not query:
        raise _Refused(400, BAD_REQUEST, "The request has no `query` that is a string.")
    for name, kind, words in (
        ("variables", dict, "an object"),
        ("extensions", dict, "an object"),
        ("operationName", str, "a string"),
    ):
        if named.get(name) is not None and not isinstance(named[name], kind):
            raise _Refused(400, BAD_REQUEST, f"`{name}` must be {words} or null.")
    return _Asked(
        query,
        cast("dict[str, Any] | None", named.get("variables")),
        cast("str | None", named.get("operationName")),
        cast("dict[str, Any] | None", named.get("extensions")),
    )


def _answer(result: ExecutionResult, accept: str) -> Response:
    """The response to a request that was executed, or refused before execution began."""
    if accepts_only_events(accept):
        return told_once(result)
    is_graphql_json = GRAPHQL_JSON in accept
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    has_data = was_executed(result)
    if has_data:
        body["data"] = result.data
    if result.extensions:
        body["extensions"] = result.extensions
    status = 400 if is_graphql_json and not has_data else 200
    return _response(status, body, GRAPHQL_JSON if is_graphql_json else JSON)


def _overloaded(code: str, message: str) -> Response:
    """Nothing is wrong with the request; there is too much to do."""
    error = refused(code, message, retry_after=RETRY_AFTER_SECONDS)
    response = _response(503, {"errors": [error.formatted]}, JSON)
    response.headers["retry-after"] = str(RETRY_AFTER_SECONDS)
    return response


def _refusal(status: int, code: str, message: str) -> Response:
    error: GraphQLError = refused(code, message)
    return _response(status, {"errors": [error.formatted]}, JSON)


def _response(status: int, body: Mapping[str, object], media_type: str) -> Response:
    headers = {**_HEADERS, "content-type": f"{media_type}; charset=utf-8"}
    return Response(orjson.dumps(body), status_code=status, headers=headers)
