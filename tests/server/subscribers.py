"""Subscribers that come back whenever they are cut off: a test of what resumes needs some."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.exceptions import WebSocketException

from models.store import open_store
from tests.builders import definition
from tests.server.running import Running, receive, send

MEMBERS = 3
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
LOST = (OSError, EOFError, TimeoutError, WebSocketException, httpx.TransportError)


@dataclass
class Reader:
    """A subscriber that comes back after its last cursor, to whichever server `reach` finds."""

    reach: Callable[[], Awaitable[Running]]
    secret: str
    query: str
    told: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    resyncs: int = 0
    returns: int = 0
    cursor: str | None = None
    shown: list[Any] = field(default_factory=list[Any])
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> None:
        """Follow, for ever."""
        while True:
            server = await self.reach()
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


async def visit(server: Running, secret: str, key: str) -> None:
    """One of the members visits a place of its own, which is announced."""
    activity = {"member": f"m{int(key) % MEMBERS}", "type": "visit", "properties": {"place": key}}
    variables = {"input": {**activity, "key": key}}
    async with server.client(secret) as client:
        answer = await client.post("/graphql", json={"query": RECORD, "variables": variables})
    assert answer.json() == {
        "data": {"recordActivity": {"activity": {"key": key}, "userErrors": []}}
    }


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
