"""What the server is told of operations and their readers, so that operators can see how it does.

Whoever counts and measures is behind these ports: the edge knows no library that does.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from graphql import GraphQLError
from strawberry.types.execution import ExecutionResult

from gql.errors import INTERNAL_ERROR, was_executed


class Kind(StrEnum):
    """What an operation is; `unknown` if its document cannot be read."""

    QUERY = "query"
    MUTATION = "mutation"
    SUBSCRIPTION = "subscription"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What has become of an operation. User errors in a payload are a mutation's good answer."""

    DONE = "done"
    ERRORS = "errors"
    """Parts of it were refused, and the others answered."""
    REFUSED = "refused"
    """Nothing of it was executed."""
    FAILED = "failed"
    """There was an error that nobody foresaw."""
    ABANDONED = "abandoned"
    """It took too long, or the client left."""


class Dropped(StrEnum):
    """Why a reader of a subscription was given up."""

    QUEUE_FULL = "queue_full"
    SEND_TIMEOUT = "send_timeout"
    PING_TIMEOUT = "ping_timeout"


class Observed(Protocol):
    """An operation under way. Of a subscription this is the time to its first result."""

    def ends(self, outcome: Outcome) -> None:
        """It has an answer, or will have none."""
        ...


class Observer(Protocol):
    """Whoever wants to know. None of these may fail or wait."""

    def begins(self, kind: Kind, name: str | None, cost: int) -> Observed:
        """An operation of this static cost begins, in the task that executes it. The name is that
        in its document, if it has one."""
        ...

    def told(self, followers: int) -> None:
        """So many followers of a subscription were told a result."""
        ...

    def withheld(self) -> None:
        """A result of a subscription failed, and was told nobody who has begun."""
        ...

    def lagged(self, seconds: float) -> None:
        """A change was committed so long before all had been told of it."""
        ...

    def dropped(self, reason: Dropped) -> None:
        """A reader was given up."""
        ...


class _Unobserved:
    """Nobody wants to know."""

    def begins(self, kind: Kind, name: str | None, cost: int) -> "_Unobserved":
        return self

    def ends(self, outcome: Outcome) -> None: ...

    def told(self, followers: int) -> None: ...

    def withheld(self) -> None: ...

    def lagged(self, seconds: float) -> None: ...

    def dropped(self, reason: Dropped) -> None: ...


UNOBSERVED: Observer = _Unobserved()


def outcome_of(result: ExecutionResult) -> Outcome:
    """What has become of an operation with this result, whose errors have their codes."""
    errors = result.errors or ()
    if not errors:
        return Outcome.DONE
    if was_executed(result) and not _has_failed(errors):
        return Outcome.ERRORS
    return outcome_of_refusal(errors)


def outcome_of_refusal(errors: Sequence[GraphQLError]) -> Outcome:
    """What has become of an operation that has nothing but these errors."""
    return Outcome.FAILED if _has_failed(errors) else Outcome.REFUSED


def _has_failed(errors: Sequence[GraphQLError]) -> bool:
    return any((error.extensions or {}).get("code") == INTERNAL_ERROR for error in errors)
