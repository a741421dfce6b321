"""One load after another on a server: what each request costs it, in the best of several passes."""

import asyncio
from collections.abc import Callable, Iterator
from typing import NamedTuple

from benchmarks.load import load
from benchmarks.machine import cpu_seconds
from benchmarks.running import Running
from benchmarks.sizes import PASSES, SECONDS
from benchmarks.table import Figure


class Cost(NamedTuple):
    """Processor time of the server, and of it and its database, for each request (µs); the rate;
    and one answer."""

    server: float
    both: float
    rate: float
    sample: bytes

    def figures(self, name: str, *, server: str = "", both: str = "") -> Iterator[Figure]:
        """The figures, with the goals that there are."""
        yield Figure(f"{name}: server", self.server, "µs of CPU", server)
        if self.both != self.server:
            yield Figure(f"{name}: server and database", self.both, "µs of CPU", both)
        yield Figure(f"{name}: rate", self.rate, "requests/s")


def cost(
    running: Running,
    body: Callable[[], bytes],
    *,
    connections: int,
    seconds: float = SECONDS,
    passes: int = PASSES,
) -> Cost:
    """What requests with these bodies cost, in the pass that cost the server least."""
    return min(_pass(running, body, connections, seconds) for _ in range(passes))


def _pass(running: Running, body: Callable[[], bytes], connections: int, seconds: float) -> Cost:
    server, database = cpu_seconds(running.server), _of_database(running)
    done = asyncio.run(
        load(running.url, body, token=running.token, connections=connections, seconds=seconds)
    )
    server = cpu_seconds(running.server) - server
    database = _of_database(running) - database
    if done.failed:
        raise SystemExit(f"{done.failed} requests failed, such as {done.sample[-400:]!r}")
    each = 1e6 / done.requests
    rate = done.requests / done.seconds
    return Cost(server * each, (server + database) * each, rate, done.sample)


def _of_database(running: Running) -> float:
    return 0.0 if running.database is None else cpu_seconds(running.database)
