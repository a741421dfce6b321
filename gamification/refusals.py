"""Why a request may be refused: one small class each. The message says what was wrong and how to
mend it; `code` is what clients match on; `field` is the path of the input that is to blame."""

from math import ceil
from typing import Self


class Refusal(Exception):
    """A request that cannot be done as it stands. Nothing was written."""

    code = "REFUSED"

    def __init__(self, message: str, *, field: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidInput(Refusal):
    """A value is of the wrong form or outside its limits."""

    code = "INVALID_INPUT"


class UnknownActivityType(Refusal):
    """The program's definition has no such activity."""

    code = "UNKNOWN_ACTIVITY_TYPE"


class InvalidProperty(Refusal):
    """A property is unknown, missing or of the wrong type."""

    code = "INVALID_PROPERTY"


class IdempotencyConflict(Refusal):
    """The key was used before with other content."""

    code = "IDEMPOTENCY_CONFLICT"


class OutOfRange(Refusal):
    """A number would leave the range the system counts in."""

    code = "OUT_OF_RANGE"


class TooLate(Refusal):
    """The activity is older than the program accepts."""

    code = "TOO_LATE"


class InTheFuture(Refusal):
    """The activity is stamped more than five minutes ahead of the server's clock."""

    code = "IN_THE_FUTURE"


class TooMany(Refusal):
    """More items than one request may hold."""

    code = "TOO_MANY"


class NotFound(Refusal):
    """What the request names does not exist in this program."""

    code = "NOT_FOUND"


class InvalidDefinition(Refusal):
    """The definition has problems; each has a path and a fix."""

    code = "INVALID_DEFINITION"


class InsufficientPoints(Refusal):
    """The account does not hold so much."""

    code = "INSUFFICIENT_POINTS"


class NotOpen(Refusal):
    """What the request is about is over."""

    code = "NOT_OPEN"


class AlreadyJoined(Refusal):
    """The member takes part already."""

    code = "ALREADY_JOINED"


class NotInvited(Refusal):
    """Only who was invited may join, and the member was not."""

    code = "NOT_INVITED"


class NotJoined(Refusal):
    """The member takes no part."""

    code = "NOT_JOINED"


class Busy(Refusal):
    """The server has more work than it can take: try again after the time it names."""

    code = "BUSY"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Whole seconds, at least one."""

    @classmethod
    def for_seconds(cls, reason: str, seconds: float) -> Self:
        """A refusal for as long as something is so."""
        retry_after = max(1, ceil(seconds))
        return cls(f"{reason}: try again in {retry_after} s", retry_after=retry_after)


class LimitReached(Refusal):
    """What the rules allow of it is used up."""

    code = "LIMIT_REACHED"


class Inapplicable(Refusal):
    """As things stand there is nothing that the request could be about."""

    code = "INAPPLICABLE"
