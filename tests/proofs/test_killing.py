"""Processes killed at any moment: nothing acknowledged is lost, and nothing is there twice."""

import asyncio
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from models.store import open_store
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
    moments = random.Random(5)  # noqa: S311 (moments, not secrets)
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
    waiting = [f"kill-{number}" for number in range(ACTIVITIES)]
    acknowledged: set[str] = set()
    moments = random.Random(9)  # noqa: S311 (moments, not secrets)
    for kill in range(KILLS + 1):
        with _serving(database_url, tmp_path) as (url, server):
            clients = [
                asyncio.create_task(_send(url, token, waiting, acknowledged))
                for _ in range(CLIENTS)
            ]
            if kill < KILLS:
                enough = len(acknowledged) + moments.randrange(20, ACTIVITIES // (KILLS + 2))
                while len(acknowledged) < enough and waiting:
                    await asyncio.sleep(0)
                server.send_signal(signal.SIGKILL)
            await asyncio.gather(*clients)
        async with open_store(database_url) as store:
            found = await store.reading((await forum(store)).record).activities_by_key(acknowledged)
            assert found.keys() == acknowledged
    assert acknowledged == {f"kill-{number}" for number in range(ACTIVITIES)}
    async with open_store(database_url) as store:
        program = await forum(store)
        (upvoted,) = [
            tally.touches
            for (key, tally) in (
                await store.reading(program.record).tallies(
                    [
                        member.id
                        for member in await store.reading(program.record).member_page(
                            after=None, limit=1
                        )
                    ],
                    [("comments", "")],
                )
            ).items()
            if key.metric == "comments"
        ]
    assert upvoted == ACTIVITIES
    gamification("verify", "--program", "travel-forum", url=database_url, folder=tmp_path)


async def _send(url: str, token: str, waiting: list[str], acknowledged: set[str]) -> None:
    """Send activities one after the other until there are none, or the server is gone."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(timeout=30, headers=headers) as client:
        while waiting:
            key = waiting.pop()
            activity = {"member": "m", "type": "comment.posted", "key": key}
            variables = {"input": {**activity, "properties": {"post": "1"}}}
            try:
                answer = await client.post(url, json={"query": RECORD, "variables": variables})
            except httpx.TransportError:
                waiting.append(key)  # it may be stored or not: the same key is sent again
                return
            recorded = answer.json()["data"]["recordActivity"]
            assert recorded["userErrors"] == []
            assert recorded["activity"] == {"key": key}
            acknowledged.add(key)


@contextmanager
def _serving(url: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`gamification serve` on a free port: its GraphQL endpoint and the process."""
    log = folder / f"server-{time.monotonic_ns()}.log"
    with _process(("serve", "--port", "0"), url=url, folder=folder, output=log) as server:
        while not (found := re.search(r"http://[\d.]+:\d+", log.read_text())):
            assert server.poll() is None, log.read_text()
            time.sleep(0.02)  # another process has nothing to wait on
        yield f"{found[0]}/graphql", server


@contextmanager
def _process(
    command: tuple[str, ...], *, url: str, folder: Path, output: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A command of the command line, killed at the end if it still runs."""
    with (output or Path(os.devnull)).open("wb") as out:
        process = subprocess.Popen(
            [Path(sys.executable).parent / "gamification", *command],
            env={**os.environ, "GAMIFICATION_DATABASE_URL": url},
            cwd=folder,
            stdout=out,
            stderr=out,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait(30)
