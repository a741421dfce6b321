"""What a client is told when something is refused or fails, and what stays in the log."""

import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import uuid4

import strawberry
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.utils.str_converters import to_camel_case

from gamification.definition.problems import DefinitionRefused
from gamification.refusals import Busy, Refusal
from gql.tracing import current_trace

P = ParamSpec("P")
Payload = TypeVar("Payload")

_log = logging.getLogger("gql")

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_REQUEST = "BAD_REQUEST"
QUERY_TOO_LARGE = "QUERY_TOO_LARGE"
PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
BODY_TOO_LARGE = "BODY_TOO_LARGE"
TOO_MANY_OPERATIONS = "TOO_MANY_OPERATIONS"
BUSY = Busy.code
TIMEOUT = "TIMEOUT"
UNAUTHENTICATED = "UNAUTHENTICATED"
FORBIDDEN = "FORBIDDEN"
INTERNAL_ERROR = "INTERNAL_ERROR"


INPUT = strawberry.argument(description="All that the mutation takes.")

_OF_THE_REQUEST = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)


class Unauthenticated(Exception):
    """The request carries no credentials, or none that are valid. Its message is for the client."""


@strawberry.type(description="Why a request was refused. Nothing was written because of it.")
class UserError:
    code: str = strawberry.field(
        description="What to match on: `INVALID_INPUT`, `UNKNOWN_ACTIVITY_TYPE`, "
        "`INVALID_PROPERTY`, `IDEMPOTENCY_CONFLICT`, `OUT_OF_RANGE`, `TOO_LATE`, `IN_THE_FUTURE`, "
        "`TOO_MANY`, `NOT_FOUND`, `INVALID_DEFINITION`, `INSUFFICIENT_POINTS`, "
        "`ALREADY_JOINED`, `NOT_INVITED`, `NOT_JOINED`, `NOT_OPEN`, `BUSY`. There may be more in "
        "the future."
    )
    message: str = strawberry.field(description="What was wrong and how to mend it, in English.")
    field: list[str] = strawberry.field(
        description="The path inside `input` of what is to blame. Empty if it is the whole of it."
    )
    retry_after: int | None = strawberry.field(
        description="After how many seconds the same request may be sent again (`BUSY`). Null: it "
        "would be refused again.",
        default=None,
    )


def user_errors(refusal: Refusal) -> list[UserError]:
    """A refusal as a payload tells it; a refused definition tells each of its problems."""
    if isinstance(refusal, DefinitionRefused):
        return [
            UserError(code=refusal.code, message=str(problem), field=["definition", problem.path])
            for problem in refusal.problems
            if not problem.is_warning
        ]
    return [
        UserError(
            code=refusal.code,
            message=refusal.message,
            field=_path(refusal.field),
            retry_after=refusal.retry_after if isinstance(refusal, Busy) else None,
        )
    ]


def refusals_as(
    refused: Callable[[Refusal], Payload],
) -> Callable[[Callable[P, Awaitable[Payload]]], Callable[P, Coroutine[Any, Any, Payload]]]:
    """Make a resolver answer a refusal with the payload that `refused` makes of it.

    The resolver itself tells only what happens when nothing is in the way.
    """

    def decorate(
        resolver: Callable[P, Awaitable[Payload]],
    ) -> Callable[P, Coroutine[Any, Any, Payload]]:
        @wraps(resolver)
        async def resolve(*args: P.args, **kwargs: P.kwargs) -> Payload:
            try:
                return await resolver(*args, **kwargs)
            except Refusal as refusal:
                # The frames of the traceback hold what was read, and some of them the refusal.
                return refused(refusal.with_traceback(None))

        return resolve

    return decorate


def tell(errors: Sequence[GraphQLError]) -> None:
    """Give each error its code, and mask those that nobody foresaw: their text is for the log.

    The errors are changed in place, so that whatever carries them tells the same.
    """
    for error in errors:
        if "code" in _extensions(error):
            continue
        original = _root(error)
        if isinstance(original, Refusal):
            error.message = original.message
            code, more = original.code, _more_of(original)
        elif isinstance(original, Unauthenticated):
            code, more = UNAUTHENTICATED, {}
        elif original is None:
            code, more = _code_of_request(error), {}
        elif isinstance(original, _OF_THE_REQUEST):
            code, more = BAD_REQUEST, {}
        else:
            code, more = INTERNAL_ERROR, {"id": _masked(error, original), **current_trace()}
        error.extensions = {**_extensions(error), "code": code, **more}
        _forget_frames(error)


def was_executed(result: ExecutionResult) -> bool:
    """Whether a result has data, be it null; otherwise its errors are about the whole request."""
    if isinstance(result, PreExecutionError):
        return False
    return result.data is not None or any(error.path for error in result.errors or ())


def refused(code: str, message: str, *, retry_after: int | None = None) -> GraphQLError:
    """An error about the whole request, and after how many seconds to send it again (None: not)."""
    hint = {} if retry_after is None else {"retryAfter": retry_after}
    return GraphQLError(message, extensions={"code": code, **hint})


def unexpected(original: Exception) -> GraphQLError:
    """What a client is told of an error that nobody foresaw."""
    error = GraphQLError(str(original), original_error=original)
    tell([error])
    return error


def _more_of(refusal: Refusal) -> dict[str, Any]:
    """What a client is told of a refusal besides its code and its message."""
    more: dict[str, Any] = {"field": _path(refusal.field)}
    if isinstance(refusal, Busy):
        more["retryAfter"] = refusal.retry_after
    return more


def _masked(error: GraphQLError, original: BaseException) -> str:
    """Log an unforeseen error under a new id, and take its text out of the answer."""
    id = uuid4().hex
    _log.error(
        "unexpected error %s at %s", id, error.path, exc_info=original, extra={"error_id": id}
    )
    error.message = f"Unexpected error. Its id in the server's log is {id}."
    error.original_error = None
    return id


def _forget_frames(error: BaseException | None) -> None:
    """The frames that an error has passed hold what was read, and some of them the error."""
    while error is not None:
        error.__traceback__ = None
        error = error.original_error if isinstance(error, GraphQLError) else error.__context__


def _root(error: GraphQLError) -> BaseException | None:
    """What a resolver raised; None where the request itself is at fault."""
    original = error.original_error
    while isinstance(original, GraphQLError):
        original = original.original_error
    return original


def _code_of_request(error: GraphQLError) -> str:
    if isinstance(error, GraphQLSyntaxError):
        return QUERY_TOO_LARGE if "Parsing aborted" in error.message else PARSE_FAILED
    return VALIDATION_FAILED if error.path is None else BAD_REQUEST


def _extensions(error: GraphQLError) -> dict[str, Any]:
    return error.extensions or {}


def _path(field: tuple[str, ...]) -> list[str]:
    """Our names as the schema spells them; names that the sender chose stay as they are."""
    return [to_camel_case(field[0]), *field[1:]] if field else []
