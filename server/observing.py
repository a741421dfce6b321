"""Who is told how the server does, and counts it; without this the numbers would stay at 0."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cache
from time import perf_counter
from types import TracebackType

from gql.observing import Dropped, Kind, Observed, Outcome
from server.metrics import Metrics, OperationsOf
from server.scheduling import Pass


class Observer:
    """Fulfils `gql.observing.Observer`, and is told of the recorder and the scheduler, too."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        # A look-up of an instrument's child costs five times a count.
        self._operations = {kind: OperationsOf.kind(metrics, kind) for kind in Kind}
        self._dropped = cache(metrics.readers_dropped.labels)
        self._passes = cache(metrics.scheduler_passes.labels)
        self._responses = cache(metrics.http_responses.labels)
        self._begin_at_nothing()

    # --------------------------------------------------------------------------- operations

    def responded(self, status: int) -> None:
        """An HTTP request was answered."""
        self._responses(status).inc()

    def begins(self, kind: Kind, name: str | None, cost: int) -> Observed:
        operations = self._operations[kind]
        operations.cost.observe(cost)
        return _Operation(operations)

    # ------------------------------------------------------------------------ subscriptions

    def told(self, followers: int) -> None:
        self._metrics.updates_told.inc(followers)

    def withheld(self) -> None:
        self._metrics.updates_withheld.inc()

    def lagged(self, seconds: float) -> None:
        self._metrics.update_lag_seconds.observe(seconds)

    def dropped(self, reason: Dropped) -> None:
        self._dropped(reason).inc()

    # ------------------------------------------------------------- the recorder and the scheduler

    def asking(self) -> object:
        """What asks for a fact to be recorded: numbers do not tell."""
        return None

    def batch(self, facts: int, asked_by: Sequence[object]) -> AbstractContextManager[None]:
        """Facts are written in one transaction, as long as the block lasts."""
        return _Batch(self._metrics, facts)

    def busy(self) -> None:
        """A request was refused with `BUSY`."""
        self._metrics.busy.inc()

    def passed(self, outcome: Pass) -> None:
        """The scheduler has looked for what is due."""
        self._passes(outcome).inc()

    def did(self, duty: str, count: int) -> None:
        """A duty was done so many times."""
        self._metrics.duties.labels(duty, "done").inc(count)

    def failed(self, duty: str) -> None:
        """A duty failed."""
        self._metrics.duties.labels(duty, "failed").inc()

    def _begin_at_nothing(self) -> None:
        """A number that has not been counted yet is 0, and not unknown."""
        for reason in Dropped:
            self._dropped(reason)
        for outcome in Pass:
            self._passes(outcome)


class _Operation:
    """An operation under way."""

    __slots__ = ("_began", "_operations")

    def __init__(self, operations: OperationsOf) -> None:
        self._operations = operations
        self._began = perf_counter()

    def ends(self, outcome: Outcome) -> None:
        self._operations.ended[outcome].inc()
        self._operations.seconds.observe(perf_counter() - self._began)


class _Batch:
    """A transaction under way."""

    __slots__ = ("_began", "_facts", "_metrics")

    def __init__(self, metrics: Metrics, facts: int) -> None:
        self._metrics = metrics
        self._facts = facts
        self._began = 0.0

    def __enter__(self) -> None:
        self._began = perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._metrics.batch_facts.observe(self._facts)
        self._metrics.batch_seconds.observe(perf_counter() - self._began)
