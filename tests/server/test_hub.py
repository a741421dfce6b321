"""The hub tells those who are concerned, holds little, and forgets those who are gone."""

import asyncio
from contextlib import ExitStack
from math import inf, nan

import pytest

from gamification.ids import MemberId, ProgramId
from gamification.live import Changes
from gamification.outcomes import Notice, NoticeKind
from gamification.state import AwardKey
from gamification.twin import Twin
from server.live.hub import NOTICES_MAX, LocalHub
from server.live.messages import Told
from server.live.shared_hub import AGE_SECONDS_MAX, SharedHub
from tests.builders import ANNE, BEN, NOON

CLUB, OTHER = ProgramId(1), ProgramId(2)


def changes(
    *members: MemberId, boards: str = "", notices: tuple[Notice, ...] = (), program: int = 1
) -> Changes:
    return Changes(ProgramId(program), frozenset(members), frozenset(boards.split()), notices)


def notice(number: int, member: MemberId = ANNE, *, is_public: bool = True) -> Notice:
    award = AwardKey(member, "regular", 1, "", "")
    return Notice(number, NoticeKind.BADGE_AWARDED, member, award, NOON, is_public)


async def test_a_listener_hears_of_its_member_and_of_nobody_else() -> None:
    hub = LocalHub()
    with hub.listen(CLUB, member=ANNE) as listener:
        hub.publish(changes(BEN, boards="weekly", notices=(notice(1, BEN),)))
        hub.publish(changes(ANNE, program=2))
        hub.publish(changes(ANNE, BEN, boards="weekly", notices=(notice(2), notice(3, BEN))))
        assert await listener.changed() == changes(ANNE, notices=(notice(2),))


async def test_a_listener_hears_of_its_board() -> None:
    hub = LocalHub()
    with hub.listen(CLUB, board="weekly") as listener:
        hub.publish(changes(ANNE, boards="monthly"))
        hub.publish(changes(ANNE, boards="weekly monthly", notices=(notice(1),)))
        assert await listener.changed() == changes(boards="weekly")


async def test_the_feed_carries_public_notices_alone() -> None:
    hub = LocalHub()
    with hub.listen(CLUB, feed=True) as listener:
        hub.publish(changes(ANNE, notices=(notice(1, is_public=False),)))
        hub.publish(changes(ANNE, notices=(notice(2, is_public=False), notice(3))))
        assert await listener.changed() == changes(notices=(notice(3),))


async def test_changes_are_merged_until_they_are_asked_for() -> None:
    hub = LocalHub()
    with hub.listen(CLUB, member=ANNE, board="weekly", feed=True) as listener:
        hub.publish(changes(ANNE, notices=(notice(1),)))
        hub.publish(changes(BEN, boards="weekly", notices=(notice(2, BEN),)))
        first = await listener.changed()
        assert first == changes(ANNE, boards="weekly", notices=(notice(1), notice(2, BEN)))
        hub.publish(changes(BEN, boards="weekly"))
        assert await listener.changed() == changes(boards="weekly")


async def test_a_listener_waits_for_what_comes() -> None:
    hub = LocalHub()
    with hub.listen(CLUB, member=ANNE) as listener:
        waiting = asyncio.create_task(listener.changed())
        await asyncio.sleep(0)
        assert not waiting.done()
        hub.publish(changes(ANNE))
        assert await waiting == changes(ANNE)


async def test_a_listener_that_does_not_listen_keeps_the_latest_notices() -> None:
    hub = LocalHub()
    with hub.listen(CLUB, feed=True) as listener:
        for number in range(NOTICES_MAX + 50):
            hub.publish(changes(notices=(notice(number),)))
        heard = (await listener.changed()).notices
        assert [each.id for each in heard] == list(range(50, NOTICES_MAX + 50))


async def test_a_cancelled_wait_loses_nothing() -> None:
    hub = LocalHub()
    with hub.listen(CLUB, member=ANNE) as listener:
        waiting = asyncio.create_task(listener.changed())
        await asyncio.sleep(0)
        hub.publish(changes(ANNE))
        waiting.cancel()
        await asyncio.wait([waiting])
        async with asyncio.timeout(10):
            assert await listener.changed() == changes(ANNE)


async def test_the_hub_forgets_who_is_gone() -> None:
    hub = LocalHub()
    with ExitStack() as listening:
        for _ in range(3):
            listening.enter_context(hub.listen(CLUB, board="weekly"))
        listening.enter_context(hub.listen(OTHER, member=ANNE, board="weekly", feed=True))
        assert hub.listener_count == 4
    assert hub.listener_count == 0
    hub.publish(changes(ANNE, boards="weekly", notices=(notice(1),)))


async def test_a_doubt_wakes_all_who_listen_to_the_program() -> None:
    hub = LocalHub()
    with (
        hub.listen(CLUB, member=ANNE) as member,
        hub.listen(CLUB, feed=True) as feed,
        hub.listen(OTHER, feed=True) as other,
    ):
        assert set(hub.programs) == {CLUB, OTHER}
        assert set(hub.ears(CLUB)) == {member, feed}
        hub.publish(changes(ANNE))
        for ear in hub.ears(CLUB):
            ear.doubt()
        assert await member.changed() == changes(ANNE)._replace(in_doubt=True)
        assert await feed.changed() == changes()._replace(in_doubt=True)
        hub.doubt_feed(CLUB, age=0.0)
        assert await feed.changed() == changes()._replace(in_doubt=True)
        assert (member.is_awake, other.is_awake) == (False, False)
    assert list(hub.programs) == []
    assert list(hub.ears(CLUB)) == []


@pytest.mark.parametrize(
    ("told_at", "age"),
    [(100.0, 5.0), (105.0, 0.0), (106.0, 0.0), (0.0, AGE_SECONDS_MAX), (nan, 0.0), (inf, 0.0)],
)
async def test_what_another_process_tells_is_as_old_as_its_commit(
    told_at: float, age: float
) -> None:
    hub, clock = SharedHub(Twin(), None, clock=lambda: 105.0), asyncio.get_running_loop().time
    with (
        hub.listen(CLUB, member=ANNE) as member,
        hub.listen(CLUB, feed=True) as feed,
        hub.listen(OTHER, feed=True) as other,
    ):
        before = clock()
        hub.hear(Told(CLUB, 1, [ANNE], [], True, told_at))
        after = clock()
        for ear in (member, feed):
            await ear.changed()
            assert ear.changed_at is not None
            assert before - age <= ear.changed_at <= after - age
        assert other.changed_at is None


async def test_changes_that_are_merged_are_as_old_as_the_oldest() -> None:
    hub, clock = LocalHub(), asyncio.get_running_loop().time
    with hub.listen(CLUB, member=ANNE) as listener:
        before = clock()
        for age in (0.0, 3.0, 1.0):
            hub.publish(changes(ANNE), age=age)
        await listener.changed()
        assert listener.changed_at is not None
        assert before - 3 <= listener.changed_at <= clock() - 3
        listener.wake()
        await listener.changed()
        assert listener.changed_at is None
        listener.doubt()
        await listener.changed()
        assert listener.changed_at is None
