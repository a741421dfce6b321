"""What it costs to show thousands of pages the same board, and what it takes from writing."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from itertools import count
from statistics import median

import httpx
import orjson
import psutil
import uvloop

from benchmarks.load import load
from benchmarks.pushing import rounds
from benchmarks.running import Running, running
from benchmarks.sizes import PASSES, SECONDS, size
from benchmarks.sockets import Crowd, close, subscribe
from benchmarks.table import Figure

SOCKETS = (size("SOCKETS", 1_000), 5 * size("SOCKETS", 1_000))
CLIENTS = 64
SLOW_EACH = 100

DEFINITION = """
key: fanout
name: Fan-out
activities: {vote: {value: amount}}
metrics: {votes: {sum: value, of: vote}}
leaderboards: {votes: {name: Votes, metric: votes}}
"""
BOARD = """subscription { leaderboardUpdated(key: "votes", first: 10, perSecond: 4) {
  cursor resync entries { rank score member { externalId displayName } }
} }"""
VOTE = (
    'mutation ($member: String!, $value: Decimal = "1") { recordActivity(input: '
    '{member: $member, type: "vote", value: $value}) { replayed userErrors { code } } }'
)


def measure() -> Iterable[Figure]:
    """Fan-out to so many sockets beside the floor; then mutations with and without sockets."""
    with running("sqlite", DEFINITION, "fanout") as watched:
        text = asyncio.run(_one_result(watched))
        for sockets in SOCKETS:
            yield from uvloop.run(_fan_out(watched, sockets, slow=0))
            with _broadcasting(text) as floor:
                yield from uvloop.run(_floor(floor, sockets))
        yield from uvloop.run(_fan_out(watched, SOCKETS[0], slow=SOCKETS[0] // SLOW_EACH))
        yield from uvloop.run(_beside_writing(watched, SOCKETS[0], "SQLite"))
    with running("postgresql", DEFINITION, "fanout") as watched:
        yield from uvloop.run(_beside_writing(watched, SOCKETS[0], "PostgreSQL"))


async def _fan_out(watched: Running, sockets: int, *, slow: int) -> list[Figure]:
    crowd = Crowd()
    memory = watched.memory
    opened = await subscribe(crowd, watched.socket_url, BOARD, token=watched.token, sockets=sockets)
    memory = watched.memory - memory
    for each in opened[:slow]:
        assert each.transport is not None
        each.transport.pause_reading()
    async with _client(watched) as client:
        cost, last = await rounds(
            crowd, sockets - slow, watched.server, lambda: _vote(client, "member 1")
        )
    close(opened)
    name = f"fan-out, {sockets:,} sockets{f', {slow} of them slow' if slow else ''}"
    figures = [
        Figure(f"{name}: server, for each message", cost, "µs of CPU", "≤ 12"),
        Figure(f"{name}: from the request to the last socket, median", median(last), "ms"),
        Figure(f"{name}: from the request to the last socket, slowest", max(last), "ms", "≤ 500"),
    ]
    if not slow:
        figures.append(Figure(f"{name}: memory of an idle socket", memory / sockets / 1000, "kB"))
    return figures


async def _floor(floor: Running, sockets: int) -> list[Figure]:
    crowd = Crowd()
    opened = await subscribe(crowd, floor.url, BOARD, token="", sockets=sockets)

    async def cast() -> None:
        opened[0].say("cast")

    cost, _ = await rounds(crowd, sockets, floor.server, cast)
    close(opened)
    name = f"websockets.broadcast, {sockets:,} sockets: server, for each message"
    return [Figure(name, cost, "µs of CPU")]


async def _beside_writing(watched: Running, sockets: int, database: str) -> list[Figure]:
    """Mutations without and with sockets, in turn."""
    alone: list[float] = []
    beside: list[float] = []
    for _ in range(PASSES):
        alone.append(await _rate(watched))
        opened = await subscribe(
            Crowd(), watched.socket_url, BOARD, token=watched.token, sockets=sockets
        )
        beside.append(await _rate(watched))
        close(opened)
        await asyncio.sleep(0.5)  # the server lets go of them, which is not to be measured
    name = f"mutations, {CLIENTS} clients, {database}"
    ratio = median(b / a for a, b in zip(alone, beside, strict=True))
    return [
        Figure(f"{name}: rate without sockets", median(alone), "requests/s"),
        Figure(f"{name}: rate with {sockets:,} on the board", median(beside), "requests/s"),
        Figure(f"{name}: with sockets against without", ratio, "", "≥ 0.8"),
    ]


async def _rate(watched: Running) -> float:
    numbers = count()

    def body() -> bytes:
        member = f"member {next(numbers) % 5_000}"
        return orjson.dumps({"query": VOTE, "variables": {"member": member}})

    done = await load(
        watched.url, body, token=watched.token, connections=CLIENTS, seconds=SECONDS / 2
    )
    if done.failed:
        raise SystemExit(f"{done.failed} requests failed, such as {done.sample[-400:]!r}")
    return done.requests / done.seconds


def _client(watched: Running) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {watched.token}"}
    url = watched.url.removesuffix("/graphql")
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False)


async def _vote(client: httpx.AsyncClient, member: str) -> None:
    response = await client.post("/graphql", json={"query": VOTE, "variables": {"member": member}})
    assert response.json()["data"]["recordActivity"]["userErrors"] == [], response.text


async def _one_result(watched: Running) -> str:
    """A message as each socket gets it, of a board with ten members."""
    async with _client(watched) as client:
        for number in range(10):
            await _vote(client, f"member {number}")
        query = (
            '{ leaderboard(key: "votes") { period { entries(first: 10) { edges { node '
            "{ rank score member { externalId displayName } } } } } } }"
        )
        answer = (await client.post("/graphql", json={"query": query})).json()
    edges = answer["data"]["leaderboard"]["period"]["entries"]["edges"]
    update = {"cursor": "x" * 50, "resync": False, "entries": [each["node"] for each in edges]}
    payload = {"data": {"leaderboardUpdated": update}}
    return orjson.dumps({"id": "1", "type": "next", "payload": payload}).decode()


@contextmanager
def _broadcasting(text: str) -> Generator[Running]:
    """The floor's server."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.broadcast"],
        env={**os.environ, "TEXT": text}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield Running(f"ws://127.0.0.1:{port}/", "", psutil.Process(process.pid), None)
    finally:
        process.terminate()
        process.wait(30)
