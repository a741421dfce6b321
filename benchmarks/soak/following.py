"""Subscribers that come, go, stall and resume, and what they were told."""

import asyncio
import socket
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from benchmarks.soak.traffic import MEMBERS

NOTICES = "kind at about level badge { key } member { externalId }"
FEED = (
    "subscription ($after: String) { feedUpdated(after: $after, perSecond: 10) "
    f"{{ cursor resync notices {{ {NOTICES} }} }} }}"
)
MEMBER = (
    "subscription ($after: String, $member: String!) { memberUpdated(externalId: $member, "
    f"after: $after, perSecond: 10) {{ cursor resync notices {{ {NOTICES} }} }} }}"
)
BOARD = """subscription ($after: String) {
  leaderboardUpdated(key: "all", first: 100, perSecond: 10, after: $after) {
    cursor resync entries { rank score reachedAt member { externalId displayName } }
  }
}"""
STALLED_SECONDS = 8.0
"""Longer than the server waits for a reader (`SEND_SECONDS`)."""

STALLED_OPERATIONS = 20
"""So many at once fill what the system keeps for a socket."""

SEND_SECONDS = 2.0
ANSWER_SECONDS_MAX = 60.0
GONE_SECONDS_MAX = 0.5


class Told(NamedTuple):
    """One notice as a subscriber is told it."""

    at: datetime
    about: str
    level: int | None
    badge: str | None
    member: str | None


@dataclass
class Follower:
    """Somebody who follows the feed (`member` is None) or a member, with interruptions."""

    member: str | None = None
    first: str | None = None
    last: str | None = None
    told: list[Told] = field(default_factory=list[Told])

    async def stay(self, socket: ClientConnection, updates: int) -> None:
        """Subscribe after the last cursor, and take so many updates."""
        query = FEED if self.member is None else MEMBER
        named = {} if self.member is None else {"member": self.member}
        await _send(socket, query, after=self.last, **named)
        for _ in range(updates):
            update = await _update(socket)
            if update["resync"]:
                raise AssertionError(f"{self.member or 'the feed'}: told to begin anew")
            self.last = update["cursor"]
            self.first = self.first or self.last
            self.told += map(_told, update["notices"])


@dataclass
class Crowd:
    """All who subscribe. `followers` come back where they were; `done` counts what was done."""

    url: str
    token: str
    random: Random
    followers: list[Follower]
    done: "Counter[str]" = field(default_factory=Counter[str])
    faults: list[str] = field(default_factory=list[str])

    async def come_and_go(self, seconds: float, *, lookers: int, stallers: int) -> None:
        """Followers, some who look at the board for a while, some who stop reading: for so long."""
        ends = asyncio.get_running_loop().time() + seconds
        async with asyncio.TaskGroup() as group:
            for follower in self.followers:
                group.create_task(self._follow(follower, ends))
            for _ in range(lookers):
                group.create_task(self._look(ends))
            for _ in range(stallers):
                group.create_task(self._stall(ends))

    async def catch_up(self) -> None:
        """Let every follower read on to the present: a subscription's first update tells all."""
        for follower in self.followers:
            before: str | None = ""
            while before != follower.last:
                before = follower.last
                async with self._socket() as socket:
                    await follower.stay(socket, 1)

    async def _follow(self, follower: Follower, ends: float) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() < ends:
            try:
                async with self._socket() as socket, asyncio.timeout_at(ends):
                    await follower.stay(socket, self.random.randrange(1, 12))
                    self._leave(socket)
            except TimeoutError:
                return  # nothing is told to somebody of whom nothing more is announced
            except (AssertionError, ConnectionClosed) as error:
                self.faults.append(str(error))
            self.done["resumed"] += 1
            await asyncio.sleep(self.random.uniform(0, GONE_SECONDS_MAX))

    async def _look(self, ends: float) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() < ends:
            with suppress(TimeoutError):
                async with self._socket() as socket, asyncio.timeout_at(ends):
                    await _send(socket, BOARD)
                    for _ in range(self.random.randrange(1, 50)):
                        await _update(socket)
                    self._leave(socket)
            self.done["looked"] += 1

    async def _stall(self, ends: float) -> None:
        """Read, stop reading, and read on: the server drops who does not read for too long."""
        loop = asyncio.get_running_loop()
        while loop.time() < ends:
            try:
                async with self._socket(narrow=True) as socket, asyncio.timeout_at(ends):
                    for number in range(STALLED_OPERATIONS):
                        await _send(socket, BOARD, id=str(number))
                    await _update(socket)
                    socket.transport.pause_reading()
                    self.done["stalled"] += 1
                    await asyncio.sleep(STALLED_SECONDS)
                    socket.transport.resume_reading()
                    while True:
                        await _update(socket)
            except TimeoutError:
                return
            except ConnectionClosed:
                self.done["dropped"] += 1

    def _leave(self, socket: ClientConnection) -> None:
        """Half of them just vanish, as pages do; the others say so when the socket closes."""
        if self.random.random() < 0.5:
            socket.transport.abort()

    def _socket(self, *, narrow: bool = False) -> "_Socket":
        return _Socket(self.url, self.token, narrow=narrow)


class _Socket:
    """A socket whose credentials are accepted."""

    def __init__(self, url: str, token: str, *, narrow: bool) -> None:
        self._url, self._token, self._narrow = url, token, narrow

    async def __aenter__(self) -> ClientConnection:
        parts = urlsplit(self._url)
        here = socket.socket()
        here.setblocking(False)
        if self._narrow:  # so little room that a reader who stops is noticed soon
            here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await asyncio.get_running_loop().sock_connect(here, (parts.hostname, parts.port))
        self._client = await connect(
            self._url,
            sock=here,
            subprotocols=[Subprotocol("graphql-transport-ws")],
            proxy=None,
            compression=None,
            close_timeout=1,
            open_timeout=ANSWER_SECONDS_MAX,
        )
        payload = {"authorization": f"Bearer {self._token}"}
        await self._client.send(
            orjson.dumps({"type": "connection_init", "payload": payload}).decode()
        )
        assert orjson.loads(await self._client.recv())["type"] == "connection_ack"
        return self._client

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()


def followers() -> list[Follower]:
    """Ten of the feed, and twenty of members."""
    return [Follower() for _ in range(10)] + [Follower(f"m{n}") for n in range(0, MEMBERS, 100)]


async def _send(
    socket: ClientConnection, query: str, *, id: str = "1", **variables: object
) -> None:
    payload = {"query": query, "variables": variables}
    message = {"id": id, "type": "subscribe", "payload": payload}
    await socket.send(orjson.dumps(message).decode())


async def _update(socket: ClientConnection) -> dict[str, Any]:
    """The next update."""
    message = orjson.loads(await socket.recv())
    if message["type"] != "next" or "errors" in message["payload"]:
        raise AssertionError(f"not an update: {message}")
    (update,) = message["payload"]["data"].values()
    return update


def _told(notice: dict[str, Any]) -> Told:
    return Told(
        datetime.fromisoformat(notice["at"]),
        notice["about"] or "",
        notice["level"],
        notice["badge"] and notice["badge"]["key"],
        notice["member"] and notice["member"]["externalId"],
    )
