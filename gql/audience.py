"""Who follows one execution of a subscription; without it each follower would need one of its own.

A subscription tells everybody who has begun what is new, and newcomers where it is. The execution
and those who deliver its results agree here on whom the next result is for.
"""

from collections.abc import Awaitable, Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from enum import Enum
from hashlib import blake2b
from typing import ClassVar, Protocol

from graphql import GraphQLError

from gql.encoding import Encoded

_DIGEST_BYTES = 16


class Follower(Protocol):
    """Who is told the results. None of these waits."""

    wants_cursor: ClassVar[bool]
    """Whether it is to be told the cursor of each result, also where the document does not ask."""

    def tell(self, result: Encoded) -> None:
        """Send a result."""
        ...

    def fail(self, errors: Sequence[GraphQLError]) -> None:
        """Send errors about the whole request; it is over."""
        ...

    def complete(self) -> None:
        """Nothing more will come."""
        ...

    def break_off(self) -> None:
        """The execution has failed: who comes back after its last cursor goes on."""
        ...


class Begin(Enum):
    """Where a newcomer begins that has not given a cursor of its own."""

    AS_EXECUTED = "as executed"
    """With the value that the argument `after` has in the execution."""


After = str | Begin | None
"""The cursor that a newcomer goes on from; None for the present."""

Place = str | Callable[[], Awaitable[str]]
"""The cursor of an update, or what works it out: not everybody wants to know."""


class Audience:
    """The followers of one execution: those who have begun, and newcomers who wait for that."""

    def __init__(self) -> None:
        self.begun: dict[Follower, None] = {}
        self._waiting: dict[After, dict[Follower, None]] = {}
        self._after: dict[Follower, After] = {}  # of those who wait
        self._welcomed: dict[Follower, None] | None = None
        self._is_last_of_welcome = False
        self._place: Place | None = None
        self._told: bytes | None = None
        self._is_told_if_new = False
        self.takes_parts = True
        """Whether a result is told of which some could not be read."""
        self.is_withheld = False
        """Whether a result was told nobody since the last attempt began."""
        self.changed_at: float | None = None
        """When the change was committed that the next result for those who have begun tells, on the
        clock of the event loop."""
        self._on_arrival: Callable[[], None] | None = None

    def __len__(self) -> int:
        return len(self.begun) + len(self._welcomed or ()) + len(self._after)

    def __bool__(self) -> bool:
        return bool(self.begun or self._welcomed or self._after)

    # ---------------------------------------------------------------- for those who deliver

    def join(self, follower: Follower, after: After) -> None:
        """Let somebody begin as soon as it can be told where it begins."""
        self._waiting.setdefault(after, {})[follower] = None
        self._after[follower] = after
        if self._on_arrival is not None:
            self._on_arrival()

    def leave(self, follower: Follower) -> None:
        """Tell it nothing more."""
        self.begun.pop(follower, None)
        if self._welcomed is not None:
            self._welcomed.pop(follower, None)
        if follower in self._after:
            after = self._after.pop(follower)
            del self._waiting[after][follower]
            if not self._waiting[after]:
                del self._waiting[after]

    def is_news(self, payload: bytes) -> bool:
        """Whether the result that was made last has to be told. To be asked once for each, before
        whom it is for."""
        digest = blake2b(payload, digest_size=_DIGEST_BYTES).digest()
        if self._welcomed is not None:
            # Those who had begun before were not told it: it is what all know only if they do.
            self._told = digest if not self.begun or self._told == digest else None
            return True
        is_told_if_new, self._is_told_if_new = self._is_told_if_new, False
        if is_told_if_new and self._told == digest:
            return False
        self._told = digest
        return True

    def addressed(self) -> Collection[Follower]:
        """Whom the result is for that was made last."""
        if self._welcomed is None:
            return tuple(self.begun)
        addressed = tuple(self._welcomed)
        if self._is_last_of_welcome:
            self.begun |= self._welcomed
            self._welcomed = None
        return addressed

    def not_begun(self) -> Collection[Follower]:
        """Those who have been told nothing that they could follow."""
        return (*(self._welcomed or ()), *self._after)

    async def cursor(self) -> str | None:
        """The cursor of the result that was made last."""
        return await self._place() if callable(self._place) else self._place

    def withhold(self) -> Collection[Follower]:
        """The result that was made last is told nobody, for it has failed. Returns the newcomers
        that it was for, who do not begin."""
        self.is_withheld, self._is_told_if_new = True, False
        welcomed, self._welcomed = self._welcomed or (), None
        return tuple(welcomed)

    def still_here(self, follower: Follower) -> bool:
        """Whether somebody that was addressed has not left meanwhile."""
        return follower in self.begun or follower in (self._welcomed or ())

    # ------------------------------------------------------------------ for the execution

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Generator[None]:
        """While it lasts an execution is woken by arrivals. Nothing of it is kept afterwards."""
        self._on_arrival = wake
        try:
            yield
        finally:
            self._on_arrival = self._place = None

    def come_to(self, place: Place) -> None:
        """The next result leaves those who are told it at this place."""
        self._place = place

    def tell_if_new(self) -> None:
        """The next result need not be told if everybody was told the same last."""
        self._is_told_if_new = True

    def attempt(self, *, takes_parts: bool) -> None:
        """The next results are about to be made."""
        self.takes_parts, self.is_withheld = takes_parts, False

    def next_newcomers(self) -> After | None:
        """The cursor of those who wait longest. Only to be asked if somebody `is_waiting`."""
        return next(iter(self._waiting))

    @property
    def is_waiting(self) -> bool:
        """Whether anybody waits to begin."""
        return bool(self._waiting)

    def welcome(self, after: After) -> None:
        """The next results are for those who wait with this cursor, if they still do."""
        self._welcomed = self._waiting.pop(after, {})
        for follower in self._welcomed:
            del self._after[follower]
        self._is_last_of_welcome = False

    def refuse(self, after: After, error: GraphQLError) -> None:
        """Those who wait with this cursor cannot begin."""
        for follower in tuple(self._waiting.get(after, ())):
            follower.fail([error])
            self.leave(follower)

    def begin(self) -> None:
        """The next result is the last that only they are told."""
        self._is_last_of_welcome = True
