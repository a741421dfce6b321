"""Transactions: all or nothing, unseen until they end, and one program sees nothing of another."""

import asyncio

import pytest

from gamification.facts import Order
from gamification.ports import Board, DefinitionVersion, Member, ProgramRecord, Store, Totals
from gamification.state import Account, AccountKey
from tests.store.builders import (
    T0,
    activity,
    at,
    award,
    award_key,
    entry,
    new_program,
    notice,
    of,
    ranked,
    registered,
    retraction,
    tally_key,
)

NOTHING = Totals({}, set(), {}, {}, {}, {})


class Mistake(Exception):
    pass


async def write_everything(store: Store, program: ProgramRecord) -> None:
    async with store.writing(program) as writing:
        await writing.lock_members(["ann"], T0)
        await writing.add_activities([activity("k", source="s")])
        await writing.add_retractions([retraction("r", "k")])
        await writing.put_tallies([ranked("ann", 3)])
        await writing.put_accounts({AccountKey(of("ann"), "reputation"): Account(5)})
        await writing.add_entries([(entry("k", 5), 5)])
        await writing.add_awards([award(award_key(), "k")])
        await writing.add_notices([notice(award_key())])
        await writing.put_last({of("ann"): Order(at(0), "k")})
        await writing.update_member(of("ann"), display_name="Ann", attributes={"a": 1})
        await writing.add_version(DefinitionVersion(2, None, T0, "{}"))
        raise Mistake


async def test_an_exception_takes_everything_back(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann")
    with pytest.raises(Mistake):
        await write_everything(store, program)
    reading = store.reading(program)
    assert await reading.members([of("ann")]) == {
        of("ann"): Member(of("ann"), "ann", None, {}, T0, None)
    }
    assert await reading.activities_by_key(["k"]) == {}
    assert await reading.latest_notice_id() == 0
    assert await store.programs() == [program]
    async with store.writing(program) as writing:
        assert await writing.totals(of("ann")) == NOTHING
        assert await writing.retractions(["k"]) == {}


async def test_readers_see_a_transaction_when_it_ends(sql_store: Store) -> None:
    program = await new_program(sql_store, "forum")
    reading = sql_store.reading(program)
    async with sql_store.writing(program) as writing:
        await writing.lock_members(["ann"], T0)
        assert await reading.member_count() == 0
    assert await reading.member_count() == 1


async def test_writers_see_what_they_wrote(store: Store, program: ProgramRecord) -> None:
    async with store.writing(program) as writing:
        await writing.lock_members(["ann"], T0)
        await writing.add_activities([activity("k")])
        await writing.put_tallies([ranked("ann", 3)])
        assert await writing.history(of("ann")) == [(activity("k"), ())]
        assert await writing.tallies([tally_key()], []) == {tally_key(): ranked("ann", 3).tally}


async def test_writers_of_one_member_take_turns(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann", "bob")

    async def count_one(order: list[str]) -> None:
        async with store.writing(program) as writing:
            await writing.lock_members(order, T0)
            before = await writing.tallies([tally_key()], [])
            value = before[tally_key()].value if before else 0
            await writing.put_tallies([ranked("ann", value + 1)])

    async with asyncio.TaskGroup() as group:
        for number in range(40):
            group.create_task(count_one(["ann", "bob"] if number % 2 else ["bob", "ann"]))
    found = await store.reading(program).tallies_by_key([tally_key()])
    assert found == {tally_key(): ranked("ann", 40).tally}


async def test_new_members_met_by_many_at_once_are_registered_once(
    store: Store, program: ProgramRecord
) -> None:
    names = [f"member {number}" for number in range(30)]

    async def meet(first: int) -> None:
        async with store.writing(program) as writing:
            asked = names[first:] + names[:first]
            assert set(await writing.lock_members(asked, T0)) == set(names)

    async with asyncio.TaskGroup() as group:
        for first in range(30):
            group.create_task(meet(first))
    assert await store.reading(program).member_count() == 30


async def test_programs_do_not_see_each_other(store: Store, program: ProgramRecord) -> None:
    """The other program asks for the very ids, keys and places of the first."""
    with pytest.raises(Mistake):
        await write_everything(store, program)
    other = await new_program(store, "other")
    async with store.writing(program) as writing:
        await writing.lock_members(["ann"], T0)
        await writing.add_activities([activity("k", source="s")])
        await writing.add_retractions([retraction("r", "k")])
        await writing.put_tallies([ranked("ann", 3)])
        await writing.put_accounts({AccountKey(of("ann"), "reputation"): Account(5)})
        await writing.add_entries([(entry("k", 5), 5)])
        await writing.add_awards([award(award_key(), "k")])
        await writing.add_notices([notice(award_key())])
    async with store.writing(other) as writing:
        assert await writing.lock_members_by_id([of("ann")]) == {}
        assert await writing.activities(["k"]) == {}
        assert await writing.activities_from("s") == []
        assert await writing.retractions(["k"]) == {}
        assert await writing.tallies([tally_key()], []) == {}
        assert await writing.accounts([AccountKey(of("ann"), "reputation")]) == {}
        assert await writing.awards([award_key()]) == {}
        assert await writing.history(of("ann")) == []
        assert await writing.totals(of("ann")) == NOTHING
        await writing.delete_tallies([tally_key()])
        await writing.delete_awards([award_key()])
        await writing.set_ranked(of("ann"), {"votes": False})
    await assert_reads_nothing(store, other)
    board = Board("votes", ("",))
    assert await store.reading(program).participant_count(board) == 1
    assert len(await store.reading(program).awards_by_key([award_key()])) == 1


async def assert_reads_nothing(store: Store, program: ProgramRecord) -> None:
    reading = store.reading(program)
    board, rolling = Board("votes", ("",)), Board("votes", ("", "2017"))
    ann = of("ann")
    assert await reading.members([ann]) == {}
    assert await reading.members_by_external_id(["ann"]) == {}
    assert await reading.member_page(after=None, limit=9) == []
    assert await reading.member_count() == 0
    assert await reading.tallies_by_key([tally_key()]) == {}
    assert await reading.accounts([ann]) == {}
    assert await reading.awards([ann], badges=None, before=None, limit=9) == {ann: []}
    assert await reading.award_counts([ann], None) == {ann: 0}
    assert await reading.awards_by_id([1]) == {}
    assert await reading.awards_of_activities(["k"]) == {"k": []}
    assert await reading.badge_holders(["teacher"]) == {}
    assert await reading.entries(ann, "reputation", before=None, limit=9) == []
    assert await reading.entries_of_activities(["k"]) == {"k": []}
    assert await reading.activity_page(ann, before=None, limit=9) == []
    assert await reading.activities_by_key(["k"]) == {}
    for each in (board, rolling):
        assert await reading.standings(each, after=None, limit=9) == []
        assert await reading.participant_count(each) == 0
    assert await reading.windows("votes", limit=9, before=None) == []
    assert await reading.notices_after(0, member=None, public_only=False, limit=9) == []
    assert await reading.latest_notice_id() == 0
    assert [page async for page in store.auditing(program).members()] == []
    assert await store.auditing(program).orphans() == []
