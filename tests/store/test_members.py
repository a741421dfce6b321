"""Members: registered once, locked, listed in the order of their external ids."""

import pytest

from gamification import ids
from gamification.facts import Order
from gamification.ids import MemberId
from gamification.ports import Member, ProgramRecord, Store
from tests.store.builders import T0, at, of, registered


def member(external_id: str) -> Member:
    return Member(of(external_id), external_id, None, {}, T0, None)


async def test_new_members_are_registered_and_known_ones_kept(
    store: Store, program: ProgramRecord
) -> None:
    async with store.writing(program) as writing:
        assert await writing.lock_members(["bob", "ann"], T0) == {
            "ann": member("ann"),
            "bob": member("bob"),
        }
    async with store.writing(program) as writing:
        assert await writing.lock_members(["ann", "ann"], at(9)) == {"ann": member("ann")}
        assert await writing.lock_members([], at(9)) == {}
        both = await writing.lock_members_by_id([of("bob"), of("ann"), MemberId(1)])
    assert both == {of("ann"): member("ann"), of("bob"): member("bob")}
    assert await store.reading(program).member_count() == 2


async def test_whom_a_transaction_registered_it_can_take_back(
    store: Store, program: ProgramRecord
) -> None:
    await registered(store, program, "ann")
    async with store.writing(program) as writing:
        await writing.lock_members(["ann", "bob", "eve"], at(9))
        await writing.unregister(but={of("bob")})
        await writing.unregister(but=set())
        assert set(await writing.lock_members(["eve"], at(10))) == {"eve"}
        await writing.unregister(but={of("eve")})
    async with store.writing(program) as writing:
        await writing.lock_members(["ann", "eve"], at(11))
        await writing.unregister(but=set())
    found = await store.reading(program).member_page(after=None, limit=9)
    assert [(each.external_id, each.registered_at) for each in found] == [
        ("ann", T0),
        ("eve", at(10)),
    ]


async def test_members_are_found_by_id_and_by_external_id(
    store: Store, program: ProgramRecord
) -> None:
    await registered(store, program, "ann", "bob")
    reading = store.reading(program)
    assert await reading.members([of("bob"), MemberId(1)]) == {of("bob"): member("bob")}
    assert await reading.members([]) == {}
    assert await reading.members_by_external_id(["ann", "eve"]) == {"ann": member("ann")}
    assert await reading.members_by_external_id([]) == {}


async def test_pages_are_in_the_order_of_bytes(store: Store, program: ProgramRecord) -> None:
    names = ["ä", "a", "B", "a-b", "ab", "😀", "\ufffd", "A", "aB"]
    await registered(store, program, *names)
    reading = store.reading(program)
    found: list[str] = []
    after = None
    while page := await reading.member_page(after=after, limit=2):
        found += [each.external_id for each in page]
        after = found[-1]
    assert found == sorted(names, key=str.encode)


async def test_a_member_can_be_renamed_and_moved_on(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann")
    attributes = {"country": "TR", "age": 41, "height": 1.75, "vip": True, "note": None}
    async with store.writing(program) as writing:
        await writing.update_member(of("ann"), display_name="Änn", attributes=attributes)
        await writing.put_last({of("ann"): Order(at(3), "k3")})
    expected = Member(of("ann"), "ann", "Änn", attributes, T0, Order(at(3), "k3"))
    assert await store.reading(program).members([of("ann")]) == {of("ann"): expected}
    async with store.writing(program) as writing:
        await writing.update_member(of("ann"), display_name=None, attributes={})
        await writing.put_last({})
    expected = Member(of("ann"), "ann", None, {}, T0, Order(at(3), "k3"))
    assert await store.reading(program).members([of("ann")]) == {of("ann"): expected}


async def test_members_whose_ids_collide_are_told_apart(
    store: Store, program: ProgramRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def colliding(program_key: str, external_id: str, *, salt: int = 0) -> MemberId:
        return MemberId(1_000 + salt)

    monkeypatch.setattr("models.members.member_id", colliding)
    monkeypatch.setattr("gamification.twin.writing.member_id", colliding)
    await registered(store, program, "ann")
    async with store.writing(program) as writing:
        locked = await writing.lock_members(["ann", "bob", "eve"], T0)
    assert {name: one.id for name, one in locked.items()} == {"ann": 1000, "bob": 1001, "eve": 1002}
    assert ids.member_id("forum", "ann") != 1000
