"""Servers and Redis killed at any moment: who resumes is told everything, once and in order.

Two servers share a PostgreSQL and tell each other over Valkey what they have committed. Members'
activity is sent to whichever answers, again until it is acknowledged; subscribers go from one to
the other, each time with their last cursor.
"""

import asyncio
import os
import random
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from websockets.exceptions import WebSocketException

from models.store import open_store
from tests.builders import definition
from tests.proofs.acknowledged import Log
from tests.server.asking import ask, nothing_differs, secret_for
from tests.server.running import Running, receive, running_server, send
from tests.valkey import Valkey, valkey

__all__ = ["valkey"]

SEED = int(os.environ.get("PROOF_SEED", "20261128"))
ROUNDS = 12
CLIENTS = 6
ACTIVITIES = 900
MEMBERS = 3
EACH = (ACTIVITIES - MEMBERS) // ROUNDS
SECONDS_MAX = 240
STARTED_SECONDS_MAX = 30
CAUGHT_UP_SECONDS_MAX = 10
"""Two seconds are promised; a busy machine is given more."""

RULES = definition(
    activities={"visit": {"properties": {"place": "string"}}},
    metrics={
        "visits": {"count": "visit"},
        "visited": {"count": "visit", "per": "properties.place"},
    },
    points={"stars": {}},
    earning={"visiting": {"on": "visit", "give": {"stars": 1}}},
    badges={
        "been": {"when": {"metric": "visited", "at_least": 1}, "repeat": "per subject"},
    },
    leaderboards={"all": {"points": "stars"}},
)
RECORD = """
mutation ($input: RecordActivityInput!) {
  recordActivity(input: $input) { activity { key } userErrors { code } }
}
"""
FEED = """
subscription ($after: String) {
  feedUpdated(after: $after, perSecond: 10) {
    cursor resync notices { member { externalId } award { subject } }
  }
}
"""
MEMBER = """
subscription ($after: String) {
  memberUpdated(externalId: "m0", after: $after, perSecond: 10) {
    cursor resync notices { member { externalId } award { subject } }
  }
}
"""
BOARD = """
subscription ($after: String) {
  leaderboardUpdated(key: "all", after: $after, perSecond: 10) {
    cursor resync entries { score member { externalId } }
  }
}
"""
STANDING = """
{ leaderboard(key: "all") { period { entries {
  edges { node { score member { externalId } } }
} } } }
"""

LOST = (OSError, EOFError, TimeoutError, WebSocketException, httpx.TransportError)


@dataclass
class Servers:
    """Two servers; each is begun again when it was killed."""

    database: str
    redis: str
    up: dict[int, Running] = field(default_factory=dict[int, Running])
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def kept(self) -> AsyncGenerator[None]:
        """Both run; one that is killed is begun again."""
        async with going_on([self._keep(number) for number in range(2)]):
            await self.both()
            yield

    async def _keep(self, number: int) -> None:
        while True:
            async with running_server(self.database, redis_url=self.redis) as server:
                self.up[number] = server
                self.changed.set()
                await server.process.wait()
                assert self.up.get(number) is not server, "a server has ended by itself"

    async def both(self) -> None:
        """Wait until both are up."""
        await self._until(2)

    async def one(self, chance: random.Random) -> Running:
        """One that is up."""
        await self._until(1)
        return chance.choice(list(self.up.values()))

    async def _until(self, count: int) -> None:
        while len(self.up) < count:
            self.changed.clear()
            async with asyncio.timeout(STARTED_SECONDS_MAX):
                await self.changed.wait()


@dataclass
class Reader:
    """A subscriber that comes back after its last cursor, to whichever server is up."""

    servers: Servers
    secret: str
    query: str
    chance: random.Random
    told: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    resyncs: int = 0
    returns: int = 0
    cursor: str | None = None
    shown: list[Any] = field(default_factory=list[Any])
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> None:
        """Follow, for ever."""
        while True:
            server = await self.servers.one(self.chance)
            with suppress(*LOST):
                async with server.socket(self.secret) as socket:
                    assert (await receive(socket))["type"] == "connection_ack"
                    payload = {"query": self.query, "variables": {"after": self.cursor}}
                    await send(socket, id="1", type="subscribe", payload=payload)
                    while True:
                        self._hear(await receive(socket))
            self.returns += 1
            await asyncio.sleep(0)

    def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] != "next":
            raise EOFError
        assert "errors" not in message["payload"], message
        (update,) = message["payload"]["data"].values()
        self.resyncs += update["resync"]
        self.cursor = update["cursor"]
        self.shown = update.get("entries", [])
        self.told += [
            (each["member"]["externalId"], each["award"]["subject"])
            for each in update.get("notices", ())
        ]
        self._grown.set()

    async def until_begun(self) -> None:
        """Wait for the first answer: what is announced from then on is told."""
        while self.cursor is None:
            await self._grows()

    async def until_told(self, count: int) -> None:
        """Wait until so many notices were told."""
        while len(self.told) < count:
            await self._grows()

    async def until_shown(self, entries: list[Any]) -> None:
        """Wait until the board is this."""
        while self.shown != entries:
            await self._grows()

    async def _grows(self) -> None:
        self._grown.clear()
        async with asyncio.timeout(CAUGHT_UP_SECONDS_MAX):
            await self._grown.wait()


@asynccontextmanager
async def going_on(work: list[Coroutine[Any, Any, None]]) -> AsyncGenerator[None]:
    """Work without an end, which goes on as long as the block lasts."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        failed = [task.exception() for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert failed == []


@pytest.mark.timeout(SECONDS_MAX)
async def test_who_resumes_is_told_everything_once_and_in_order(
    postgresql_url: str, valkey: Valkey
) -> None:
    secret = await secret_for(postgresql_url, RULES, "read", "activities:write")
    servers = Servers(postgresql_url, valkey.url)
    feed, member, board = readers = [
        Reader(servers, secret, query, random.Random(SEED + number))
        for number, query in enumerate((FEED, MEMBER, BOARD))
    ]
    log = Log([str(number) for number in range(MEMBERS, ACTIVITIES)])
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(servers.kept())
        for number in range(MEMBERS):  # nobody can follow a member who has done nothing yet
            await visit(servers.up[0], secret, str(number))
        await stack.enter_async_context(going_on([reader.read() for reader in readers]))
        for reader in readers:
            await reader.until_begun()

        async with asyncio.TaskGroup() as tasks:
            for number in range(CLIENTS):
                tasks.create_task(send_all(servers, secret, log, random.Random(number)))
            tasks.create_task(disturb(servers, valkey, log))

        expected = await announced(postgresql_url)
        assert {place for _, place in expected} == log.acknowledged
        assert len(expected) == ACTIVITIES - MEMBERS
        await feed.until_told(len(expected))
        await member.until_told(len(expected) // MEMBERS)
        async with (await servers.one(random.Random())).client(secret) as client:
            edges = (await ask(client, STANDING))["period"]["entries"]["edges"]
        await board.until_shown([edge["node"] for edge in edges])

        await servers.both()
        valkey.kill()
        for key, server in enumerate(servers.up.values(), ACTIVITIES):
            async with asyncio.timeout(CAUGHT_UP_SECONDS_MAX):
                await visit(server, secret, str(key))
                await feed.until_told(key + 1 - MEMBERS)
        await member.until_told(len(expected) // MEMBERS + 1)

    expected = await announced(postgresql_url)
    assert feed.told == expected
    assert member.told == [each for each in expected if each[0] == "m0"]
    assert [reader.resyncs for reader in readers] == [0, 0, 0]
    assert sum(reader.returns for reader in readers) > 0
    await nothing_differs(postgresql_url)


async def send_all(servers: Servers, secret: str, log: Log, chance: random.Random) -> None:
    """Send activities, each until it is acknowledged, to whichever server is up."""
    while log.waiting:
        key = log.waiting.pop()
        try:
            await visit(await servers.one(chance), secret, key)
        except LOST:
            log.waiting.append(key)
            await asyncio.sleep(0)
        else:
            log.acknowledge(key)


async def visit(server: Running, secret: str, key: str) -> None:
    """One of the members visits a place of its own, which is announced."""
    activity = {"member": f"m{int(key) % MEMBERS}", "type": "visit", "properties": {"place": key}}
    variables = {"input": {**activity, "key": key}}
    async with server.client(secret) as client:
        answer = await client.post("/graphql", json={"query": RECORD, "variables": variables})
    assert answer.json() == {
        "data": {"recordActivity": {"activity": {"key": key}, "userErrors": []}}
    }


async def disturb(servers: Servers, valkey: Valkey, log: Log) -> None:
    """Kill this and that, at random moments, while there is something to be recorded."""
    chance = random.Random(SEED)
    for number in range(ROUNDS):
        await servers.both()
        await log.reached(EACH * number + chance.randrange(EACH))
        match chance.choice(["server", "server", "empty", "freeze"]):
            case "server":
                servers.up.pop(chance.randrange(2)).process.kill()
            case "empty":
                await asyncio.to_thread(valkey.restart)
            case _:
                valkey.freeze()
                more = len(log.acknowledged) + chance.randrange(EACH)
                await log.reached(min(more, ACTIVITIES - MEMBERS))
                valkey.thaw()


async def announced(database: str) -> list[tuple[str, str]]:
    """Whom and what the program has announced in its order, after each member's first visit."""
    async with open_store(database) as store:
        record = await store.program("club")
        assert record is not None
        reading = store.reading(record)
        notices = await reading.notices_after(0, member=None, public_only=True, limit=10_000)
        members = await reading.members({each.member for each in notices if each.member})
        return [
            (members[each.member].external_id, each.award.subject)
            for each in notices[MEMBERS:]
            if each.member is not None and each.award is not None
        ]
