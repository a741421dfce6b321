"""Notices: read on from any of them, in one order."""

from gamification.ports import ProgramRecord, Store
from tests.store.builders import award_key, notice, of


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
