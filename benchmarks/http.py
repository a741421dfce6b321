"""What a mutation and a board query cost the server, over HTTP, with the forum's program."""

import asyncio
import os
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from itertools import count, islice

import orjson

from benchmarks import forum
from benchmarks.load import Load, load
from benchmarks.machine import cpu_seconds
from benchmarks.running import Database, Running, running
from benchmarks.table import Figure
from gamification.facts import NewActivity

IMPORTED = 50_000
FOLLOWING = 30_000
CLIENTS = 64
SECONDS = 8.0
PASSES = 3

RECORD = """
mutation Record($input: RecordActivityInput!) {
  recordActivity(input: $input) {
    activity { key }
    awards { badge { key } level }
    entries { unit requested granted }
    userErrors { code message field }
  }
}
"""
TOP = """
{
  leaderboard(key: "reputation") {
    period {
      entries(first: 100) {
        edges { node { rank position tiedWith score reachedAt member { externalId } } }
      }
    }
  }
}
"""


def measure() -> Iterable[Figure]:
    """Mutations by 64 clients, then the top 100 by 16, on PostgreSQL; the best of three passes."""
    with _forum() as server:
        yield from _figures(server, "recordActivity, 64 clients", _records(), CLIENTS, goal=600)
        top = orjson.dumps({"query": TOP})
        yield from _figures(server, "top 100, six fields", lambda: top, 16, goal=1200)


def _figures(
    running: Running, name: str, body: Callable[[], bytes], connections: int, *, goal: int
) -> Iterable[Figure]:
    passes = [_pass(running, body, connections) for _ in range(PASSES)]
    server, both, rate = min(passes)
    total = {600: "≤ 700", 1200: ""}[goal]
    yield Figure(f"{name}: server", server, "µs of CPU", f"≤ {goal:,}")
    yield Figure(f"{name}: server and database", both, "µs of CPU", total)
    yield Figure(f"{name}: rate", rate, "requests/s")


def _pass(
    running: Running, body: Callable[[], bytes], connections: int
) -> tuple[float, float, float]:
    """Processor time of the server and of both for each request (µs), and the rate."""
    assert running.database is not None
    server, database = cpu_seconds(running.server), cpu_seconds(running.database)
    done: Load = asyncio.run(
        load(running.url, body, token=running.token, connections=connections, seconds=SECONDS)
    )
    server = cpu_seconds(running.server) - server
    database = cpu_seconds(running.database) - database
    if done.failed:
        raise SystemExit(f"{done.failed} requests failed, such as {done.sample[-400:]!r}")
    each = 1e6 / done.requests
    return server * each, (server + database) * each, done.requests / done.seconds


def _records() -> Callable[[], bytes]:
    """What the forum's members did next, in its mix of types, as if it happened now."""
    numbers = count()
    following = [
        {
            "member": each.member,
            "type": each.type,
            "value": each.value,
            "properties": each.properties,
        }
        for each in islice(forum.activities(IMPORTED + FOLLOWING), IMPORTED, None)
    ]

    def body() -> bytes:
        number = next(numbers)
        activity = {
            **following[number % len(following)],
            "key": f"bench-{os.getpid()}-{number}",
        }
        return orjson.dumps({"query": RECORD, "variables": {"input": activity}})

    return body


@contextmanager
def _forum() -> Generator[Running]:
    """A server on a fresh PostgreSQL with the first part of the forum in it."""

    def filled(database: Database) -> None:
        part = database.folder / "part.jsonl"
        part.write_bytes(b"".join(map(_line, forum.activities(IMPORTED))))
        database.command("import", "--program", "travel-forum", str(part))

    rules = forum.DEFINITION.read_text("utf-8")
    with running("postgresql", rules, "travel-forum", filled=filled) as server:
        yield server


def _line(activity: NewActivity) -> bytes:
    assert activity.occurred_at is not None
    row = {
        "occurred_at": activity.occurred_at.isoformat(),
        "key": activity.key,
        "member": activity.member,
        "type": activity.type,
        "value": activity.value,
        "properties": activity.properties,
    }
    return orjson.dumps(row) + b"\n"
