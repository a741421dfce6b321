"""What only several transactions at once can get wrong, on PostgreSQL, which runs them so."""

import asyncio
from contextlib import suppress

import pytest

from gamification.ports import Contended, DefinitionVersion, KeyTaken, Ranked, Store
from tests.builders import definition, sent, units
from tests.scene import scene
from tests.store.builders import (
    T0,
    activity,
    at,
    award_key,
    new_program,
    notice,
    of,
    ranked,
    recorded,
    registered,
    tally,
    tally_key,
)
from tests.store.conftest import Waiting


async def test_a_key_stored_meanwhile_is_taken(
    postgresql_store: Store, until_one_waits: Waiting
) -> None:
    program = await new_program(postgresql_store, "forum")
    await registered(postgresql_store, program, "ann", "bob")
    async with postgresql_store.writing(program) as first:
        await first.add_activities([activity("k", "ann")])
        second = asyncio.create_task(
            recorded(postgresql_store, program, activity("k", "bob"), activity("l", "bob"))
        )
        await until_one_waits()
    with pytest.raises(KeyTaken):
        await second
    found = await postgresql_store.reading(program).activities_by_key(["k", "l"])
    assert {key: row.activity for key, row in found.items()} == {"k": activity("k", "ann")}


async def test_a_version_stored_meanwhile_is_taken(
    postgresql_store: Store, until_one_waits: Waiting
) -> None:
    program = await new_program(postgresql_store, "forum")

    async def apply() -> None:
        async with postgresql_store.writing(program) as writing:
            await writing.add_version(DefinitionVersion(2, None, T0, "{}"))

    async with postgresql_store.writing(program) as first:
        await first.add_version(DefinitionVersion(2, T0, T0, "{}"))
        second = asyncio.create_task(apply())
        await until_one_waits()
    with pytest.raises(KeyTaken):
        await second


async def test_a_member_whose_registration_is_taken_back_is_registered_by_who_waits(
    postgresql_store: Store, until_one_waits: Waiting
) -> None:
    program = await new_program(postgresql_store, "forum")

    async def register() -> None:
        async with postgresql_store.writing(program) as writing:
            assert set(await writing.lock_members(["ann"], at(1))) == {"ann"}
            await writing.unregister(but={of("ann")})

    async with postgresql_store.writing(program) as first:
        await first.lock_members(["ann"], T0)
        second = asyncio.create_task(register())
        await until_one_waits()
        await first.unregister(but=set())
    await second
    (found,) = await postgresql_store.reading(program).member_page(after=None, limit=9)
    assert (found.external_id, found.registered_at) == ("ann", at(1))


async def test_a_deadlock_is_contention(postgresql_store: Store) -> None:
    """Two transactions lock one member each, and then ask for the other's."""
    program = await new_program(postgresql_store, "forum")
    await registered(postgresql_store, program, "ann", "bob")
    both_hold_one = asyncio.Barrier(2)

    async def lock(one: str, other: str) -> None:
        async with postgresql_store.writing(program) as writing:
            await writing.lock_members([one], T0)
            await both_hold_one.wait()
            await writing.lock_members([other], T0)

    results = await asyncio.gather(lock("ann", "bob"), lock("bob", "ann"), return_exceptions=True)
    assert sorted(map(repr, results)) == ["Contended()", "None"]
    assert isinstance(next(result for result in results if result), Contended)


async def test_tallies_of_different_orders_do_not_deadlock(postgresql_store: Store) -> None:
    program = await new_program(postgresql_store, "forum")
    names = [f"member {number}" for number in range(50)]

    async def put(order: list[str]) -> None:
        async with postgresql_store.writing(program) as writing:
            await writing.put_tallies([ranked(name, 1) for name in order])

    async with asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(put(names[number:] + names[:number]))
    assert len(await postgresql_store.reading(program).windows("votes", limit=9, before=None)) == 1


async def test_notices_become_visible_in_the_order_of_their_ids(
    postgresql_store: Store, until_one_waits: Waiting
) -> None:
    """The second transaction may not post, and be seen, while the first has posted unseen."""
    program = await new_program(postgresql_store, "forum")

    async def post() -> int:
        async with postgresql_store.writing(program) as writing:
            return (await writing.add_notices([notice(award_key("bob"))]))[0].id

    async with postgresql_store.writing(program) as first:
        posted = await first.add_notices([notice(award_key("ann"))])
        second = asyncio.create_task(post())
        await until_one_waits()
        assert await postgresql_store.reading(program).latest_notice_id() == 0
    assert await second == posted[0].id + 1
    assert await postgresql_store.reading(program).latest_notice_id() == posted[0].id + 1


async def test_members_locked_by_id_wait_for_each_other(
    postgresql_store: Store, until_one_waits: Waiting
) -> None:
    program = await new_program(postgresql_store, "forum")
    await registered(postgresql_store, program, "ann")
    order: list[str] = []

    async def lock() -> None:
        async with postgresql_store.writing(program) as writing:
            await writing.lock_members_by_id([of("ann")])
            order.append("second")

    async with postgresql_store.writing(program) as first:
        await first.lock_members(["ann"], T0)
        second = asyncio.create_task(lock())
        await until_one_waits()
        order.append("first")
    await second
    assert order == ["first", "second"]


async def test_alone_waits_for_those_under_way_and_sees_what_they_wrote(
    postgresql_store: Store, until_one_waits: Waiting
) -> None:
    program = await new_program(postgresql_store, "forum")
    await registered(postgresql_store, program, "ann")

    async def alone() -> set[str]:
        async with postgresql_store.writing(program) as writing:
            assert await writing.activities(["k"]) == {}
            await writing.alone()
            return set(await writing.activities(["k"]))

    async with postgresql_store.writing(program) as first:
        await first.lock_members(["ann"], T0)
        await first.add_activities([activity("k")])
        second = asyncio.create_task(alone())
        await until_one_waits()
    assert await second == {"k"}


async def test_others_stay_out_while_one_is_alone(
    postgresql_store: Store, until_one_waits: Waiting
) -> None:
    program = await new_program(postgresql_store, "forum")
    other = await new_program(postgresql_store, "other")
    async with postgresql_store.writing(program) as writing:
        await writing.alone()
        second = asyncio.create_task(registered(postgresql_store, program, "ann"))
        await until_one_waits()
        await registered(postgresql_store, other, "ann")
        assert not second.done()
    await second
    assert await postgresql_store.reading(program).member_count() == 1


async def test_many_that_want_to_be_alone_take_turns(postgresql_store: Store) -> None:
    program = await new_program(postgresql_store, "forum")
    both_read = asyncio.Barrier(3)

    async def alone() -> None:
        async with postgresql_store.writing(program) as writing:
            await writing.activities(["k"])
            await both_read.wait()
            await writing.alone()

    async with asyncio.timeout(10):
        await asyncio.gather(*(alone() for _ in range(3)))


async def test_alone_after_writing_keeps_what_was_written(postgresql_store: Store) -> None:
    program = await new_program(postgresql_store, "forum")
    async with postgresql_store.writing(program) as writing:
        await writing.lock_members(["ann"], T0)
        await writing.alone()
    assert await postgresql_store.reading(program).member_count() == 1


async def test_an_ignored_failure_is_not_a_commit(postgresql_store: Store) -> None:
    program = await new_program(postgresql_store, "forum")

    async def ignore_a_failure() -> None:
        async with postgresql_store.writing(program) as writing:
            await writing.lock_members(["ann"], T0)
            with suppress(Exception):
                await writing.put_tallies([Ranked(tally_key(), tally(2**63), False)])
            with suppress(Exception):
                await writing.add_activities([activity("nul \0")])

    with pytest.raises(RuntimeError, match="the failure was ignored"):
        await ignore_a_failure()
    assert await postgresql_store.reading(program).member_count() == 0


async def test_who_cannot_draw_on_a_budget_does_not_wait_for_it(
    postgresql_store: Store, until_one_waits: Waiting
) -> None:
    """One transaction holds the budget: a visit is recorded meanwhile, and a purchase after it."""
    told = await scene(
        definition(
            activities={"buy": {}, "visit": {}},
            points={"stars": {}},
            campaigns={"gift": {"on": "buy", "give": {"stars": 1}, "budget": {"stars": 1}}},
        ),
        store=postgresql_store,
    )
    async with postgresql_store.writing(told.program.record) as holding:
        await holding.lock_shared(["campaign/gift/stars"])
        (visit,) = await told.recorded(sent("visit", key="v"))
        buying = asyncio.create_task(told.recorded(sent("buy", member="ben", key="b")))
        await until_one_waits()
        assert not buying.done()
    (bought,) = await buying
    assert (visit.replayed, bought.replayed) == (False, False)
    stars = [entry.entry.amount for entry in await told.entries(bought.member.id, "stars")]
    assert stars == [units(1)]
