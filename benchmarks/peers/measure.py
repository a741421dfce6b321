"""Ours and the peers, one after the other: a mutation, a board, a push, and both at once."""

import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from statistics import median
from typing import NamedTuple

import orjson
import uvloop

from benchmarks.asking import Asking
from benchmarks.load import load
from benchmarks.passing import cost
from benchmarks.peers.serving import node, peer, plain
from benchmarks.pushing import rounds
from benchmarks.running import Database, Running, running
from benchmarks.sizes import PASSES, SECONDS, size
from benchmarks.sockets import Crowd, Subscriber, close, subscribe
from benchmarks.table import Figure

MEMBERS = 100_000
"""As in schema.sql."""

SOCKETS = size("SOCKETS", 1_000)
CLIENTS = 64
CHAMPION = 3_000_000
"""More than anybody has: whoever gets it is the first, and so the top changes."""

DEFINITION = """
key: board
name: Board
activities: {run: {value: amount}}
metrics: {score: {sum: value, of: run}}
leaderboards: {score: {name: Score, metric: score}}
"""
OUR_MUTATION = (
    "mutation ($m: String!, $v: Decimal!) { recordActivity(input: "
    '{member: $m, type: "run", value: $v}) { activity { key } userErrors { code } } }'
)
OUR_ENTRIES = "rank score member { externalId displayName }"
OUR_TOP = (
    '{ leaderboard(key: "score") { period { entries(first: 100) { edges { node { '
    f"{OUR_ENTRIES} }} }} }} }} }} }}"
)
OUR_BOARD = (
    'subscription { leaderboardUpdated(key: "score", first: 10, perSecond: 10) '
    f"{{ entries {{ {OUR_ENTRIES} }} }} }}"
)
THEIR_MUTATION = (
    "mutation ($m: ID!, $v: Int!) "
    '{ recordActivity(memberId: $m, type: "run", value: $v) { activityId score } }'
)
THEIR_ENTRIES = "rank memberId name score"
THEIR_TOP = f"{{ leaderboard(top: 100) {{ {THEIR_ENTRIES} }} }}"
THEIR_BOARD = f"subscription {{ leaderboardTop(n: 10) {{ {THEIR_ENTRIES} }} }}"


class Side(NamedTuple):
    """What one server is asked, in its own words."""

    name: str
    server: Running
    mutation: str
    top: str
    board: str
    is_ours: bool

    def body(self, member: int, value: int) -> bytes:
        """A mutation."""
        return orjson.dumps({"query": self.mutation, "variables": self.variables(member, value)})

    def variables(self, member: int, value: int) -> dict[str, object]:
        return {"m": str(member), "v": str(value) if self.is_ours else value}


def measure() -> Iterable[Figure]:
    """The same four figures of every server that can be run here."""
    for name, begin in _servers():
        with ExitStack() as stack:
            side = begin(stack)
            if side is None:
                yield Figure(f"{name}", None, "there is no Node or no npm")
                continue
            print(f"  {name} …", flush=True, file=sys.stderr)
            yield from _figures(side)


def _servers() -> Iterator[tuple[str, Callable[[ExitStack], Side | None]]]:
    """Each server's name, and what starts it (None: it cannot be run here)."""
    yield "ours", lambda stack: _ours(stack.enter_context(_filled()))
    for name, found in (
        ("Mercurius", node("mercurius.js")),
        ("Yoga", node("yoga.js")),
        ("Strawberry and Tortoise as documented", plain()),
    ):
        yield (
            name,
            lambda stack, name=name, found=found: (
                None if found is None else _theirs(name, stack.enter_context(peer(*found)))
            ),
        )


def _ours(server: Running) -> Side:
    return Side("ours", server, OUR_MUTATION, OUR_TOP, OUR_BOARD, is_ours=True)


def _theirs(name: str, server: Running) -> Side:
    return Side(name, server, THEIR_MUTATION, THEIR_TOP, THEIR_BOARD, is_ours=False)


@contextmanager
def _filled() -> Generator[Running]:
    """Our server, with a score for every member."""

    def filled(database: Database) -> None:
        file = database.folder / "runs.csv"
        scores = Random(1)
        with file.open("w") as lines:
            lines.write("occurred_at,key,member,type,value,properties\n")
            for member in range(1, MEMBERS + 1):
                value = scores.randrange(1, 2**20)
                lines.write(f"2026-01-01T00:00:00Z,begun-{member},{member},run,{value},{{}}\n")
        database.command("import", "--program", "board", str(file))

    with running("postgresql", DEFINITION, "board", filled=filled) as server:
        yield server


def _figures(side: Side) -> Iterator[Figure]:
    random = Random(2)

    def mutation() -> bytes:
        return side.body(random.randrange(1, MEMBERS + 1), random.randrange(1, 11))

    written = cost(side.server, mutation, connections=CLIENTS)
    yield from written.figures(f"{side.name}: insert an activity and upsert a score")
    top = orjson.dumps({"query": side.top})
    yield from cost(side.server, lambda: top, connections=16).figures(f"{side.name}: top 100")
    pushed, last = uvloop.run(_pushed(side))
    name = f"{side.name}: push to {SOCKETS:,} sockets"
    yield Figure(f"{name}: server, for each message", pushed, "µs of CPU")
    yield Figure(f"{name}: to the last socket, median", median(last), "ms")
    alone, beside = uvloop.run(_beside(side, mutation))
    name = f"{side.name}: mutations"
    yield Figure(f"{name} without sockets", median(alone), "requests/s")
    yield Figure(f"{name} with {SOCKETS:,} sockets", median(beside), "requests/s")
    ratio = median(b / a for a, b in zip(alone, beside, strict=True))
    yield Figure(f"{name} with sockets against without", ratio, "", "≥ 0.8" if side.is_ours else "")


async def _pushed(side: Side) -> tuple[float, list[float]]:
    crowd = Crowd()
    opened = await _subscribed(side, crowd)
    async with Asking(side.server.url, side.server.token) as asking:

        async def change() -> None:
            answer = await asking.ask(side.mutation, **side.variables(1, CHAMPION))
            assert "errors" not in answer, answer

        figures = await rounds(crowd, SOCKETS, side.server.server, change)
    close(opened)
    return figures


async def _beside(side: Side, body: Callable[[], bytes]) -> tuple[list[float], list[float]]:
    """The rate of mutations without sockets and with them, in turn."""
    alone: list[float] = []
    beside: list[float] = []
    for _ in range(PASSES):
        alone.append(await _rate(side, body))
        opened = await _subscribed(side, Crowd())
        beside.append(await _rate(side, body))
        close(opened)
        time.sleep(1)  # noqa: ASYNC251 (the server lets go of them, which is not to be measured)
    return alone, beside


async def _rate(side: Side, body: Callable[[], bytes]) -> float:
    done = await load(
        side.server.url, body, token=side.server.token, connections=CLIENTS, seconds=SECONDS / 2
    )
    if done.failed:
        raise SystemExit(f"{done.failed} requests failed, such as {done.sample[-400:]!r}")
    return done.requests / done.seconds


async def _subscribed(side: Side, crowd: Crowd) -> list[Subscriber]:
    server = side.server
    return await subscribe(
        crowd,
        server.socket_url,
        side.board,
        token=server.token,
        sockets=SOCKETS,
        has_snapshot=side.is_ours,
    )
