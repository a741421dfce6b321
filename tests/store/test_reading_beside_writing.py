"""Whoever writes, and however long, holds up nobody who reads."""

import asyncio

from gamification.ports import Store
from tests.store.builders import T0, activity, counted, new_program, ranked, recorded, tally_key

SECONDS_MAX = 30
"""Only a failing test waits so long."""


async def test_queries_answer_while_a_long_transaction_is_under_way(sql_store: Store) -> None:
    program = await new_program(sql_store, "forum")
    await recorded(sql_store, program, activity("before"))
    await counted(sql_store, program, ranked("ann", 3))
    reading = sql_store.reading(program)
    async with asyncio.timeout(SECONDS_MAX), sql_store.writing(program) as writing:
        await writing.lock_members(["ann"], T0)
        await writing.add_activities([activity("meanwhile")])
        await writing.put_tallies([ranked("ann", 4)])

        # The transaction is open, and has written: what is committed is read, by single statements
        # and by transactions of one moment.
        assert set(await reading.activities_by_key(["before", "meanwhile"])) == {"before"}
        async with sql_store.judging(program) as judging:
            assert set(await judging.activities(["before", "meanwhile"])) == {"before"}
            assert await judging.tallies([tally_key()], []) == {tally_key(): ranked("ann", 3).tally}
        await sql_store.ping()
    assert set(await reading.activities_by_key(["before", "meanwhile"])) == {"before", "meanwhile"}
    assert await reading.tallies_by_key([tally_key()]) == {tally_key(): ranked("ann", 4).tally}


async def test_a_transaction_is_not_held_up_by_who_looks_at_one_moment(sql_store: Store) -> None:
    program = await new_program(sql_store, "forum")
    await recorded(sql_store, program, activity("before"))
    async with asyncio.timeout(SECONDS_MAX), sql_store.judging(program) as judging:
        assert set(await judging.activities(["before", "meanwhile"])) == {"before"}
        await recorded(sql_store, program, activity("meanwhile"))
        assert set(await judging.activities(["before", "meanwhile"])) == {"before"}
    async with sql_store.judging(program) as judging:
        assert set(await judging.activities(["before", "meanwhile"])) == {"before", "meanwhile"}
