"""A subscriber that may have missed something looks, and is told nothing that it knows already."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from tests.api.live import Server, Socket, serving
from tests.api.world import FORUM, Deploy, World

BOARD = """subscription {
  leaderboardUpdated(key: "reputation", perSecond: 10) {
    entries { score member { externalId } }
  }
}"""
MEMBER = """subscription ($after: String) {
  memberUpdated(externalId: "ann", after: $after, perSecond: 10) {
    cursor notices { member { externalId } } member { points { balance } }
  }
}"""
FEED = "subscription { feedUpdated(perSecond: 10) { notices { member { externalId } } } }"


@pytest.fixture
async def small_world(small_world: World) -> World:
    """With one server that is followed, and which looks only when the test says so."""
    small_world.divide()
    await small_world.stop_looking()
    return small_world


@pytest.fixture
async def server(small_world: World) -> AsyncIterator[Server]:
    async with serving(small_world) as server:
        yield server


def doubt(world: World) -> None:
    """Let all who listen look for themselves."""
    for server in world.servers:
        for ear in server.local.ears(world.program.id):
            ear.doubt()


async def unheard(world: World, member: str, type: str) -> None:
    """A member did something, and the subscribers' servers heard nothing of it."""
    properties = {"post": "p1"} if type == "upvote" else {}
    await (await world.unheard()).did(member, type, properties=properties)


async def scores(socket: Socket) -> dict[str, str]:
    entries = (await socket.next())["leaderboardUpdated"]["entries"]
    return {each["member"]["externalId"]: each["score"] for each in entries}


async def test_what_was_not_heard_of_is_told_once(small_world: World, server: Server) -> None:
    async with server.ready() as socket:
        await socket.subscribe(BOARD)
        assert await scores(socket) == {}
        await unheard(small_world, "ann", "upvote")
        doubt(small_world)
        assert await scores(socket) == {"ann": "11"}
        doubt(small_world)
        await unheard(small_world, "ben", "upvote")
        # Had the doubt without anything new been told, it would come before this.
        doubt(small_world)
        assert await scores(socket) == {"ann": "11", "ben": "11"}


@pytest.mark.parametrize(("query", "first"), [(BOARD, "leaderboardUpdated"), (FEED, "feedUpdated")])
async def test_where_nothing_is_new_nothing_is_told(
    small_world: World, server: Server, query: str, first: str
) -> None:
    async with server.ready() as socket:
        await socket.subscribe(query)
        snapshot = (await socket.next())[first]
        for _ in range(3):
            doubt(small_world)
            await looked(small_world)
        await small_world.did("ann", "upvote", properties={"post": "p1"})
        await small_world.did("ann", "visit")
        assert (await socket.next())[first] != snapshot


async def looked(world: World) -> None:
    """Somebody else has been told something that came after the doubt, so it was looked into."""
    async with serving(world) as other, other.ready() as socket:
        await socket.subscribe(MEMBER)
        await socket.next()
        await world.did("ann", "purchase", value=10_000, properties={"store": "s"})
        await socket.next()


@pytest.mark.parametrize("board", ["weekly", "lately"])
async def test_a_board_that_has_turned_is_told_though_nothing_was_written(
    deploy_small: Deploy, board: str
) -> None:
    lately = "  lately: {name: Lately, points: reputation, every: 7 days}\n"
    world = await deploy_small(FORUM + lately)
    query = (
        f'subscription {{ leaderboardUpdated(key: "{board}", perSecond: 10) '
        "{ period { startsAt } entries { score } } }"
    )
    async with serving(world) as server, server.ready() as socket:
        await world.did("ann", "upvote", properties={"post": "p1"})
        await socket.subscribe(query)
        before = (await socket.next())["leaderboardUpdated"]
        assert before["entries"] == [{"score": "10"}]
        world.at += timedelta(days=7)
        doubt(world)
        after = (await socket.next())["leaderboardUpdated"]
        assert after["entries"] == []
        assert datetime.fromisoformat(after["period"]["startsAt"]) == (
            datetime.fromisoformat(before["period"]["startsAt"]) + timedelta(days=7)
        )


async def test_the_feed_is_told_no_empty_update(small_world: World, server: Server) -> None:
    async with server.ready() as socket:
        await socket.subscribe(FEED)
        assert (await socket.next())["feedUpdated"] == {"notices": []}
        for member in ("ann", "ben"):
            doubt(small_world)
            await unheard(small_world, member, "visit")
            doubt(small_world)
            told = (await socket.next())["feedUpdated"]["notices"]
            assert told == [{"member": {"externalId": member}}]


async def test_a_member_is_told_each_notice_once(small_world: World, server: Server) -> None:
    async with server.ready() as socket:
        await socket.subscribe(MEMBER)
        assert (await socket.next())["memberUpdated"]["notices"] == []
        await unheard(small_world, "ann", "visit")
        doubt(small_world)
        update = (await socket.next())["memberUpdated"]
        assert update["notices"] == [{"member": {"externalId": "ann"}}]
        await unheard(small_world, "ann", "upvote")
        doubt(small_world)
        later = (await socket.next())["memberUpdated"]
        assert (later["notices"], later["member"]["points"]) == ([], [{"balance": "11"}])
        assert later["cursor"] == update["cursor"]


async def test_those_who_were_told_different_things_are_told_the_same(
    small_world: World, server: Server
) -> None:
    async with server.ready() as one, server.ready() as two:
        await one.subscribe(BOARD)
        assert await scores(one) == {}
        await unheard(small_world, "ann", "upvote")
        await two.subscribe(BOARD)
        assert await scores(two) == {"ann": "11"}
        assert small_world.listener_count == 1
        # One does not know what two knows. They share an execution, and are told together.
        doubt(small_world)
        assert await scores(one) == {"ann": "11"}
        assert await scores(two) == {"ann": "11"}
        doubt(small_world)
        await unheard(small_world, "ben", "upvote")
        doubt(small_world)
        for socket in (one, two):
            assert await scores(socket) == {"ann": "11", "ben": "11"}
