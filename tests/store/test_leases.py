"""Leases: what one of many processes may hold, until it gives it back or is not heard of."""

import asyncio

from gamification.imports import lease_of_import
from gamification.ports import ProgramRecord, Store
from models.store import open_store
from tests.store.builders import at, new_program


async def test_a_free_lease_is_taken(store: Store) -> None:
    assert await store.take_lease("tick", "ann", now=at(0), until=at(30)) is True


async def test_a_lease_is_anothers_until_it_expires(store: Store) -> None:
    await store.take_lease("tick", "ann", now=at(0), until=at(30))
    assert await store.take_lease("tick", "bob", now=at(29), until=at(59)) is False
    assert await store.take_lease("tick", "bob", now=at(30), until=at(60)) is True
    assert await store.take_lease("tick", "ann", now=at(31), until=at(61)) is False


async def test_a_holder_goes_on_holding(store: Store) -> None:
    await store.take_lease("tick", "ann", now=at(0), until=at(30))
    assert await store.take_lease("tick", "ann", now=at(20), until=at(50)) is True
    assert await store.take_lease("tick", "bob", now=at(49), until=at(79)) is False


async def test_a_lease_given_back_is_free(store: Store) -> None:
    await store.take_lease("tick", "ann", now=at(0), until=at(30))
    await store.give_back_lease("tick", "bob")
    assert await store.take_lease("tick", "bob", now=at(1), until=at(31)) is False
    await store.give_back_lease("tick", "ann")
    assert await store.take_lease("tick", "bob", now=at(1), until=at(31)) is True


async def test_leases_are_told_apart_by_name(store: Store) -> None:
    await store.take_lease("tick", "ann", now=at(0), until=at(30))
    assert await store.take_lease("tock", "bob", now=at(0), until=at(30)) is True


async def test_leases_of_who_died_are_forgotten(store: Store) -> None:
    await store.take_lease("tick", "ann", now=at(0), until=at(30))
    await store.take_lease("tock", "bob", now=at(0), until=at(31))
    await store.drop_expired_leases(now=at(30))
    assert await store.take_lease("tick", "cy", now=at(0), until=at(30)) is True
    assert await store.take_lease("tock", "cy", now=at(30), until=at(60)) is False


async def is_importing(store: Store, program: ProgramRecord) -> bool:
    """What readers are told, and transactions: the same."""
    told = await store.reading(program).is_importing()
    async with store.writing(program) as writing:
        assert await writing.is_importing() is told
    return told


async def test_a_program_knows_of_its_imports(store: Store, program: ProgramRecord) -> None:
    other = await new_program(store, "other")
    assert await is_importing(store, program) is False
    await store.take_lease("import", "ann", now=at(0), until=at(30))
    assert await is_importing(store, program) is False
    for file in ("a.csv", "b.csv"):
        name = lease_of_import(program.id, file)
        assert await store.take_lease(name, file, now=at(0), until=at(30)) is True
    assert [await is_importing(store, each) for each in (program, other)] == [True, False]
    await store.give_back_lease(lease_of_import(program.id, "a.csv"), "a.csv")
    assert await is_importing(store, program) is True
    await store.drop_expired_leases(now=at(30))
    assert await is_importing(store, program) is False


async def test_of_many_processes_at_once_one_takes_it(postgresql_url: str) -> None:
    """Each with connections of its own, for a free lease and for one that has expired."""
    names = [f"process {number}" for number in range(8)]

    async def taken_by(process: str, now: int) -> bool:
        async with open_store(postgresql_url, pool_size=1) as store:
            await ready.wait()
            return await store.take_lease("tick", process, now=at(now), until=at(now + 30))

    for now in (0, 30):
        ready = asyncio.Barrier(len(names))
        taken = await asyncio.gather(*(taken_by(name, now) for name in names))
        assert sorted(taken) == [False] * 7 + [True]
