"""The numbers for operators. Without them nobody would see that a server is slow before it is down.

All instruments are here; only this file and metrics_page.py know the library that keeps them.
What is counted as it happens has an attribute of `Metrics`, and is counted by the `Observer`
(observing.py) that others are given. What can be looked up when somebody asks is shown with
`reads`, by whoever holds it:

    metrics.reads("rank_index_members", "Members in the rank index.", lambda: len(index))

docs/operations.md explains each number, and a test compares.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Self

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

from gql.observing import Kind, Outcome
from server.pulses import End

PREFIX = "gamification"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_COSTS = (1, 10, 30, 100, 300, 1_000, 3_000, 10_000)
_FACTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_000)


class Metrics:
    """The numbers of one process. Each has a registry of its own, so that several can be in one."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self._of_operations()
        self._of_writing()
        self._of_subscriptions()
        self._of_the_scheduler()
        self._of_workers()

    def succeeds(self, predecessors: Mapping[End, int]) -> None:
        """Count those whom this process replaces, lest their end is forgotten with them."""
        for end, count in predecessors.items():
            self.workers_replaced.labels(end).inc(count)

    def reads(self, name: str, description: str, function: Callable[[], float]) -> None:
        """Show a number that is looked up whenever somebody asks for the numbers."""
        gauge = Gauge(name, description, namespace=PREFIX, registry=self.registry)
        gauge.set_function(function)

    def counter(self, name: str, description: str, labels: Sequence[str] = ()) -> Counter:
        """A number that only grows."""
        return Counter(name, description, labels, namespace=PREFIX, registry=self.registry)

    def histogram(
        self, name: str, description: str, buckets: Sequence[float], labels: Sequence[str] = ()
    ) -> Histogram:
        """How often a number was how large."""
        return Histogram(
            name, description, labels, namespace=PREFIX, registry=self.registry, buckets=buckets
        )

    def _of_operations(self) -> None:
        self.http_responses = self.counter(
            "http_responses_total", "Responses to HTTP requests.", ["status"]
        )
        self.operations = self.counter(
            "operations_total", "GraphQL operations that have ended.", ["kind", "outcome"]
        )
        self.operation_seconds = self.histogram(
            "operation_seconds",
            "From the begin of an operation to its answer, or its first result.",
            _SECONDS,
            ["kind"],
        )
        self.operation_cost = self.histogram(
            "operation_cost", "The static cost of operations.", _COSTS, ["kind"]
        )

    def _of_writing(self) -> None:
        self.batch_facts = self.histogram(
            "batch_facts", "Facts that were recorded in one transaction.", _FACTS
        )
        self.batch_seconds = self.histogram(
            "batch_seconds", "How long a transaction of facts took, with its retries.", _SECONDS
        )
        self.busy = self.counter("busy_total", "Requests refused with BUSY.")

    def _of_subscriptions(self) -> None:
        self.updates_told = self.counter(
            "updates_told_total", "Results of subscriptions handed to followers, each counted."
        )
        self.updates_withheld = self.counter(
            "updates_withheld_total", "Results of subscriptions that failed, and are tried again."
        )
        self.update_lag_seconds = self.histogram(
            "update_lag_seconds",
            "From a commit until every follower was handed the update that tells it.",
            _SECONDS,
        )
        self.readers_dropped = self.counter(
            "readers_dropped_total", "Sockets and event streams that were given up.", ["reason"]
        )

    def _of_the_scheduler(self) -> None:
        self.scheduler_passes = self.counter(
            "scheduler_passes_total", "Looks of the scheduler for what is due.", ["outcome"]
        )
        self.duties = self.counter(
            "duties_total", "What the scheduler did, and how often it failed.", ["duty", "outcome"]
        )

    def _of_workers(self) -> None:
        self.workers_replaced = self.counter(
            "workers_replaced_total", "Workers whom this one replaces.", ["reason"]
        )
        for end in End:
            self.workers_replaced.labels(end)


class OperationsOf(NamedTuple):
    """What is counted of the operations of one kind."""

    ended: Mapping[Outcome, Counter]
    seconds: Histogram
    cost: Histogram

    @classmethod
    def kind(cls, metrics: Metrics, kind: Kind) -> Self:
        """The instruments, looked up once: that costs five times a count."""
        return cls(
            {outcome: metrics.operations.labels(kind, outcome) for outcome in Outcome},
            metrics.operation_seconds.labels(kind),
            metrics.operation_cost.labels(kind),
        )
