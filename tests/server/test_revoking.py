"""A key that is revoked is of no use any more, not even to those who are connected with it."""

import asyncio

from gamification.ports import ApiKey, Store
from gamification.use_cases.apply_definition import apply_definition
from gql.connected import Connected
from models.store import open_store
from server.credentials import ApiKeys, NewApiKey, create_api_key
from server.revoking import Revoking
from tests.api.events import streaming
from tests.builders import NOON, definition
from tests.server.running import SECONDS_MAX, receive, running_server, send

FEED = "subscription { feedUpdated { resync } }"


async def made(store: Store, *, key: str = "club") -> NewApiKey:
    """A new key that may read a program."""
    applied = await apply_definition(store, definition(key=key), now=NOON)
    assert applied.program is not None
    return await create_api_key(
        store, applied.program.id, name="app", scopes=frozenset({"read"}), now=NOON
    )


async def revoke(store: Store, key: ApiKey) -> None:
    assert await store.revoke_api_key(key.program, key.id)


def revoking(store: Store, connected: Connected, *, seconds: float = 3600.0) -> Revoking:
    return Revoking(store, ApiKeys(store), connected, seconds=seconds)


async def test_only_those_with_a_revoked_key_are_sent_away(store: Store) -> None:
    connected, left = Connected(), list[str]()
    gone, (stays, _), (elsewhere, _) = (
        (await made(store)).key,
        await made(store),
        await made(store, key="other"),
    )
    with (
        connected.staying(gone, lambda: left.append("first")),
        connected.staying(gone, lambda: left.append("second")),
        connected.staying(stays, lambda: left.append("stays")),
        connected.staying(elsewhere, lambda: left.append("elsewhere")),
        connected.staying(None, lambda: left.append("nobody")),
    ):
        await revoking(store, connected).look()
        assert left == []
        await revoke(store, gone)
        await revoking(store, connected).look()
        assert sorted(left) == ["first", "second"]
    assert connected.credentials == ()
    assert connected.send_away(gone) == 0


async def test_a_new_key_does_not_save_those_of_an_old_one(store: Store) -> None:
    connected, left = Connected(), list[str]()
    old = (await made(store)).key
    with connected.staying(
        old._replace(created_at=NOON.replace(year=2000)), lambda: left.append("old")
    ):
        await revoking(store, connected).look()
    assert left == ["old"]


async def test_whoever_hears_of_a_revocation_looks_at_once(store: Store) -> None:
    connected, left = Connected(), asyncio.Event()
    key, _ = await made(store)
    looks = revoking(store, connected)
    looks.start()
    try:
        with connected.staying(key, left.set):
            await revoke(store, key)
            looks.hear(key.program)
            async with asyncio.timeout(SECONDS_MAX):
                await left.wait()
    finally:
        await looks.stop()


async def test_sockets_and_streams_of_a_revoked_key_are_closed(sqlite_url: str) -> None:
    async with open_store(sqlite_url) as store:
        key, secret = await made(store)
        _, other = await made(store)
        async with (
            running_server(sqlite_url, credential_cache_seconds="0") as server,
            server.socket(secret) as socket,
            server.socket(other) as others,
            streaming(
                f"{server.url}/graphql", FEED, headers={"authorization": f"Bearer {secret}"}
            ) as stream,
        ):
            for each in (socket, others):
                assert (await receive(each))["type"] == "connection_ack"
                await send(each, id="1", type="subscribe", payload={"query": FEED})
                assert (await receive(each))["type"] == "next"
            assert (await stream.next()).name == "next"
            await revoke(store, key)
            async with asyncio.timeout(SECONDS_MAX):
                await socket.wait_closed()
            assert (socket.close_code, socket.close_reason) == (
                4403,
                "The credentials are not valid any more",
            )
            # Without `complete` the client asks again, and is told why not.
            assert await stream.rest() == []
            await send(others, id="2", type="subscribe", payload={"query": "{ __typename }"})
            assert (await receive(others))["payload"] == {"data": {"__typename": "Query"}}
            assert await server.stop() == 0
        assert [line["event"] for line in server.log if line["level"] == "error"] == []
