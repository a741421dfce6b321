"""Ten thousand sockets on one board while activity comes in all the time: memory, and how late."""

import asyncio
import resource
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from statistics import quantiles

import orjson
import uvloop

from benchmarks.asking import Asking
from benchmarks.fanout import BOARD, DEFINITION, SLOW_EACH, VOTE
from benchmarks.machine import cpu_seconds
from benchmarks.running import Running, running
from benchmarks.sizes import size
from benchmarks.sockets import Crowd, close, subscribe
from benchmarks.table import Figure

SOCKETS = size("CROWD", 10_000)
A_SECOND = 500
WRITERS = 32
MARKS = size("MARKS", 100)
MARK_SECONDS = 0.2
MEMBERS = 5_000
FILES = SOCKETS + 1_000
"""Which the server and the client need each."""

CHAMPION = "the champion"
LEAD = 1_000_000_000
"""Nobody else comes near it: the champion's score on the board tells which mark an update holds."""


class Arrivals(Crowd):
    """When each update had reached the last socket, and which mark it holds."""

    def __init__(self, sockets: int) -> None:
        super().__init__()
        self.complete: dict[int, float] = {}
        """When all sockets had been told of a mark."""
        self.completed = asyncio.Event()
        self._sockets = sockets
        self._counts: dict[bytes, int] = {}

    def got(self, message: bytes) -> None:
        super().got(message)
        count = self._counts[message] = self._counts.get(message, 0) + 1
        if count == self._sockets:
            del self._counts[message]
            mark = _mark(message)
            if mark is not None:
                self.complete.setdefault(mark, self.last_at)
                self.completed.set()

    def reached(self, mark: int) -> float | None:
        """When all sockets had been told of this mark, or of a later one."""
        return min((at for each, at in self.complete.items() if each >= mark), default=None)


def measure() -> Iterable[Figure]:
    """On PostgreSQL, one socket in a hundred not reading."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < FILES:
        yield Figure("a crowd", None, f"a process may open {most:,} files, {FILES:,} are needed")
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, most))  # the server inherits it
    with running("postgresql", DEFINITION, "fanout") as server:
        yield from uvloop.run(_measured(server))


async def _measured(server: Running) -> list[Figure]:
    async with Asking(server.url, server.token) as asking:
        await _vote(asking, CHAMPION, LEAD)
        reading = SOCKETS - SOCKETS // SLOW_EACH
        arrivals = Arrivals(reading)
        before = server.memory
        opened = await subscribe(
            arrivals, server.socket_url, BOARD, token=server.token, sockets=SOCKETS
        )
        await asking.close()  # so long idle that the server may have ended it
        idle = server.memory
        for each in opened[reading:]:
            assert each.transport is not None
            each.transport.pause_reading()
        async with _activity(server) as done:
            spent, received = cpu_seconds(server.server), arrivals.received
            late = await _marked(asking, arrivals)
            spent = cpu_seconds(server.server) - spent
            received = arrivals.received - received
        close(opened)
    name = f"{SOCKETS:,} sockets, one in {SLOW_EACH} slow, {A_SECOND} activities/s"
    cuts = quantiles(late, n=100)
    rate = len(done) / (done[-1] - done[0])
    return [
        Figure(f"{name}: came in", rate, "activities/s"),
        Figure(f"{name}: from the request to the last socket, median", cuts[49], "ms"),
        Figure(f"{name}: from the request to the last socket, p99", cuts[98], "ms", "≤ 500"),
        Figure(f"{name}: server, of one core", spent / (done[-1] - done[0]) * 100, "%"),
        Figure(f"{name}: server, for each message", spent * 1e6 / received, "µs of CPU"),
        Figure(f"{name}: memory of an idle socket", (idle - before) / SOCKETS / 1000, "kB"),
        Figure(f"{name}: memory of the process", server.memory / 1e6, "MB", "≤ 500"),
    ]


async def _marked(asking: Asking, arrivals: Arrivals) -> list[float]:
    """How long it took (ms) from each mark's request until the last socket was told of it."""
    sent: dict[int, float] = {}
    for mark in range(1, MARKS + 1):
        sent[mark] = time.perf_counter()
        await _vote(asking, CHAMPION, 1)
        await asyncio.sleep(MARK_SECONDS)
    async with asyncio.timeout(60):
        while arrivals.reached(MARKS) is None:
            arrivals.completed.clear()
            await arrivals.completed.wait()
    late: list[float] = []
    for mark, begun in sent.items():
        reached = arrivals.reached(mark)
        assert reached is not None
        late.append((reached - begun) * 1e3)
    return late


@asynccontextmanager
async def _activity(server: Running) -> AsyncGenerator[list[float]]:
    """So many activities a second, in the background; when each was answered."""
    done: list[float] = []
    ends = asyncio.Event()

    async def write(number: int) -> None:
        due = time.perf_counter() + number / A_SECOND
        async with Asking(server.url, server.token) as asking:
            while not ends.is_set():
                await asyncio.sleep(due - time.perf_counter())
                await _vote(asking, f"member {(len(done) * 7 + number) % MEMBERS}", 1)
                done.append(time.perf_counter())
                due = max(due + WRITERS / A_SECOND, done[-1])

    async with asyncio.TaskGroup() as group:
        for number in range(WRITERS):
            group.create_task(write(number))
        await asyncio.sleep(1)
        yield done
        ends.set()


async def _vote(asking: Asking, member: str, value: int) -> None:
    answer = await asking.ask(VOTE, member=member, value=str(value))
    assert answer["data"]["recordActivity"]["userErrors"] == [], answer


def _mark(message: bytes) -> int | None:
    """How often the champion was voted for since the lead."""
    (update,) = orjson.loads(message)["payload"]["data"].values()
    first = update["entries"][0]
    is_champion = first["member"]["externalId"] == CHAMPION
    return int(first["score"]) - LEAD if is_champion else None
