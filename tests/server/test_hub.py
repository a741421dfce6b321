"""The hub tells those who are concerned, holds little, and forgets those who are gone."""

import asyncio
from contextlib import ExitStack

from gamification.ids import MemberId, ProgramId
from gamification.outcomes import Notice, NoticeKind
from gamification.ports import Changes
from gamification.state import AwardKey
from server.live.hub import NOTICES_MAX, LocalHub
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
        hub.doubt_feed(CLUB)
        assert await feed.changed() == changes()._replace(in_doubt=True)
        assert (member.is_awake, other.is_awake) == (False, False)
    assert list(hub.programs) == []
    assert list(hub.ears(CLUB)) == []
