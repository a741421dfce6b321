"""PostgreSQL restarts; the transactions in flight fail, and the next ones work."""

import asyncio

import pytest

from gamification.ports import ProgramRecord, Store
from models.driver import LOST
from tests.databases import PostgresqlServer
from tests.store.builders import T0, activity, at, new_program, of, recorded, registered


async def all_at_once(store: Store, program: ProgramRecord) -> None:
    """Use every connection of the pool, so that each would be found dead."""
    together = asyncio.Barrier(3)

    async def meet(name: str) -> None:
        async with store.writing(program) as writing:
            await writing.lock_members([name], T0)
            await together.wait()

    async with asyncio.timeout(30):
        await asyncio.gather(*(meet(name) for name in ("ann", "bob", "cat")))


@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "unnoticed"])
async def test_the_next_transactions_and_reads_work(
    postgresql_store: Store, postgresql_server: PostgresqlServer, noticed: bool
) -> None:
    """Noticed: the event loop saw the connections close before they are used again."""
    program = await new_program(postgresql_store, "forum")
    await all_at_once(postgresql_store, program)
    for _ in range(2):
        if noticed:
            await asyncio.to_thread(postgresql_server.restart)
        else:
            postgresql_server.restart()
        assert await postgresql_store.reading(program).member_count() == 3
        await all_at_once(postgresql_store, program)


async def test_a_transaction_in_flight_fails_whole(
    postgresql_store: Store, postgresql_server: PostgresqlServer
) -> None:
    program = await new_program(postgresql_store, "forum")
    await registered(postgresql_store, program, "ann")

    async def interrupted() -> None:
        async with postgresql_store.writing(program) as writing:
            await writing.add_activities([activity("k")])
            await asyncio.to_thread(postgresql_server.restart)
            await writing.add_activities([activity("l", seconds=1)])

    with pytest.raises(LOST):
        await interrupted()
    await recorded(postgresql_store, program, activity("k", seconds=2))
    history = await postgresql_store.auditing(program).histories([of("ann")])
    assert [(one.key, one.occurred_at) for one, _ in history[of("ann")]] == [("k", at(2))]
