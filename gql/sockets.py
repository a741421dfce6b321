"""GraphQL over WebSockets (`graphql-transport-ws`): junk closes a socket, stalls free it."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any, cast

import orjson
from graphql import GraphQLError
from starlette.websockets import WebSocket
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    PingMessage,
    SubscribeMessage,
    SubscribeMessagePayload,
)

from gql.connected import Connected
from gql.context import Context
from gql.documents import subscription_of
from gql.errors import TIMEOUT, TOO_MANY_OPERATIONS, refused, unexpected, was_executed
from gql.following import (
    RETRY_AFTER_SECONDS,
    BrokenOff,
    Failed,
    Patience,
    Pushing,
    SocketFollower,
    TooSlow,
)
from gql.messages import fault_of
from gql.observing import Dropped, Kind, Observed
from gql.persisted import DocumentRefused, Documents
from gql.pushing import PUSHING
from gql.requests import RequestRefused, document_named_by
from gql.sharing import Asked, Groups
from gql.tracing import following, trace_of_payload

TRY_AGAIN = 1013
"""RFC 6455's "try again later", on which clients of the protocol connect and subscribe again."""

SLOW_READER_REASON = "Too slow a reader: subscribe again, after the last cursor"
BROKEN_OFF_REASON = "An operation has failed: subscribe again, after the last cursor"

FORBIDDEN = 4403
"""How the protocol closes a socket whose credentials are not good."""

REVOKED_REASON = "The credentials are not valid any more"

_REASON_BYTES_MAX = 120


@dataclass
class Sockets:
    """The sockets of an application: how many are open."""

    open: int = 0


@dataclass
class Connection:
    """A socket with its credentials: `context` is made once they were looked at."""

    websocket: WebSocket
    connection_params: Mapping[str, object] | None = None
    context: Context | None = None


class SocketAdapter(ASGIWebSocketAdapter):
    """Sends text frames, and gives up readers that do not read."""

    stalled: Dropped | None = None
    """Why its reader was given up."""

    def __init__(self, view: Any, request: WebSocket, response: WebSocket) -> None:
        super().__init__(view, request, response)  # pyright: ignore[reportUnknownMemberType]
        self.patience: Patience = view.patience  # of the application: gql/http.py
        self._pushing: Pushing | None = request.scope.get("extensions", {}).get(PUSHING)

    def push(self, head: bytes, body: bytes) -> bool:
        """Send a text of two parts without waiting; False where that is not possible now."""
        return self._pushing is not None and self._pushing.push(head, body)

    def hang_up(self, why: Dropped) -> None:
        """Tell a reader that does not read why it is given up, in case it reads on."""
        self.stalled = why
        if self._pushing is not None:
            self._pushing.hang_up(TRY_AGAIN, SLOW_READER_REASON)

    @property
    def dropped(self) -> Dropped | None:
        """Why the server has given up the reader, if it has."""
        is_silent = self._pushing is not None and self._pushing.is_silent
        return Dropped.PING_TIMEOUT if is_silent else self.stalled

    async def send_json(self, message: Mapping[str, object]) -> None:
        await self.send_text(orjson.dumps(message).decode())

    async def send_text(self, text: str) -> None:
        """Send a text, and wait for a reader that is slow; not for ever."""
        try:
            async with asyncio.timeout(self.patience.send):
                await self.ws.send_text(text)
        except TimeoutError:
            self.hang_up(Dropped.SEND_TIMEOUT)
            raise WebSocketDisconnected from None
        except (RuntimeError, OSError) as error:
            # The socket was closed meanwhile, by either side.
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        # RFC 6455 leaves 123 bytes for the reason.
        short = reason.encode()[:_REASON_BYTES_MAX].decode(errors="ignore")
        try:
            async with asyncio.timeout(self.patience.send):
                await super().close(code, short)
        except (TimeoutError, RuntimeError, OSError) as error:
            raise WebSocketDisconnected from error


class SocketHandler(BaseGraphQLTransportWSHandler[Connection, None]):
    """One socket: its messages are checked before anything believes them."""

    _reading: asyncio.Task[None] | None = None
    _is_sent_away = False

    async def handle(self) -> None:
        # Reading is a task of its own, so that a reader that stalls can be given up from outside.
        self._reading = asyncio.create_task(super().handle())
        self._stay = ExitStack()
        sockets = cast("Sockets", cast("Any", self.view).sockets)
        sockets.open += 1
        try:
            await self._reading
        except asyncio.CancelledError:
            if self._is_sent_away:
                with suppress(WebSocketDisconnected):
                    await self.websocket.close(FORBIDDEN, REVOKED_REASON)
            elif not self._is_stalled:
                raise
        finally:
            self._stay.close()
            sockets.open -= 1
            dropped = cast("SocketAdapter", self.websocket).dropped
            if dropped is not None and self.context.context is not None:
                self.context.context.observer.dropped(dropped)

    async def handle_message(self, message: Message) -> None:
        fault = fault_of(message)
        if fault is not None:
            await self.handle_invalid_message(fault)
        else:
            await super().handle_message(message)

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        if message.get("payload") is None:
            message = {"type": "connection_init"}
        await super().handle_connection_init(message)
        if (context := self.context.context) is not None:
            connected = cast("Connected", cast("Any", self.view).connected)
            self._stay.enter_context(connected.staying(context.credentials, self._send_away))

    async def handle_ping(self, message: PingMessage) -> None:
        await self.send_message({"type": "pong"})

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        # The operation's task is begun with what is bound here.
        with following(trace_of_payload(message["payload"])):
            # Whoever may not ask, or asks twice under one id, is told so by the protocol itself.
            may_begin = self.connection_acknowledged and message["id"] not in self.operations
            if may_begin and (errors := self._objections(message["payload"])):
                payload = [error.formatted for error in errors]
                await self.send_message({"id": message["id"], "type": "error", "payload": payload})
            else:
                await super().handle_subscribe(message)

    def _objections(self, payload: SubscribeMessagePayload) -> Sequence[GraphQLError]:
        """Why an operation does not begin; if it does, its document is written out from here on."""
        most = self.max_subscriptions_per_connection
        if most and len(self.operations) >= most:
            return [refused(TOO_MANY_OPERATIONS, f"At most {most} operations run on one socket.")]
        context = self.context.context
        assert context is not None, "only acknowledged connections begin operations"
        documents = cast("Documents", cast("Any", self.view).documents)
        try:
            document = document_named_by(cast("dict[str, Any]", payload))
            query = payload.get("query") or ""
            payload["query"] = documents.text_of(query, document, context.program.id)
        except RequestRefused as error:
            return [refused(error.code, str(error))]
        except DocumentRefused as error:
            return error.told(context.observer).errors or ()
        return ()

    async def send_message(self, message: Message) -> None:
        try:
            await super().send_message(message)
        except WebSocketDisconnected:
            self._give_up_if_stalled()
            raise

    async def cleanup_operation(self, operation_id: str) -> None:
        operation = self.operations.get(operation_id)
        await super().cleanup_operation(operation_id)
        if operation is not None:
            operation.task = None  # what it is cancelled with would hold frames that hold it

    async def run_operation(self, operation: Operation[Connection, None]) -> None:
        """Run one operation, in a context of its own: connections live long, answers do not."""
        try:
            try:
                await self._run(operation)
            except TimeoutError:
                error = refused(
                    TIMEOUT,
                    f"No result within {self._patience.first_result:.0f} seconds.",
                    retry_after=RETRY_AFTER_SECONDS,
                )
                await operation.send_initial_errors([error])
            except Failed as failure:
                await operation.send_initial_errors(failure.errors)
            except WebSocketDisconnected:
                raise
            except Exception as error:  # noqa: BLE001 (the edge: told, logged, and over)
                await operation.send_initial_errors([unexpected(error)])
        except WebSocketDisconnected:
            self.operations.pop(operation.id, None)
            self._give_up_if_stalled()

    async def _run(self, operation: Operation[Connection, None]) -> None:
        assert self.context.context is not None, "only acknowledged connections run operations"
        context = await self.context.context.fresh()
        name, variables = operation.operation_name, operation.variables
        subscribed = subscription_of(self.schema, operation.query, name, variables)
        if subscribed is None:
            await self._answer(operation, context)
        else:
            observed = context.observer.begins(Kind.SUBSCRIPTION, subscribed.name, subscribed.cost)
            asked = Asked.of(operation.query, name, variables, subscribed)
            await self._follow(operation, asked, context, observed)
        await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def _follow(
        self,
        operation: Operation[Connection, None],
        asked: Asked,
        context: Context,
        observed: Observed,
    ) -> None:
        """Be told what a subscription tells all who ask for it, to its end."""
        adapter = cast("SocketAdapter", self.websocket)
        follower = SocketFollower(adapter, operation.id)
        follower.begin_within(self._patience.first_result, observed)
        group = cast("Groups", cast("Any", self.view).groups).join(asked, context, follower)
        try:
            await follower.over
            await follower.sent()
        except TooSlow:
            adapter.hang_up(Dropped.QUEUE_FULL)
            raise WebSocketDisconnected from None
        except BrokenOff:
            await adapter.close(TRY_AGAIN, BROKEN_OFF_REASON)
            raise WebSocketDisconnected from None
        finally:
            group.leave(follower)
            follower.close()

    async def _answer(self, operation: Operation[Connection, None], context: Context) -> None:
        """Send the one result of a query or a mutation, or why there is none."""
        async with asyncio.timeout(self._patience.first_result):
            result = await self.schema.execute(
                operation.query,
                variable_values=operation.variables,
                context_value=context,
                operation_name=operation.operation_name,
            )
        if not was_executed(result):
            raise Failed(result.errors or [])
        await operation.send_next(result)

    def _send_away(self) -> None:
        """End all that the credentials were good for, and the socket with it."""
        self._is_sent_away = True
        if self._reading is not None:
            self._reading.cancel()

    def _give_up_if_stalled(self) -> None:
        if self._is_stalled and self._reading is not None:
            self._reading.cancel()

    @property
    def _patience(self) -> Patience:
        return cast("SocketAdapter", self.websocket).patience

    @property
    def _is_stalled(self) -> bool:
        return cast("SocketAdapter", self.websocket).stalled is not None
