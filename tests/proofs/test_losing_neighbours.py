"""Servers and Redis killed at any moment: who resumes is told everything, once and in order.

Two servers share a PostgreSQL and tell each other over Valkey what they have committed. Members'
activity is sent to whichever answers, again until it is acknowledged; subscribers go from one to
the other, each time with their last cursor.
"""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import pytest

from tests.proofs.acknowledged import Log
from tests.server.asking import ask, nothing_differs, secret_for
from tests.server.running import Running, running_server
from tests.server.subscribers import (
    BOARD,
    CAUGHT_UP_SECONDS_MAX,
    FEED,
    LOST,
    MEMBER,
    MEMBERS,
    RULES,
    Reader,
    announced,
    going_on,
    visit,
)
from tests.valkey import Valkey, valkey

__all__ = ["valkey"]

SEED = int(os.environ.get("PROOF_SEED", "20261128"))
DISTURBANCES = Counter({"kill 0": 4, "kill 1": 4, "empty": 4, "freeze": 4})
"""What happens in each run, and how often; when, and in which order, is drawn."""

CLIENTS = 6
ACTIVITIES = 900
EACH = (ACTIVITIES - MEMBERS) // DISTURBANCES.total()
SECONDS_MAX = 240
STARTED_SECONDS_MAX = 30

STANDING = """
{ leaderboard(key: "all") { period { entries {
  edges { node { score member { externalId } } }
} } } }
"""


@dataclass
class Servers:
    """Two servers; each is begun again when it was killed."""

    database: str
    redis: str
    up: dict[int, Running] = field(default_factory=dict[int, Running])
    killed: Counter[int] = field(default_factory=Counter[int])
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
                status = await server.process.wait()
                assert self.up.get(number) is not server, "a server has ended by itself"
                assert status == -signal.SIGKILL
                self.killed[number] += 1

    def kill(self, number: int) -> None:
        """End one that is up, at once."""
        self.up.pop(number).process.kill()

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


@pytest.mark.timeout(SECONDS_MAX)
async def test_who_resumes_is_told_everything_once_and_in_order(
    postgresql_url: str, valkey: Valkey
) -> None:
    secret = await secret_for(postgresql_url, RULES, "read", "activities:write")
    servers = Servers(postgresql_url, valkey.url)
    feed, member, board = readers = [
        Reader(partial(servers.one, random.Random(SEED + number)), secret, query)
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
        assert servers.killed == {0: DISTURBANCES["kill 0"], 1: DISTURBANCES["kill 1"]}

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


async def disturb(servers: Servers, valkey: Valkey, log: Log) -> None:
    """Kill this and that, at random moments, while there is something to be recorded."""
    chance = random.Random(SEED)
    drawn = list(DISTURBANCES.elements())
    chance.shuffle(drawn)
    for number, disturbance in enumerate(drawn):
        await log.reached(EACH * number + chance.randrange(EACH))
        match disturbance:
            case "kill 0" | "kill 1":
                await servers.both()  # one is left
                servers.kill(int(disturbance[-1]))
            case "empty":
                await asyncio.to_thread(valkey.restart)
            case "freeze":
                valkey.freeze()
                more = len(log.acknowledged) + chance.randrange(1, EACH)
                await log.reached(min(more, ACTIVITIES - MEMBERS))
                valkey.thaw()
            case _:
                raise AssertionError(disturbance)
    await servers.both()
