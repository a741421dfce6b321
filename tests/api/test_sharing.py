"""Subscriptions that ask for the same are executed once; each follower sees what it would alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any
from weakref import ref

import orjson
import pytest
from graphql import GraphQLError
from strawberry.types.execution import ExecutionResult

from gamification.outcomes import Notice, NoticeKind
from gql.audience import Audience, Follower
from gql.encoding import Encoded
from gql.pages import cursor
from tests.api.live import Server, Socket, serving
from tests.api.world import FORUM, NOON, World

BOARD = """subscription {operation} {{
  leaderboardUpdated(key: "weekly", first: 2, perSecond: 10) {{
    cursor resync period {{ participantCount }} entries {{ rank score member {{ externalId }} }}
  }}
}}"""
FEED = """subscription ($after: String) { feedUpdated(after: $after, perSecond: 10) {
  cursor resync notices { member { externalId } }
} }"""


@pytest.fixture
async def small_world(small_world: World) -> World:
    """With one server that is followed: executions are shared among those who follow at one."""
    small_world.divide()
    return small_world


@pytest.fixture
async def server(small_world: World) -> AsyncIterator[Server]:
    async with serving(small_world) as server:
        yield server


async def payload(socket: Socket, id: str) -> bytes:
    """The next result's very bytes, without the operation's id."""
    async with asyncio.timeout(10):
        text = await socket.connection.recv(decode=False)
    head = b'{"id":%b,"type":"next","payload":' % orjson.dumps(id)
    assert text.startswith(head), text
    return text.removeprefix(head)


async def told(socket: Socket) -> tuple[list[str], str]:
    """Of whom the next update of the feed tells, and its cursor."""
    update = (await socket.next())["feedUpdated"]
    assert update["resync"] is False
    return [each["member"]["externalId"] for each in update["notices"]], update["cursor"]


async def test_followers_get_the_bytes_they_would_get_alone(
    small_world: World, server: Server
) -> None:
    ids = {"1": "A", "ü": "A", "0b7c6a52-6e3f-4d0e-b1bb-cb9a4d2c3f10": "A", "alone": "B"}
    await small_world.upvotes("ann", 1)
    async with AsyncExitStack() as sockets:
        opened = {id: await sockets.enter_async_context(server.ready()) for id in ids}
        for id, operation in ids.items():
            await opened[id].subscribe(BOARD.format(operation=operation), id=id)
        snapshots = {await payload(socket, id) for id, socket in opened.items()}
        assert len(snapshots) == 1
        # Operation B is another document: it is executed for one follower alone.
        assert small_world.listener_count == 2
        await small_world.upvotes("ann", 1)
        updates = {await payload(socket, id) for id, socket in opened.items()}
        assert len(updates) == 1
        assert b'"score":"20"' in updates.pop()


def test_what_waits_for_slow_readers_is_in_memory_once() -> None:
    encoded = Encoded(ExecutionResult(data={"a": 1}, errors=None))
    assert encoded.message_end == b'{"data":{"a":1}}}'
    assert encoded.message_end is encoded.message_end


async def test_one_socket_may_follow_twice(small_world: World, server: Server) -> None:
    async with server.ready() as socket:
        for id in ("1", "2"):
            await socket.subscribe(FEED, id=id)
            await socket.next(id)
        assert small_world.listener_count == 1
        await small_world.did("ann", "visit")
        assert await payload(socket, "1") == await payload(socket, "2")
        await socket.send({"id": "1", "type": "complete"})
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}
        await small_world.did("bob", "visit")
        assert await socket.next("2") == {
            "feedUpdated": {
                "cursor": cursor("notice", 1, 2),
                "resync": False,
                "notices": [{"member": {"externalId": "bob"}}],
            }
        }


async def test_who_comes_late_begins_with_the_present(small_world: World, server: Server) -> None:
    board = BOARD.format(operation="A")
    async with server.ready() as early, server.ready() as late:
        await early.subscribe(board)
        await early.next()
        await small_world.upvotes("ann", 1)
        first = await early.next()
        await late.subscribe(board)
        assert await late.next() == first
        await small_world.upvotes("ann", 1)
        assert await payload(early, "1") == await payload(late, "1")
        assert small_world.listener_count == 1


async def test_a_snapshot_tells_no_notices_of_before(small_world: World, server: Server) -> None:
    async with server.ready() as early, server.ready() as late:
        await early.subscribe(FEED)
        assert await told(early) == ([], cursor("notice", 1, 0))
        await small_world.did("ann", "visit")
        assert await told(early) == (["ann"], cursor("notice", 1, 1))
        await late.subscribe(FEED)
        assert await told(late) == ([], cursor("notice", 1, 1))
        await small_world.did("bob", "visit")
        assert await told(early) == await told(late) == (["bob"], cursor("notice", 1, 2))


async def test_those_who_come_back_follow_the_same(small_world: World, server: Server) -> None:
    async with AsyncExitStack() as sockets:
        early, one, two = [await sockets.enter_async_context(server.ready()) for _ in range(3)]
        await early.subscribe(FEED)
        cursors = [(await told(early))[1]]
        for name in ("ann", "bob"):
            await small_world.did(name, "visit")
            names, place = await told(early)
            assert names == [name]
            cursors.append(place)
        await one.subscribe(FEED, after=cursors[0])
        await two.subscribe(FEED, after=cursors[1])
        assert await told(one) == (["ann", "bob"], cursors[2])
        assert await told(two) == (["bob"], cursors[2])
        assert small_world.listener_count == 1
        await small_world.did("cy", "visit")
        assert {await payload(socket, "1") for socket in (early, one, two)} == {
            b'{"data":{"feedUpdated":{"cursor":"%b","resync":false,"notices":'
            b'[{"member":{"externalId":"cy"}}]}}}}' % cursor("notice", 1, 3).encode()
        }


async def test_who_was_told_more_elsewhere_is_told_nothing_twice(
    small_world: World, server: Server
) -> None:
    # Another process has told of a notice that this one has not even heard of.
    other = await small_world.unheard()
    async with server.ready() as early, server.ready() as back:
        await early.subscribe(FEED)
        await told(early)
        ann = (await other.did("ann", "visit")).member.id
        await back.subscribe(FEED, after=cursor("notice", 1, 1))
        assert await told(back) == ([], cursor("notice", 1, 1))
        assert await told(early) == (["ann"], cursor("notice", 1, 1))
        # The same where the notice is none of those that are told.
        secret = Notice(0, NoticeKind.BADGE_AWARDED, ann, None, NOON, is_public=False)
        async with other.store.writing(other.program.record) as writing:
            await writing.add_notices([secret])
        await back.send({"id": "1", "type": "complete"})
        await back.subscribe(FEED, id="2", after=cursor("notice", 1, 2))
        assert (await back.next("2"))["feedUpdated"] == {
            "cursor": cursor("notice", 1, 2),
            "resync": False,
            "notices": [],
        }


@pytest.mark.parametrize(
    "query",
    [
        'subscription { feedUpdated(after: "%s") { resync notices { level } } }',
        (
            'subscription ($after: String = "%s") { feedUpdated(after: $after) '
            "{ resync notices { level } } }"
        ),
        (
            'subscription { ...F } fragment F on Subscription { feedUpdated(after: "%s") '
            "{ resync notices { level } } }"
        ),
    ],
)
async def test_a_cursor_in_the_document_is_gone_on_from(
    small_world: World, server: Server, query: str
) -> None:
    await small_world.did("ann", "visit")
    async with server.ready() as one, server.ready() as two:
        for socket in (one, two):
            await socket.subscribe(query % cursor("notice", 1, 0))
            assert await socket.next() == {
                "feedUpdated": {"resync": False, "notices": [{"level": 1}]}
            }
        assert small_world.listener_count == 1


async def test_a_cursor_that_must_be_given_is_one_of_the_variables(
    small_world: World, server: Server
) -> None:
    query = FEED.replace("$after: String", "$after: String!")
    await small_world.did("ann", "visit")
    async with server.ready() as socket:
        await socket.subscribe(query, after=cursor("notice", 1, 0))
        assert await told(socket) == (["ann"], cursor("notice", 1, 1))
        await socket.subscribe(query, id="2")
        message = await socket.receive()
        assert (message["id"], message["type"]) == ("2", "error")


async def test_a_variable_is_counted_however_it_is_spelled(small_world: World) -> None:
    await small_world.upvotes("ann", 1)
    query = """subscription ($after: String) {
      leaderboardUpdated(key: "weekly", around: $ # the same
        after, after: $after) { around { member { externalId } } }
    }"""
    async with serving(small_world) as server, server.ready() as socket:
        await socket.subscribe(query, after="ann")
        assert await socket.next() == {
            "leaderboardUpdated": {"around": [{"member": {"externalId": "ann"}}]}
        }


async def test_a_cursor_that_is_no_text_is_refused(small_world: World, server: Server) -> None:
    async with server.ready() as socket:
        await socket.subscribe(FEED, id="good")
        await socket.next("good")
        await socket.subscribe(FEED, after=[1])
        message = await socket.receive()
        assert (message["id"], message["type"]) == ("1", "error")
        assert message["payload"][0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}


class _Place(str):
    """A cursor of which can be seen whether anybody holds it."""


class _Untold(Follower):
    """Somebody who leaves before they are told anything."""

    wants_cursor = False

    def tell(self, result: Encoded) -> None:
        raise AssertionError

    def fail(self, errors: Sequence[GraphQLError]) -> None:
        raise AssertionError

    def complete(self) -> None:
        raise AssertionError

    def break_off(self) -> None:
        raise AssertionError


def test_nothing_is_kept_of_those_who_leave_before_they_begin() -> None:
    audience, first, second = Audience(), _Untold(), _Untold()
    place = _Place("a place")
    held = ref(place)
    audience.join(first, place)
    audience.join(second, None)
    audience.leave(first)
    del place
    assert held() is None
    assert (audience.is_waiting, audience.next_newcomers(), len(audience)) == (True, None, 1)
    audience.leave(second)
    assert (audience.is_waiting, bool(audience)) == (False, False)


async def test_the_others_go_on_when_the_first_leaves(small_world: World, server: Server) -> None:
    async with server.ready() as second:
        async with server.ready() as first:
            for socket in (first, second):
                await socket.subscribe(FEED)
                await told(socket)
        await small_world.did("ann", "visit")
        assert await told(second) == (["ann"], cursor("notice", 1, 1))
        assert small_world.listener_count == 1
        await second.send({"id": "1", "type": "complete"})
        # The last has left; who comes now begins anew.
        await second.subscribe(FEED, id="2")
        await small_world.did("bob", "visit")
        update = await second.next("2")
        names = [each["member"]["externalId"] for each in update["feedUpdated"]["notices"]]
        while not names:  # the snapshot may be of before or after
            if update["feedUpdated"]["cursor"] == cursor("notice", 1, 2):
                return
            update = await second.next("2")
            names = [each["member"]["externalId"] for each in update["feedUpdated"]["notices"]]
        assert names == ["bob"]


@pytest.mark.parametrize("times", range(5))
async def test_a_change_while_somebody_comes_is_not_lost(world: World, times: int) -> None:
    board = BOARD.format(operation="A")
    async with serving(world) as server, server.ready() as early, server.ready() as late:
        await early.subscribe(board)
        await early.next()
        await late.subscribe(board)
        for _ in range(times * 10):  # another moment each time
            await asyncio.sleep(0)
        await world.upvotes("ann", 1)
        for socket in (early, late):
            update = await socket.next()
            while not update["leaderboardUpdated"]["entries"]:
                update = await socket.next()
            assert update["leaderboardUpdated"]["entries"][0]["score"] == "10"


async def test_other_scopes_never_share(small_world: World, server: Server) -> None:
    async with AsyncExitStack() as sockets:
        for scopes in ({"read"}, {"read", "points:write"}, {"read"}):
            small_world.scopes = frozenset(scopes)
            socket = await sockets.enter_async_context(server.ready())
            await socket.subscribe(FEED)
            await told(socket)
        assert small_world.listener_count == 2
        small_world.scopes = frozenset({"activities:write"})
        socket = await sockets.enter_async_context(server.ready())
        await socket.subscribe(FEED)
        message: dict[str, Any] = await socket.receive()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"] == {"code": "FORBIDDEN"}
        assert small_world.listener_count == 2


async def test_other_programs_never_share(world: World) -> None:
    other = await world.beside(FORUM.replace("key: forum", "key: other", 1))
    world.bearers["Bearer other"] = other
    for each in (world, other):
        each.divide()
    async with serving(world) as server, server.ready() as here:
        await here.subscribe(FEED)
        assert (await told(here))[0] == []
        async with server.socket() as there:
            await there.init("Bearer other")
            await there.subscribe(FEED)
            assert (await told(there))[0] == []
            assert world.listener_count == 2
            await world.did("ann", "visit")
            await other.did("bob", "visit")
            assert (await told(here))[0] == ["ann"]
            assert (await told(there))[0] == ["bob"]
