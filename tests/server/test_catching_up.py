"""While Redis is lost, what one server commits is told by the others within two seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from tests.server.asking import nothing_differs, secret_for
from tests.server.running import Running, running_server
from tests.server.subscribers import (
    BOARD,
    FEED,
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

DELAY_SECONDS_MAX = 2.0
"""What losing Redis may cost: beyond what the same news takes to a subscriber of the server that
has committed it, so that a busy machine is not counted twice."""

VISITS = 4

Change = Callable[[Valkey], None]


@dataclass
class Apart:
    """Everything is written at one server; `far` read at another, and `near` at the same."""

    writer: Running
    secret: str
    near: Reader
    far: tuple[Reader, Reader, Reader]
    visits: int = 0

    async def visit(self) -> float:
        """A member visits; how many seconds later than who is near all who are far were told.

        That is as long as it can be: the next look at the database has only just passed, because
        the visit before was told by it.
        """
        self.visits += 1
        await visit(self.writer, self.secret, str(self.visits * MEMBERS))  # it is always m0
        feed, member, board = self.far
        scores = [str(self.visits + 1), *["1"] * (MEMBERS - 1)]
        entries = [
            {"score": score, "member": {"externalId": f"m{number}"}}
            for number, score in enumerate(scores)
        ]
        near, *far = await asyncio.gather(
            moment_of(self.near.until_told(self.visits)),
            moment_of(feed.until_told(self.visits)),
            moment_of(member.until_told(self.visits)),
            moment_of(board.until_shown(entries)),
        )
        return max(far) - near


async def moment_of(event: Awaitable[None]) -> float:
    await event
    return asyncio.get_running_loop().time()


def all_say(servers: list[Running], event: str) -> bool:
    return all(any(line["event"].startswith(event) for line in each.log) for each in servers)


@pytest.mark.parametrize(
    ("lose", "find"), [(Valkey.kill, Valkey.start), (Valkey.freeze, Valkey.thaw)]
)
async def test_what_another_server_commits_is_told_while_redis_is_lost(
    postgresql_url: str, valkey: Valkey, lose: Change, find: Change
) -> None:
    secret = await secret_for(postgresql_url, RULES, "read", "activities:write")
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(running_server(postgresql_url, redis_url=valkey.url))
            for _ in range(2)
        ]

        def reader(server: Running, query: str) -> Reader:
            async def reach() -> Running:
                return server

            return Reader(reach, secret, query)

        writer, other = servers
        far = (reader(other, FEED), reader(other, MEMBER), reader(other, BOARD))
        apart = Apart(writer, secret, reader(writer, FEED), far)
        for number in range(MEMBERS):  # nobody can follow a member who has done nothing yet
            await visit(writer, secret, str(number))
        readers = [apart.near, *apart.far]
        await stack.enter_async_context(going_on([each.read() for each in readers]))
        for each in readers:
            await each.until_begun()

        lose(valkey)
        delays: list[float] = []
        # A server that waits for an answer needs some seconds to know: these are the longest.
        while not all_say(servers, "redis is away"):
            delays.append(await apart.visit())
        delays += [await apart.visit() for _ in range(VISITS)]
        assert max(delays) < DELAY_SECONDS_MAX

        await asyncio.to_thread(find, valkey)
        while not all_say(servers, "redis is back"):
            await apart.visit()
        expected = await announced(postgresql_url)
        assert len(expected) == apart.visits
        assert [each.told for each in (apart.near, *apart.far[:2])] == [expected] * 3
        assert [each.returns for each in readers] == [0] * 4
    await nothing_differs(postgresql_url)
