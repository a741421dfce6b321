"""What a mutation and a board query cost the server, over HTTP, with the forum's program."""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple

import orjson
import psutil

from benchmarks import forum
from benchmarks.load import Load, load
from benchmarks.machine import cpu_seconds
from benchmarks.postgresql import postgresql
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


class Running(NamedTuple):
    """A server under measurement."""

    url: str
    token: str
    server: psutil.Process
    database: psutil.Process


def measure() -> Iterable[Figure]:
    """Mutations by 64 clients, then the top 100 by 16, on PostgreSQL; the best of three passes."""
    with _running() as running:
        yield from _figures(running, "recordActivity, 64 clients", _records(), CLIENTS, goal=600)
        top = orjson.dumps({"query": TOP})
        yield from _figures(running, "top 100, six fields", lambda: top, 16, goal=1200)


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
def _running() -> Generator[Running]:
    """A server on a fresh PostgreSQL with the first part of the forum in it."""
    with tempfile.TemporaryDirectory() as folder, postgresql() as (url, database):
        environment = {**os.environ, "GAMIFICATION_DATABASE_URL": url}

        def command(*args: str) -> str:
            done = subprocess.run(
                [Path(sys.executable).parent / "gamification", *args],
                env=environment, cwd=folder, check=True, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            return done.stdout

        command("apply", str(forum.DEFINITION))
        part = Path(folder) / "part.jsonl"
        part.write_bytes(b"".join(map(_line, forum.activities(IMPORTED))))
        command("import", "--program", "travel-forum", str(part))
        scopes = ("--scope", "read", "--scope", "activities:write")
        keys = command("keys", "create", "--program", "travel-forum", *scopes)
        with serving(environment, Path(folder)) as (address, server):
            token = keys.strip().splitlines()[-1]
            yield Running(f"{address}/graphql", token, psutil.Process(server), database)


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


@contextmanager
def serving(environment: dict[str, str], folder: Path) -> Generator[tuple[str, int]]:
    """`gamification serve` on a free port: its address and its process id."""
    log = folder / "server.log"
    with log.open("wb") as output:
        serving = subprocess.Popen(
            [Path(sys.executable).parent / "gamification", "serve", "--port", "0"],
            env={**environment, "GAMIFICATION_LOG_LEVEL": "info"},
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _address(log, serving), serving.pid
    finally:
        serving.terminate()
        serving.wait(30)


def _address(log: Path, serving: subprocess.Popen[bytes]) -> str:
    """The address the server says it listens on, once it does."""
    for _ in range(300):
        found = re.search(r"http://[\d.]+:\d+", log.read_text())
        if found:
            return found[0]
        if serving.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"the server did not start: {log.read_text()[-2000:]}")
