"""Notices: read on from any of them, in one order."""

from gamification.outcomes import Notice, NoticeKind
from gamification.ports import ProgramRecord, Store
from tests.store.builders import T0, award_key, notice, of


async def test_notices_are_read_on_from_a_cursor(store: Store, program: ProgramRecord) -> None:
    posted = [
        notice(award_key("ann")),
        notice(award_key("bob"), is_public=False, seconds=2),
        notice(award_key("ann", "nice", 1, "post 1"), is_public=False),
        notice(award_key("bob", "nice", 2)),
    ]
    assert await store.reading(program).latest_notice_id() == 0
    async with store.writing(program) as writing:
        assert await writing.add_notices([]) == []
        added = await writing.add_notices(posted[:3])
    async with store.writing(program) as writing:
        added += await writing.add_notices(posted[3:])
    assert added == [one._replace(id=id_) for id_, one in enumerate(posted, 1)]
    reading = store.reading(program)
    assert await reading.latest_notice_id() == 4
    assert await reading.notices_after(0, member=None, public_only=False, limit=9) == added
    assert await reading.notices_after(1, member=None, public_only=False, limit=2) == added[1:3]
    assert await reading.notices_after(0, member=None, public_only=True, limit=9) == [
        added[0],
        added[3],
    ]
    assert await reading.notices_after(0, member=of("bob"), public_only=False, limit=9) == [
        added[1],
        added[3],
    ]
    assert await reading.notices_after(1, member=of("ann"), public_only=True, limit=9) == []


async def test_what_is_told_once_is_told_once(store: Store, program: ProgramRecord) -> None:
    warning = Notice(
        0,
        NoticeKind.BADGE_AWARDED,
        of("ann"),
        None,
        T0,
        is_public=False,
        about="stars",
        details={"amount": "12.5"},
        once="expiry/stars/2026-03",
    )
    plain = warning._replace(once="")
    other = warning._replace(member=of("bob"))
    async with store.writing(program) as writing:
        first = await writing.add_notices([warning, warning, plain, other])
    async with store.writing(program) as writing:
        second = await writing.add_notices([warning, plain])
    assert first == [warning._replace(id=1), plain._replace(id=2), other._replace(id=3)]
    assert second == [plain._replace(id=4)]
    reading = store.reading(program)
    told = await reading.notices_after(0, member=None, public_only=False, limit=9)
    assert told == [*first, *second]


async def test_a_notice_about_no_member_is_told_once_and_in_the_feed(
    store: Store, program: ProgramRecord
) -> None:
    begun = Notice(0, NoticeKind.CAMPAIGN_STARTED, None, None, T0, True, "spring", {}, once="begun")
    async with store.writing(program) as writing:
        assert await writing.add_notices([begun, begun]) == [begun._replace(id=1)]
        assert await writing.add_notices([begun]) == []
    reading = store.reading(program)
    (found,) = await reading.notices_after(0, member=None, public_only=True, limit=9)
    assert found == begun._replace(id=1)
    assert await reading.notices_after(0, member=of("ann"), public_only=False, limit=9) == []
    assert await store.auditing(program).orphans() == []
