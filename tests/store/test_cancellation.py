"""A task may be cancelled at any moment, as sockets do; the store must not notice."""

import asyncio
from collections.abc import Callable, Coroutine
from itertools import count

import pytest

from gamification.ports import ProgramRecord, Store
from tests.store.builders import T0, activity, new_program, of, ranked, registered, tally_key

Look = Callable[[Store, ProgramRecord], Coroutine[None, None, None]]

ROUNDS = 300
POOL_SIZE = 3


async def write(store: Store, program: ProgramRecord, key: str) -> None:
    async with store.writing(program) as writing:
        await writing.lock_members(["ann"], T0)
        before = (await writing.tallies([tally_key()], [])).get(tally_key())
        await writing.add_activities([activity(key)])
        await writing.put_tallies([ranked("ann", before.value + 1 if before else 1)])


async def read(store: Store, program: ProgramRecord) -> None:
    await store.reading(program).tallies_by_key([tally_key()])


async def judge(store: Store, program: ProgramRecord) -> None:
    async with store.judging(program) as judging:
        await judging.tallies([tally_key()], [])
        await judging.totals(of("ann"))


async def assert_whole(store: Store, program: ProgramRecord) -> None:
    """Each activity was stored with its tally or not at all, and no connection is lost."""
    history = (await store.auditing(program).histories([of("ann")]))[of("ann")]
    found = await store.reading(program).tallies_by_key([tally_key()])
    assert found[tally_key()].value == len(history)
    async with asyncio.timeout(10):
        await write(store, program, "last")
        await asyncio.gather(*(read(store, program) for _ in range(POOL_SIZE * 2)))
    assert len((await store.auditing(program).histories([of("ann")]))[of("ann")]) == (
        len(history) + 1
    )


@pytest.mark.parametrize("neighbours", [0, 3])
async def test_a_cancelled_writer_leaves_nothing_behind(sql_store: Store, neighbours: int) -> None:
    """Cancelled after ever more steps of the event loop, alone and among others."""
    program = await new_program(sql_store, "forum")
    await registered(sql_store, program, "ann")
    keys = count()
    await write(sql_store, program, "first")
    for round_ in range(ROUNDS):
        others = [
            asyncio.create_task(write(sql_store, program, f"k{next(keys)}"))
            for _ in range(neighbours)
        ]
        task = asyncio.create_task(write(sql_store, program, f"k{next(keys)}"))
        await cancelled_after(task, steps=round_ % 60)
        await asyncio.gather(*others)
    await assert_whole(sql_store, program)


@pytest.mark.parametrize("look", [read, judge])
async def test_a_cancelled_reader_leaves_nothing_behind(sql_store: Store, look: Look) -> None:
    program = await new_program(sql_store, "forum")
    await registered(sql_store, program, "ann")
    await write(sql_store, program, "first")
    for round_ in range(ROUNDS):
        tasks = [asyncio.create_task(look(sql_store, program)) for _ in range(POOL_SIZE + 1)]
        await cancelled_after(tasks[round_ % len(tasks)], steps=round_ % 20)
        await asyncio.gather(*tasks, return_exceptions=True)
    await assert_whole(sql_store, program)


async def test_cancelled_twice_while_it_rolls_back(sql_store: Store) -> None:
    program = await new_program(sql_store, "forum")
    await registered(sql_store, program, "ann")
    await write(sql_store, program, "first")
    for round_ in range(ROUNDS):
        task = asyncio.create_task(write(sql_store, program, f"k{round_}"))
        await steps_of_the_loop(round_ % 40)
        task.cancel()
        await cancelled_after(task, steps=round_ % 7)
    await assert_whole(sql_store, program)


async def test_all_connections_can_be_used_at_once_afterwards(postgresql_store: Store) -> None:
    """Every slot of the pool is free again: three transactions meet."""
    program = await new_program(postgresql_store, "forum")
    await registered(postgresql_store, program, "ann")
    for round_ in range(ROUNDS):
        task = asyncio.create_task(write(postgresql_store, program, f"k{round_}"))
        await cancelled_after(task, steps=round_ % 60)
    together = asyncio.Barrier(POOL_SIZE)

    async def meet() -> None:
        async with postgresql_store.writing(program):
            await together.wait()

    async with asyncio.timeout(10):
        await asyncio.gather(*(meet() for _ in range(POOL_SIZE)))


async def cancelled_after(task: asyncio.Task[None], *, steps: int) -> None:
    await steps_of_the_loop(steps)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def steps_of_the_loop(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)
