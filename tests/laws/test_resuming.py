"""Who drops its socket at any moment and resumes is told every notice once, and in order.

Over real sockets, while several writers commit at once: what a process hears of their commits comes
in another order than the commits, and must not be what is told.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import count, cycle
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamification.facts import NewActivity
from gamification.ids import MemberId
from gamification.ports import Store
from gamification.twin import Twin
from models.store import open_store
from tests.api.live import Server, serving
from tests.api.world import FORUM, World, new_world
from tests.laws.effort import tried

FEED = """subscription ($after: String) {
  feedUpdated(after: $after, perSecond: 10) { cursor resync notices { member { externalId } } }
}"""
MEMBER = """subscription ($after: String) {
  memberUpdated(externalId: "ann", after: $after, perSecond: 10) {
    cursor resync notices { award { subject badgeKey } }
  }
}"""
WRITERS = 3

_numbers = count(1)
_stays = st.lists(st.integers(1, 4), min_size=1, max_size=5)
_batches = st.lists(st.integers(1, 4), min_size=1, max_size=12)


@pytest.fixture(params=["twin", "postgresql"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    if request.param == "twin":
        yield Twin()
        return
    async with open_store(request.getfixturevalue("postgresql_url"), pool_size=5) as opened:
        yield opened


@tried(0.1)
@given(stays=_stays, batches=_batches, seed=st.integers(0, 1000))
async def test_the_feed_is_told_once_and_in_order(
    store: Store, stays: list[int], batches: list[int], seed: int
) -> None:
    world = await begun(store)
    names = (f"m{n}" for n in count())
    work = [[visit(next(names)) for _ in range(size)] for size in batches]
    told = await told_while(world, work, FEED, stays, seed, until=sum(batches))
    assert [each["member"]["externalId"] for each in told] == await announced(world)


@tried(0.1)
@given(stays=_stays, batches=_batches, seed=st.integers(0, 1000))
async def test_a_member_is_told_once_and_in_order(
    store: Store, stays: list[int], batches: list[int], seed: int
) -> None:
    world = await begun(store)
    posts = (f"p{n}" for n in count())
    # Others' notices are between hers.
    work = [
        [*(upvote(post) for _ in range(size) for post in [next(posts)] * 3), visit(f"m{n}")]
        for n, size in enumerate(batches)
    ]
    told = await told_while(world, work, MEMBER, stays, seed, until=sum(batches))
    subjects = [each["award"]["subject"] for each in told]
    (ann,) = (await world.store.reading(world.program.record).members_by_external_id(["ann"]),)
    assert subjects == await announced_about(world, ann["ann"].id)


async def begun(store: Store) -> World:
    """A world of its own: no other example's members, notices or cursors."""
    return await new_world(store, FORUM.replace("key: forum", f"key: forum-{next(_numbers)}", 1))


def visit(member: str) -> NewActivity:
    """A first visit: one public notice."""
    return NewActivity(member=member, type="visit")


def upvote(post: str) -> NewActivity:
    """Three of them make a notice about the post's author."""
    return NewActivity(member="ann", type="upvote", properties={"post": post})


async def announced(world: World) -> list[str]:
    """Of whom the program has announced something to everybody, in its order."""
    reading = world.store.reading(world.program.record)
    notices = await reading.notices_after(0, member=None, public_only=True, limit=1000)
    about = [each.member for each in notices if each.member is not None]
    assert len(about) == len(notices)
    members = await reading.members(about)
    return [members[each].external_id for each in about]


async def announced_about(world: World, member: MemberId) -> list[str]:
    reading = world.store.reading(world.program.record)
    notices = await reading.notices_after(0, member=member, public_only=False, limit=1000)
    return [each.award.subject for each in notices if each.award]


async def told_while(
    world: World,
    work: Sequence[list[NewActivity]],
    query: str,
    stays: Sequence[int],
    seed: int,
    *,
    until: int,
) -> list[dict[str, Any]]:
    """What a subscriber is told that stays for so many updates each time, until it is told all."""
    left = list(work)
    moments = Random(seed)

    async def write() -> None:
        while left:
            await world.here.recorder.record_all(world.program, left.pop())
            for _ in range(moments.randrange(200)):
                await asyncio.sleep(0)

    async with serving(world) as server, asyncio.TaskGroup() as writers:
        (first,) = await stay(server, query, None, 1)
        assert (first["resync"], first["notices"]) == (False, [])
        for _ in range(WRITERS):
            writers.create_task(write())
        cursor, told = first["cursor"], list[dict[str, Any]]()
        for updates in cycle(stays):
            for update in await stay(server, query, cursor, updates, most=until - len(told)):
                assert update["resync"] is False
                told += update["notices"]
                cursor = update["cursor"]
            if len(told) >= until:
                return told
    raise AssertionError("unreachable")


async def stay(
    server: Server, query: str, after: str | None, updates: int, *, most: int = 1
) -> list[dict[str, Any]]:
    """The next updates after a cursor; fewer if they have told so many notices."""
    received: list[dict[str, Any]] = []
    async with server.ready() as socket:
        await socket.subscribe(query, after=after)
        while len(received) < updates and sum(len(each["notices"]) for each in received) < most:
            (update,) = (await socket.next()).values()
            received.append(update)
    return received
