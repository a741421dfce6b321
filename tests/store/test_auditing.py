"""The auditor's walk: every member once, in order, in pages of bounded size."""

import pytest

from gamification.ports import ProgramRecord, Store
from tests.store.builders import activity, counted, of, ranked, recorded, registered


async def test_pages_hold_every_member_once_in_the_order_of_ids(
    store: Store, program: ProgramRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.auditing.PAGE_FACTS_MAX", 5)
    monkeypatch.setattr("gamification.twin.auditing.PAGE_FACTS_MAX", 5)
    names = sorted([f"member {number}" for number in range(6)], key=of)
    await registered(store, program, *names)
    for name, count in zip(names, [3, 2, 1, 9, 0, 5], strict=True):
        facts = [activity(f"{name}/{number}", name) for number in range(count)]
        await recorded(store, program, *facts)
    pages = [page async for page in store.auditing(program).members()]
    found = [[member.external_id for member in page] for page in pages]
    assert found == [names[0:2], names[2:3], names[3:4], names[4:6]]


async def test_more_members_than_are_fetched_at_once(store: Store, program: ProgramRecord) -> None:
    names = [f"member {number}" for number in range(1_203)]
    await registered(store, program, *names)
    pages = [page async for page in store.auditing(program).members()]
    found = [member.id for page in pages for member in page]
    assert found == sorted(map(of, names))


async def test_histories_are_counted_without_reading_them(
    store: Store, program: ProgramRecord
) -> None:
    await registered(store, program, "ann", "bob", "cid")
    await recorded(store, program, activity("a", "ann"), activity("b", "ann"), activity("c", "bob"))
    counts = await store.auditing(program).fact_counts([of("ann"), of("cid"), of("bob")])
    assert counts == {of("ann"): 2, of("bob"): 1, of("cid"): 0}
    assert await store.auditing(program).fact_counts([]) == {}


async def test_rows_of_no_member_are_named(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann")
    await counted(store, program, ranked("ann", 1))
    assert await store.auditing(program).orphans() == []
    await counted(store, program, ranked("bob", 1), ranked("bob", 1, window="2017"))
    assert await store.auditing(program).orphans() == [
        f"tally: 2 rows belong to no member (the first to {of('bob')})"
    ]
