"""A read that fails loses nothing for those who follow: they are told as soon as it can be read."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Generator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from graphql import GraphQLError

from gamification.ids import MemberId
from gamification.outcomes import Notice
from gamification.ports import Board, ProgramRecord, Standing
from gamification.program import Program
from gamification.stored import Member
from gamification.twin import Twin
from gamification.twin.reading import TwinReading
from gamification.use_cases.apply_definition import apply_definition
from gql.audience import Begin, Follower
from gql.documents import subscription_of
from gql.encoding import Encoded
from gql.pages import cursor
from gql.schema import schema
from gql.sharing import Asked, Groups
from models.driver import connected
from models.store import open_store
from tests.api.events import Events, streaming
from tests.api.live import SECONDS_MAX, Server, Socket, serving
from tests.api.one import Alone, Clock
from tests.api.test_doubt import doubt, unheard
from tests.api.world import FORUM, NOON, World, new_program, new_world
from tests.databases import PostgresqlServer

MEMBER = """subscription ($after: String) {
  memberUpdated(externalId: "ann", after: $after, perSecond: 10) {
    cursor resync notices { badge { key } } member { points { balance } }
  }
}"""
FEED = """subscription ($after: String) {
  feedUpdated(after: $after, perSecond: 10) { cursor notices { member { externalId } } }
}"""
BOARD = """subscription {
  leaderboardUpdated(key: "reputation", perSecond: 10) {
    entries { score member { externalId } }
  }
}"""
NOBODY: dict[str, Any] = {
    "cursor": cursor("notice", 1, 0),
    "resync": False,
    "notices": [],
    "member": None,
}
VISITED: dict[str, Any] = {
    "cursor": cursor("notice", 1, 1),
    "resync": False,
    "notices": [{"badge": {"key": "first-visit"}}],
    "member": {"points": [{"balance": "1"}]},
}
UPVOTED: dict[str, Any] = {**VISITED, "notices": [], "member": {"points": [{"balance": "11"}]}}


class LosingReading(TwinReading):
    """Reads what its store has not lost."""

    store: "Losing"

    async def members_by_external_id(self, external_ids: Collection[str]) -> dict[str, Member]:
        await self.store.read("members_by_external_id")
        return await super().members_by_external_id(external_ids)

    async def standings_with_members(
        self, board: Board, *, after: Standing | None, limit: int
    ) -> tuple[list[Standing], dict[MemberId, Member]]:
        await self.store.read("standings_with_members")
        return await super().standings_with_members(board, after=after, limit=limit)

    async def notices_after(
        self, after: int, *, member: MemberId | None, public_only: bool, limit: int
    ) -> list[Notice]:
        await self.store.read("notices_after")
        return await super().notices_after(
            after, member=member, public_only=public_only, limit=limit
        )


class Losing(Twin):
    """A store whose connection is lost for one kind of read, or which does not answer it."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: str | None = None
        self.failed: asyncio.Queue[float] = asyncio.Queue()
        """When reads failed."""
        self.slow: str | None = None
        self.is_asked = asyncio.Event()
        self.answers = asyncio.Event()

    def reading(self, program: ProgramRecord) -> TwinReading:
        reading = LosingReading(self._programs, program.id, self._leases)
        reading.store = self
        return reading

    async def read(self, kind: str) -> None:
        if kind == self.lost:
            self.failed.put_nowait(asyncio.get_running_loop().time())
            raise ConnectionResetError
        if kind == self.slow:
            self.is_asked.set()
            await self.answers.wait()


@pytest.fixture
def store() -> Losing:
    return Losing()


@pytest.fixture
async def losing_world(store: Losing) -> World:
    return await new_world(store)


@pytest.fixture
async def server(losing_world: World) -> AsyncIterator[Server]:
    async with serving(losing_world) as server:
        yield server


async def update(socket: Socket, id: str = "1") -> dict[str, Any]:
    (told,) = (await socket.next(id)).values()
    return told


@pytest.mark.parametrize("lost", ["notices_after", "members_by_external_id"])
async def test_an_update_that_fails_is_told_once_it_can_be_read(
    losing_world: World, store: Losing, server: Server, lost: str
) -> None:
    """The first is read for the update, the other while it is executed."""
    async with server.ready() as socket, streaming(server.http_url, MEMBER) as events:
        await socket.subscribe(MEMBER)
        assert await update(socket) == await events.update() == NOBODY
        store.lost = lost
        await losing_world.did("ann", "visit")
        failed = [await store.failed.get() for _ in range(3)]
        store.lost = None
        assert await update(socket) == await events.update() == VISITED
        assert failed[1] - failed[0] >= 0.5
        assert failed[2] - failed[1] >= 1.0
        await losing_world.did("ann", "upvote", properties={"post": "p1"})
        assert await update(socket) == await events.update() == UPVOTED


async def test_where_nothing_is_left_of_an_update_it_is_tried_again(
    losing_world: World, store: Losing, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """A field that is never null leaves no data at all where it cannot be read."""
    async with server.ready() as early, server.ready() as late:
        await early.subscribe(BOARD)
        assert await update(early) == {"entries": []}
        store.lost = "standings_with_members"
        await losing_world.upvotes("ann", 1)
        await store.failed.get()
        await late.subscribe(BOARD)  # who comes meanwhile is told at once
        await refused(late)
        async with streaming(server.http_url, BOARD) as events:
            (only,) = await events.rest()  # not `complete`: an `EventSource` comes back
            assert only.payload["errors"][0]["extensions"]["code"] == "INTERNAL_ERROR"
        store.lost = None
        entries = [{"score": "11", "member": {"externalId": "ann"}}]
        assert await update(early) == {"entries": entries}
        await late.subscribe(BOARD, id="2")
        assert await update(late, "2") == {"entries": entries}
    assert [(each.levelno, each.name) for each in caplog.records] == [(logging.ERROR, "gql")] * 3


async def test_newcomers_are_told_and_the_others_go_on(
    losing_world: World, store: Losing, server: Server
) -> None:
    async with server.ready() as early, server.ready() as late:
        await early.subscribe(FEED)
        begin = (await update(early))["cursor"]
        await losing_world.did("ann", "visit")
        assert (await update(early))["notices"] == [{"member": {"externalId": "ann"}}]
        store.lost = "notices_after"
        await late.subscribe(FEED, after=begin)
        await refused(late)
        store.lost = None
        await losing_world.did("bob", "visit")
        assert (await update(early))["notices"] == [{"member": {"externalId": "bob"}}]
        await late.subscribe(FEED, id="2", after=begin)
        assert (await update(late, "2"))["notices"] == [
            {"member": {"externalId": "ann"}},
            {"member": {"externalId": "bob"}},
        ]
        assert losing_world.listener_count == 1


async def refused(socket: Socket) -> None:
    """The operation 1 has failed."""
    message = await socket.receive()
    assert (message["id"], message["type"]) == ("1", "error")
    assert message["payload"][0]["extensions"]["code"] == "INTERNAL_ERROR"


async def test_who_leaves_before_they_are_welcomed_ends_it_for_nobody_else(
    losing_world: World, store: Losing, server: Server
) -> None:
    async with server.ready() as early, server.ready() as late:
        await early.subscribe(FEED)
        begin = (await update(early))["cursor"]
        store.slow = "notices_after"
        await late.subscribe(FEED, after=begin)
        await store.is_asked.wait()
        await late.send({"id": "1", "type": "complete"})
        await late.send({"type": "ping"})
        assert await late.receive() == {"type": "pong"}
        store.answers.set()
        await losing_world.did("ann", "visit")
        assert (await update(early))["notices"] == [{"member": {"externalId": "ann"}}]


class Forgetful(Alone):
    """A server that may have lost its rules."""

    has_lost = False

    def current(self, program: Program) -> Program:
        if self.has_lost:
            raise RuntimeError
        return super().current(program)


async def test_an_execution_that_fails_ends_so_that_clients_come_back() -> None:
    store, clock = Twin(), Clock()
    forgetful = Forgetful(store, await new_program(store), clock)
    world = World([forgetful], clock)
    async with (
        serving(world) as server,
        server.ready() as socket,
        streaming(server.http_url, MEMBER) as events,
    ):
        await socket.subscribe(MEMBER)
        assert await update(socket) == await events.update() == NOBODY
        forgetful.has_lost = True
        await world.did("ann", "visit")
        reason = "An operation has failed: subscribe again, after the last cursor"
        assert await socket.closed() == (1013, reason)
        assert await events.rest() == []  # in good order, and not `complete`
        assert server.group_count == 0
        forgetful.has_lost = False
        async with server.ready() as back, resumed(server, NOBODY["cursor"]) as again:
            await back.subscribe(MEMBER, after=NOBODY["cursor"])
            assert await update(back) == await again.update() == VISITED


def resumed(server: Server, last: str) -> AbstractAsyncContextManager[Events]:
    return streaming(server.http_url, MEMBER, headers={"last-event-id": last})


WEEKLY = 'subscription { leaderboardUpdated(key: "weekly", perSecond: 10) { entries { rank } } }'


async def without_weekly(world: World) -> None:
    """Take the board away."""
    definition = "".join(
        line for line in FORUM.splitlines(keepends=True) if not line.startswith("  weekly:")
    )
    applied = await apply_definition(world.store, definition, now=NOON)
    assert applied.program is not None
    assert isinstance(world.here, Alone)
    world.here.program = applied.program


async def test_a_board_that_is_removed_ends_its_subscriptions(losing_world: World) -> None:
    async with (
        serving(losing_world) as server,
        server.ready() as socket,
        streaming(server.http_url, WEEKLY) as events,
    ):
        await socket.subscribe(WEEKLY)
        assert await update(socket) == await events.update() == {"entries": []}
        await without_weekly(losing_world)
        doubt(losing_world)
        told = await socket.receive()
        assert (told["type"], told["payload"].keys()) == ("next", {"errors"})
        assert told["payload"]["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        assert await socket.receive() == {"id": "1", "type": "complete"}
        assert [each.name for each in await events.rest()] == ["next", "complete"]


class Told(Follower):
    """Notes what it is told, and calls somebody when it is told something."""

    wants_cursor = False

    def __init__(self, call: Callable[[], object] | None = None) -> None:
        self.words: list[str] = []
        self.call = call
        self.is_over = asyncio.Event()
        self.has_begun = asyncio.Event()

    def tell(self, result: Encoded) -> None:
        self.words.append("tell")
        self.has_begun.set()
        if len(self.words) == 2 and self.call:
            self.call()

    def fail(self, errors: Sequence[GraphQLError]) -> None:
        self.words += [str((each.extensions or {})["code"]) for each in errors]
        self.is_over.set()

    def complete(self) -> None:
        self.words.append("complete")
        self.is_over.set()

    def break_off(self) -> None:
        raise AssertionError


async def test_who_comes_while_an_end_is_told_is_told_why() -> None:
    world = await new_world(Twin())
    groups = Groups(schema)
    subscribed = subscription_of(schema, WEEKLY, None, {})
    assert subscribed is not None
    asked = Asked.of(WEEKLY, None, {}, subscribed)
    assert asked.after is Begin.AS_EXECUTED
    contexts = [await world.here.context(world.scopes) for _ in range(2)]
    late = Told()
    early = Told(lambda: groups.join(asked, contexts[1], late))
    groups.join(asked, contexts[0], early)
    await early.has_begun.wait()
    await without_weekly(world)
    doubt(world)
    async with asyncio.timeout(SECONDS_MAX):
        await asyncio.gather(early.is_over.wait(), late.is_over.wait())
    assert early.words == ["tell", "tell", "complete"]
    assert late.words == ["NOT_FOUND"]
    assert len(groups) == 0


@contextmanager
def failures() -> Generator[asyncio.Event]:
    """Set when an unexpected error is logged."""
    failed = asyncio.Event()

    class Noticing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            failed.set()

    log, handler = logging.getLogger("gql"), Noticing(logging.ERROR)
    log.addHandler(handler)
    try:
        yield failed
    finally:
        log.removeHandler(handler)


async def test_a_database_that_lets_nobody_in_for_a_while_loses_nothing(
    postgresql_server: PostgresqlServer, postgresql_url: str
) -> None:
    name = urlsplit(postgresql_url).path.removeprefix("/")
    ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    async with open_store(postgresql_url) as store:
        world = await new_world(store)
        async with (
            serving(world) as server,
            server.ready() as socket,
            connected(postgresql_server.url("postgres")) as operator,
        ):
            await socket.subscribe(MEMBER)
            assert await update(socket) == NOBODY
            await unheard(world, "ann", "visit")
            with failures() as failed:
                await operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
                await operator.execute(ended)
                doubt(world)
                await failed.wait()
                await operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            assert await update(socket) == VISITED
