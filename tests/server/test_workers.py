"""Several workers on one socket: what one does the others tell, and the death of one is no end."""

import os
import signal
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection

from tests.server.asking import ask, nothing_differs, secret_for
from tests.server.running import Running, receive, running_server, send
from tests.server.terminal import CLUB, Terminal
from tests.valkey import Valkey, valkey

__all__ = ["valkey"]

VISIT = (
    "mutation($key: String) {"
    ' recordActivity(input: {member: "anne", type: "visit", key: $key})'
    " { replayed userErrors { code } } }"
)
BOARD = 'subscription { leaderboardUpdated(key: "all", perSecond: 10) { entries { score } } }'
RECORDED: dict[str, Any] = {"replayed": False, "userErrors": []}


def events(server: Running, name: str) -> list[dict[str, Any]]:
    return [line for line in server.log if line.get("event") == name]


def pids(server: Running) -> list[int]:
    """The workers that are up, the oldest first."""
    dead = {line["pid"] for line in events(server, "worker died")}
    return [pid for line in events(server, "worker up") if (pid := line["pid"]) not in dead]


async def score(socket: ClientConnection) -> str | None:
    payload = (await receive(socket))["payload"]["data"]["leaderboardUpdated"]
    return payload["entries"][0]["score"] if payload["entries"] else None


async def visit_until_told(
    clients: list[httpx.AsyncClient], sockets: list[ClientConnection], count: int
) -> None:
    """Each visit, wherever it is recorded, is told on all sockets."""
    for number in range(count):
        client = clients[number % len(clients)]
        assert await ask(client, VISIT, key=f"k{number}") == RECORDED
        for socket in sockets:
            assert await score(socket) == str(number + 1)


@pytest.mark.parametrize("has_redis", [True, False])
async def test_what_one_worker_records_all_tell(
    postgresql_url: str, valkey: Valkey, *, has_redis: bool
) -> None:
    secret = await secret_for(postgresql_url, CLUB, "read", "activities:write")
    redis = {"redis_url": valkey.url} if has_redis else {}
    async with running_server(postgresql_url, workers="2", **redis) as server:
        assert len(pids(server)) == 2
        assert os.getpgid(pids(server)[0]) != os.getpgid(server.process.pid)
        async with AsyncExitStack() as stack:
            sockets = [await stack.enter_async_context(server.socket(secret)) for _ in range(8)]
            clients = [await stack.enter_async_context(server.client(secret)) for _ in range(4)]
            for socket in sockets:
                assert (await receive(socket))["type"] == "connection_ack"
                await send(socket, id="1", type="subscribe", payload={"query": BOARD})
                assert await score(socket) is None
            await visit_until_told(clients, sockets, 4)
        assert await server.stop() == 0
    assert [line["event"] for line in server.log].count("stopped") == 1
    await nothing_differs(postgresql_url)


async def test_a_worker_that_dies_is_replaced_and_its_subscriber_goes_on(
    postgresql_url: str, valkey: Valkey
) -> None:
    secret = await secret_for(postgresql_url, CLUB, "read", "activities:write")
    async with running_server(postgresql_url, workers="2", redis_url=valkey.url) as server:
        for number in range(3):
            os.kill(pids(server)[0], signal.SIGKILL)
            await server.logged("worker up", 3 + number)
            async with server.client(secret) as client:
                assert await ask(client, VISIT, key=f"k{number}") == RECORDED
        assert [line["status"] for line in events(server, "worker died")] == [-9, -9, -9]
        assert await server.stop() == 0
    await nothing_differs(postgresql_url)


async def test_workers_end_with_their_parent(postgresql_url: str) -> None:
    async with running_server(postgresql_url, workers="2") as server:
        # The log ends when the last of them does.
        assert await server.stop(signal.SIGKILL) == -signal.SIGKILL
        async with server.client("gam_any") as client:
            with pytest.raises(httpx.ConnectError):
                await client.get("/health")


async def test_what_keeps_the_first_worker_from_starting_ends_all() -> None:
    with pytest.raises(AssertionError, match="cannot be opened") as failed:
        async with running_server("postgresql://nobody@127.0.0.1:1/none", workers="3") as server:
            await server.ended()
    assert str(failed.value).count("cannot be opened") == 1


def test_several_workers_need_postgresql(terminal: Terminal) -> None:
    said = terminal.run("serve", "--workers", "2")
    assert said.status == 2
    assert "2 workers cannot share a SQLite database" in said.err
