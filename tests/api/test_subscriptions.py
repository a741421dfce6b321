"""Subscriptions: a snapshot first, then the latest state, as a query would tell it."""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from typing import Any

import pytest

from server.live.hub import Ear, LocalHub
from tests.api.live import Server, serving
from tests.api.world import World

BOARD = """
subscription ($around: String, $after: String) {
  leaderboardUpdated(key: "weekly", first: 2, around: $around, after: $after, perSecond: 10) {
    cursor resync
    period { key participantCount }
    entries { rank score member { externalId } }
    around { rank member { externalId } }
  }
}
"""
MEMBER = """
subscription { memberUpdated(externalId: "ann", perSecond: 10) {
  cursor resync
  member { points { balance } progress { key current } }
  notices { kind at level badge { key } award { level } member { externalId } }
} }
"""
FEED = """
subscription { feedUpdated(perSecond: 10) { notices { badge { name } member { externalId } } } }
"""


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when somebody has stopped listening, at whichever server."""
    event, listen = asyncio.Event(), LocalHub.listen

    @contextmanager
    def noticed(hub: LocalHub, *args: Any, **kwargs: Any) -> Generator[Ear]:
        try:
            with listen(hub, *args, **kwargs) as ear:
                yield ear
        finally:
            event.set()

    monkeypatch.setattr(LocalHub, "listen", noticed)
    return event


@pytest.fixture
async def server(world: World) -> AsyncIterator[Server]:
    async with serving(world) as server:
        yield server


async def test_a_leaderboard_moves(world: World, server: Server) -> None:
    await world.upvotes("bob", 1)
    async with server.ready() as socket:
        await socket.subscribe(BOARD, around="ann")
        first = (await socket.next())["leaderboardUpdated"]
        assert first["resync"] is False
        assert first["period"] == {"key": "w2017-08-28", "participantCount": 1}
        bob = {"rank": 1, "score": "10", "member": {"externalId": "bob"}}
        assert (first["entries"], first["around"]) == ([bob], [])

        await world.upvotes("ann", 2)
        update = (await socket.next())["leaderboardUpdated"]
        while update["entries"][0]["score"] != "20":
            update = (await socket.next())["leaderboardUpdated"]
        assert [entry["member"]["externalId"] for entry in update["entries"]] == ["ann", "bob"]
        assert [entry["rank"] for entry in update["around"]] == [1, 2]

        asked = await world.ask(
            '{ leaderboard(key: "weekly") { period { entries { edges { node '
            "{ rank score member { externalId } } } } } } }"
        )
        edges = asked["leaderboard"]["period"]["entries"]["edges"]
        assert [edge["node"] for edge in edges] == update["entries"]


async def test_changes_that_come_together_are_told_together(world: World, server: Server) -> None:
    async with server.ready() as socket:
        await socket.subscribe(BOARD)
        await socket.next()
        # All of these happen before the event loop lets the subscription go on.
        for name in ("ann", "bob", "cy", "dora"):
            await world.upvotes(name, 1)
        counts = [(await socket.next())["leaderboardUpdated"]["period"]["participantCount"]]
        while counts[-1] < 4:
            counts.append((await socket.next())["leaderboardUpdated"]["period"]["participantCount"])
        assert counts == sorted(set(counts))
        assert len(counts) <= 4


async def test_resuming_is_answered_honestly(world: World, server: Server) -> None:
    async with server.ready() as socket:
        await socket.subscribe(BOARD, after="anything")
        assert (await socket.next())["leaderboardUpdated"]["resync"] is True


async def test_a_member_moves_before_and_after_they_are_known(world: World, server: Server) -> None:
    async with server.ready() as socket:
        await socket.subscribe(MEMBER)
        first = (await socket.next())["memberUpdated"]
        assert (first["member"], first["notices"], first["resync"]) == (None, [], False)

        await world.did("bob", "visit")
        await world.did("ann", "visit")
        update = (await socket.next())["memberUpdated"]
        assert update["notices"] == [
            {
                "kind": "BADGE_AWARDED",
                "at": "2017-08-30T12:00:02Z",
                "level": 1,
                "badge": {"key": "first-visit"},
                "award": {"level": 1},
                "member": {"externalId": "ann"},
            }
        ]
        assert update["member"] == {
            "points": [{"balance": "1"}],
            "progress": [
                {"key": "first-visit", "current": "1"},
                {"key": "regular", "current": "1"},
                {"key": "nice-post", "current": "0"},
                {"key": "status", "current": "0"},
            ],
        }
        assert update["cursor"] != first["cursor"]


async def test_the_feed_tells_what_everybody_may_know(world: World, server: Server) -> None:
    async with server.ready() as socket:
        await socket.subscribe(FEED)
        assert await socket.next() == {"feedUpdated": {"notices": []}}
        await world.did("ann", "purchase", value="500", properties={"store": "s"})  # a secret
        await world.did("ann", "visit")
        assert await socket.next() == {
            "feedUpdated": {
                "notices": [{"badge": {"name": "First Visit"}, "member": {"externalId": "ann"}}]
            }
        }


async def test_new_rules_hold_in_open_subscriptions(world: World, server: Server) -> None:
    async with server.ready() as socket:
        await socket.subscribe(
            'subscription { memberUpdated(externalId: "ann", perSecond: 10) '
            "{ member { points { name } } } }"
        )
        await socket.next()
        from tests.api.world import FORUM

        renamed = FORUM.replace(
            "reputation: {name: Reputation, start", "reputation: {name: Fame, start"
        )
        await world.ask(
            "mutation ($text: String!) { applyDefinition(input: {definition: $text}) "
            "{ userErrors { message } } }",
            text=renamed,
        )
        await world.did("ann", "visit")
        assert await socket.next() == {"memberUpdated": {"member": {"points": [{"name": "Fame"}]}}}


@pytest.mark.parametrize("leaving", ["complete", "close"])
async def test_who_leaves_is_forgotten(
    world: World, server: Server, left: asyncio.Event, leaving: str
) -> None:
    async with server.ready() as socket:
        await socket.subscribe(BOARD)
        await socket.next()
        if leaving == "complete":
            await socket.send({"id": "1", "type": "complete"})
        else:
            await socket.connection.close()
        async with asyncio.timeout(10):
            await left.wait()
        assert world.listener_count == 0


async def test_an_unknown_leaderboard_is_refused_by_the_name_of_its_argument(
    small_world: World,
) -> None:
    async with serving(small_world) as server, server.ready() as socket:
        await socket.subscribe('subscription { leaderboardUpdated(key: "x") { cursor } }')
        message = await socket.receive()
    (error,) = message["payload"]
    assert error["message"] == "there is no leaderboard 'x'"
    assert error["extensions"] == {"code": "NOT_FOUND", "field": ["key"]}
