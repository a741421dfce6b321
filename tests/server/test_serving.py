"""The server as a process: it starts, logs, ends in order, and what it acknowledged is stored."""

import asyncio
import signal
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from gamification.ports import Store
from models.store import open_store
from tests.server.running import Running, receive, running_server, send
from tests.server.test_app import secret_of

VISIT = (
    'mutation($key: String) { recordActivity(input: {member: "anne", type: "visit", key: $key})'
    " { replayed userErrors { code } } }"
)


async def visit(client: httpx.AsyncClient, key: str) -> dict[str, Any]:
    response = await client.post("/graphql", json={"query": VISIT, "variables": {"key": key}})
    assert response.status_code == 200
    return response.json()["data"]["recordActivity"]


async def secret_for(database_url: str) -> str:
    async with open_store(database_url) as store:
        return await secret_of(store, "read", "activities:write")


async def stored_keys(store: Store) -> list[str]:
    """The keys of everything that is stored of Anne."""
    record = await store.program("club")
    assert record is not None
    reading = store.reading(record)
    found = await reading.members_by_external_id(["anne"])
    if not found:
        return []
    rows = await reading.activity_page(found["anne"].id, before=None, limit=10_000)
    return [row.activity.key for row in rows]


def events(server: Running, name: str) -> list[dict[str, Any]]:
    return [line for line in server.log if line.get("event") == name]


async def test_a_server_starts_logs_and_stops(sqlite_url: str) -> None:
    secret = await secret_for(sqlite_url)
    async with running_server(sqlite_url, scheduler_seconds="0") as server:
        async with server.client(secret) as client:
            assert (await client.get("/ready")).json() == {"status": "ok"}
            response = await client.post(
                "/graphql?x=hidden",
                json={"query": "{ program { key } }"},
                headers={"x-request-id": "request-1"},
            )
            assert response.json() == {"data": {"program": {"key": "club"}}}
        assert await server.stop() == 0
    (line,) = events(server, "request")
    assert {name: line[name] for name in ("method", "path", "status", "request_id", "level")} == {
        "method": "POST",
        "path": "/graphql",
        "status": 200,
        "request_id": "request-1",
        "level": "info",
    }
    assert secret not in str(server.log)
    assert "hidden" not in str(server.log)
    assert [line["event"] for line in server.log] == ["listening", "request", "stopped"]


async def test_stopping_finishes_the_mutations_that_were_sent(database_url: str) -> None:
    secret = await secret_for(database_url)
    async with running_server(database_url) as server, server.client(secret) as client:
        await visit(client, "first")
        sent = [asyncio.create_task(visit(client, f"k{n}")) for n in range(50)]
        await asyncio.wait(sent, return_when=asyncio.FIRST_COMPLETED)
        assert await server.stop() == 0
        answers = await asyncio.gather(*sent, return_exceptions=True)
    acknowledged = [
        f"k{n}" for n, each in enumerate(answers) if each == {"replayed": False, "userErrors": []}
    ]
    assert acknowledged
    async with open_store(database_url) as store:
        keys = await stored_keys(store)
    assert len(keys) == len(set(keys))
    assert set(acknowledged) | {"first"} <= set(keys)


async def test_stopping_tells_sockets_to_come_back(sqlite_url: str) -> None:
    secret = await secret_for(sqlite_url)
    async with running_server(sqlite_url) as server, server.socket(secret) as socket:
        assert (await receive(socket))["type"] == "connection_ack"
        query = 'subscription { leaderboardUpdated(key: "all") { resync } }'
        await send(socket, id="1", type="subscribe", payload={"query": query})
        assert await receive(socket) == {
            "id": "1",
            "type": "next",
            "payload": {"data": {"leaderboardUpdated": {"resync": False}}},
        }
        status = asyncio.create_task(server.stop())
        with pytest.raises(ConnectionClosed) as closed:
            await receive(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        assert await status == 0


async def test_a_socket_without_a_good_key_is_closed(sqlite_url: str) -> None:
    await secret_for(sqlite_url)
    async with running_server(sqlite_url) as server:
        for secret in (None, "gam_wrong"):
            async with server.socket(secret) as socket:
                with pytest.raises(ConnectionClosed) as closed:
                    await receive(socket)
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 4403


async def test_a_message_that_is_too_long_closes_its_socket(sqlite_url: str) -> None:
    secret = await secret_for(sqlite_url)
    async with (
        running_server(sqlite_url, socket_message_bytes_max="1024") as server,
        server.socket(secret) as socket,
    ):
        await receive(socket)
        await send(socket, type="ping", payload={"x": "y" * 2000})
        with pytest.raises(ConnectionClosed) as closed:
            await receive(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_a_message_that_is_not_utf8_closes_its_socket_and_is_not_logged(
    sqlite_url: str,
) -> None:
    secret = await secret_for(sqlite_url)
    async with running_server(sqlite_url, scheduler_seconds="0") as server:
        async with server.socket(secret) as socket:
            await receive(socket)
            await socket.send(b'{"type": "ping\xff"}', text=True)
            with pytest.raises(ConnectionClosed) as closed:
                await receive(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1007
        assert await server.stop() == 0
    assert [line["event"] for line in server.log] == ["listening", "request", "stopped"]


async def test_a_port_that_is_taken_is_named(sqlite_url: str) -> None:
    async with running_server(sqlite_url) as server:
        port = server.url.rpartition(":")[2]
        with pytest.raises(AssertionError, match=f"could not listen on 127.0.0.1:{port}"):
            async with running_server(sqlite_url, port=port) as other:
                await other.ended()


async def test_a_killed_server_has_stored_what_it_acknowledged(database_url: str) -> None:
    secret = await secret_for(database_url)
    acknowledged: set[str] = set()

    async def send_some(client: httpx.AsyncClient, sender: int, count: int) -> None:
        for number in range(count):
            key = f"{sender}-{number}"
            assert await visit(client, key) == {"replayed": False, "userErrors": []}
            acknowledged.add(key)

    async with running_server(database_url) as server, server.client(secret) as client:
        senders = [asyncio.create_task(send_some(client, n, 10_000)) for n in range(16)]
        await send_some(client, 99, 20)
        assert await server.stop(signal.SIGKILL) == -signal.SIGKILL
        ends = await asyncio.gather(*senders, return_exceptions=True)
        assert all(isinstance(end, httpx.TransportError) for end in ends), ends

    async with running_server(database_url) as server, server.client(secret) as client:
        for key in sorted(acknowledged):
            assert await visit(client, key) == {"replayed": True, "userErrors": []}
        assert await server.stop() == 0
    async with open_store(database_url) as store:
        keys = await stored_keys(store)
    assert len(keys) == len(set(keys))
    assert acknowledged <= set(keys)
    assert len(acknowledged) >= 20
