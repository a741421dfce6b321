"""GraphQL over HTTP and WebSockets, hardened: whatever arrives, the answer is a clean one.

The HTTP side follows the GraphQL-over-HTTP specification; the socket side is in sockets.py.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta
from typing import Any, cast

import orjson
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

from gql.answers import Answer, Answers, Question
from gql.bodies import BODIES_SIZE_MAX, BODY_SIZE_MAX, Bodies, NoRoom, TooLarge
from gql.connected import Connected
from gql.context import Context
from gql.deadlines import Deadlines
from gql.errors import (
    BAD_REQUEST,
    BODY_TOO_LARGE,
    BUSY,
    TIMEOUT,
    UNAUTHENTICATED,
    Unauthenticated,
)
from gql.following import DEFAULT_PATIENCE, Patience
from gql.persisted import DocumentRefused, Documents, PersistedDocuments
from gql.readings import Read, Readings
from gql.requests import Asked, RequestRefused, asks, media_type_checked
from gql.responses import HEADERS, answering, overloaded, refusal
from gql.sharing import Groups
from gql.sockets import Connection, SocketAdapter, SocketHandler, Sockets
from gql.streaming import EventStreams, accepts_events

DEADLINE_SECONDS = 10.0
"""How long a request may take, the reading of its body included."""

CONNECTION_INIT_SECONDS = 10
OPERATIONS_PER_CONNECTION_MAX = 50

ContextOf = Callable[[Request | WebSocket, Mapping[str, object] | None], Awaitable[Context]]
"""Makes the context of a request, or of a socket with the payload of its `connection_init`.

It raises `Unauthenticated` where the credentials are missing or wrong.
"""

_ALLOWED = {
    "GET": {OperationType.QUERY},
    "POST": {OperationType.QUERY, OperationType.MUTATION},
}


class GraphQLApp(GraphQL[Connection, None]):
    """The ASGI application at `/graphql`. `page` is the HTML that browsers get (None: none).

    Readers of sockets and event streams who stop reading are given up as `patience` says. All HTTP
    requests under way hold `request_bytes_max` at most. `answers` keeps the last answers about
    public leaderboards (None: each is worked out). `documents` are those that may be named (None:
    those that clients have sent with their hash). `connected` knows who is, and can send them away.
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
        answers: Answers | None = None,
        documents: Documents | None = None,
        connected: Connected | None = None,
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
        self.connected = connected or Connected()
        self.streams = EventStreams(schema, self.groups, self.connected, patience)
        self._bodies = Bodies(request_bytes_max)
        self._deadlines = Deadlines(DEADLINE_SECONDS)
        self.documents = documents or PersistedDocuments(schema)
        self._readings = Readings(schema, self.documents)
        self._answers = answers

    # --------------------------------------------------------------------------------- HTTP

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await self._deadlines.within(self._respond(request))
        except ClientDisconnect:
            return
        except TimeoutError:
            response = overloaded(TIMEOUT, f"No answer within {DEADLINE_SECONDS:.0f} seconds.")
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> ASGIApp:
        accept = request.headers.get("accept", "")
        if request.method not in ("GET", "POST"):
            response = refusal(405, BAD_REQUEST, "GraphQL is asked by GET or POST.")
            response.headers["allow"] = "GET, POST"
            return response
        if self._page is not None and _is_browser(request, accept):
            return HTMLResponse(self._page, headers=HEADERS)
        try:
            media_type_checked(request)
            async with self._bodies.body_of(request) as body:
                received = self._readings.of(request, body)
                context = await self._context_of(request, None)
                try:
                    read = self._readings.completed(received, context.program.id)
                except DocumentRefused as refused:
                    return answering(refused.told(context.observer), request, accept)
                if accepts_events(accept):
                    if stream := self.streams.of(request, read.asked, context):
                        return stream
                    result = await self._execute(request, read.asked, context)
                else:
                    result = await self._answered(request, read, context)
        except (RequestRefused, TooLarge, NoRoom, Unauthenticated) as error:
            return _refusal_of(error)
        return answering(result, request, accept)

    async def _answered(
        self, request: Request, read: Read, context: Context
    ) -> Answer | ExecutionResult:
        """The last answer while it holds, where answers are kept; otherwise what the execution
        says."""
        if self._answers is None or read.wording is None:
            return await self._execute(request, read.asked, context)
        question = Question.of(read.wording, context)
        return await self._answers.of(question, lambda: self._execute(request, read.asked, context))

    async def _execute(self, request: Request, asked: Asked, context: Context) -> ExecutionResult:
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
            raise RequestRefused(400, BAD_REQUEST, "The request has no `query`.") from None
        except CannotGetOperationTypeError as error:
            raise RequestRefused(400, BAD_REQUEST, error.as_http_error_reason()) from None
        except InvalidOperationTypeError as error:
            reason = error.as_http_error_reason(cast("Any", request.method))
            raise RequestRefused(
                405 if request.method == "GET" else 400, BAD_REQUEST, reason
            ) from None

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


def _is_browser(request: Request, accept: str) -> bool:
    return request.method == "GET" and "text/html" in accept and not asks(request)


def _allowed(request: Request) -> Collection[OperationType]:
    """What may be executed and answered at once. Subscriptions get as far only if they are refused
    (streaming.py has the others), and to those who accept events that is told as an event."""
    allowed = _ALLOWED[request.method]
    accept = request.headers.get("accept", "")
    return {*allowed, OperationType.SUBSCRIPTION} if accepts_events(accept) else allowed


def _refusal_of(error: RequestRefused | TooLarge | NoRoom | Unauthenticated) -> Response:
    match error:
        case RequestRefused():
            return refusal(error.status, error.code, str(error))
        case TooLarge():
            return refusal(413, BODY_TOO_LARGE, f"The body is larger than {BODY_SIZE_MAX} bytes.")
        case NoRoom():
            return overloaded(BUSY, "The requests under way take all the memory that they may.")
        case Unauthenticated():
            response = refusal(401, UNAUTHENTICATED, str(error))
            response.headers["www-authenticate"] = "Bearer"
            return response
