"""Processes killed at any moment: nothing acknowledged is lost, and nothing is there twice."""

import asyncio
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx
import pytest

from models.store import open_store
from tests.proofs.acknowledged import Log
from tests.proofs.forum import DEFINITION, SLICE, digests, forum, gamification

KILLS = 6
CLIENTS = 16
ACTIVITIES = 1_500
SECONDS_MAX = 300

RECORD = """
mutation ($input: RecordActivityInput!) {
  recordActivity(input: $input) { replayed activity { key } userErrors { code message } }
}
"""


@pytest.mark.timeout(SECONDS_MAX)
async def test_an_import_killed_at_any_time_goes_on_where_it_was(
    database_url: str, sqlite_url: str, tmp_path: Path
) -> None:
    undisturbed = f"sqlite://{tmp_path / 'undisturbed.db'}"
    command = ("import", "--program", "travel-forum", "--batch", "500", str(SLICE))
    gamification("apply", str(DEFINITION), url=undisturbed, folder=tmp_path)
    started = time.monotonic()
    gamification(*command, url=undisturbed, folder=tmp_path)
    seconds = time.monotonic() - started

    gamification("apply", str(DEFINITION), url=database_url, folder=tmp_path)
    moments = random.Random(5)
    for _ in range(KILLS):
        with _process(command, url=database_url, folder=tmp_path) as importing:
            with pytest.raises(subprocess.TimeoutExpired):
                importing.wait(moments.uniform(0.2, 0.8) * seconds / 2)
            importing.send_signal(signal.SIGKILL)
    gamification(*command, url=database_url, folder=tmp_path)
    gamification("verify", "--program", "travel-forum", url=database_url, folder=tmp_path)
    async with open_store(undisturbed) as store:
        expected = await digests(store, await forum(store))
    async with open_store(database_url) as store:
        assert await digests(store, await forum(store)) == expected


@pytest.mark.timeout(SECONDS_MAX)
async def test_a_server_killed_at_any_time_keeps_what_it_acknowledged(
    database_url: str, tmp_path: Path
) -> None:
    gamification("apply", str(DEFINITION), url=database_url, folder=tmp_path)
    scopes = ("--scope", "read", "--scope", "activities:write")
    made = gamification(
        "keys", "create", "--program", "travel-forum", *scopes, url=database_url, folder=tmp_path
    )
    token = made.stdout.strip().splitlines()[-1]
    log = Log([f"kill-{number}" for number in range(ACTIVITIES)])
    moments = random.Random(9)
    for kill in range(KILLS + 1):
        with _serving(database_url, tmp_path) as (url, server):
            clients = [asyncio.create_task(_send(url, token, log)) for _ in range(CLIENTS)]
            if kill < KILLS:
                await log.reached(
                    len(log.acknowledged) + moments.randrange(20, ACTIVITIES // (KILLS + 2))
                )
                server.send_signal(signal.SIGKILL)
            await asyncio.gather(*clients)
        assert await _stored(database_url, log.acknowledged) == log.acknowledged
    assert log.acknowledged == {f"kill-{number}" for number in range(ACTIVITIES)}
    assert await _comments(database_url) == ACTIVITIES
    gamification("verify", "--program", "travel-forum", url=database_url, folder=tmp_path)


async def _stored(url: str, keys: set[str]) -> set[str]:
    """Which of the activities are in the database."""
    async with open_store(url) as store:
        program = await forum(store)
        return set(await store.reading(program.record).activities_by_key(keys))


async def _comments(url: str) -> int:
    """How many comments the one member has been counted for."""
    async with open_store(url) as store:
        reading = store.reading((await forum(store)).record)
        (member,) = await reading.member_page(after=None, limit=2)
        (tally,) = (await reading.tallies([member.id], [("comments", "")])).values()
        return tally.touches


async def _send(url: str, token: str, log: Log) -> None:
    """Send activities one after the other until there are none, or the server is gone."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(timeout=30, headers=headers) as client:
        while log.waiting:
            key = log.waiting.pop()
            activity = {"member": "m", "type": "comment.posted", "key": key}
            variables = {"input": {**activity, "properties": {"post": "1"}}}
            try:
                answer = await client.post(url, json={"query": RECORD, "variables": variables})
            except httpx.TransportError:
                log.waiting.append(key)  # it may be stored or not: the same key is sent again
                return
            recorded = answer.json()["data"]["recordActivity"]
            assert recorded["userErrors"] == []
            assert recorded["activity"] == {"key": key}
            log.acknowledge(key)


@contextmanager
def _serving(url: str, folder: Path) -> Generator[tuple[str, subprocess.Popen[bytes]]]:
    """`gamification serve` on a free port: its GraphQL endpoint and the process."""
    with _process(("serve", "--port", "0"), url=url, folder=folder) as server:
        assert server.stdout is not None
        for line in server.stdout:  # until it says where it listens; one that dies ends the loop
            if found := re.search(rb"http://[\d.]+:\d+", line):
                # A full pipe would stop the server: read on, and throw away.
                Thread(target=deque, args=(server.stdout, 0), daemon=True).start()
                yield f"{found[0].decode()}/graphql", server
                return
        pytest.fail("the server said no address")


@contextmanager
def _process(
    command: tuple[str, ...], *, url: str, folder: Path
) -> Generator[subprocess.Popen[bytes]]:
    """A command of the command line, killed at the end if it still runs."""
    with subprocess.Popen(
        [Path(sys.executable).parent / "gamification", *command],
        env={**os.environ, "GAMIFICATION_DATABASE_URL": url},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
