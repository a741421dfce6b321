"""Data versions: by them one can tell, without looking, that nothing has changed."""

import asyncio
from collections.abc import Callable

import pytest

from gamification.ids import ProgramId
from gamification.ports import Committed, ProgramRecord, Ranked, Store
from gamification.state import Tally, TallyKey
from models.store import open_store
from tests.store.builders import T0, at
from tests.store.conftest import FIRST


async def version_of(store: Store, program: ProgramRecord) -> int:
    return (await store.data_versions([program.id]))[program.id]


async def register(
    store: Store,
    program: ProgramRecord,
    external_id: str,
    *,
    then: Callable[[], object] = lambda: None,
) -> None:
    async with store.writing(program) as writing:
        await writing.lock_members([external_id], T0)
        then()


async def test_each_transaction_that_writes_is_one_version(
    store: Store, program: ProgramRecord
) -> None:
    assert await version_of(store, program) == 0
    await register(store, program, "ann")
    assert await version_of(store, program) == 1
    await register(store, program, "bob")
    assert await version_of(store, program) == 2


async def test_what_is_rolled_back_is_none(store: Store, program: ProgramRecord) -> None:
    with pytest.raises(ZeroDivisionError):
        await register(store, program, "ann", then=lambda: 1 / 0)
    assert await version_of(store, program) == 0


async def test_what_only_reads_is_none(sql_store: Store) -> None:
    program = await sql_store.create_program("forum", FIRST)
    async with sql_store.writing(program) as writing:
        assert await writing.members_by_external_id(["ann"]) == {}
        await writing.put_tallies([])
    assert await version_of(sql_store, program) == 0


async def test_programs_have_versions_of_their_own(store: Store, program: ProgramRecord) -> None:
    other = await store.create_program("shop", FIRST)
    await register(store, other, "ann")
    stranger = ProgramId(999)
    assert await store.data_versions([program.id, other.id, stranger]) == {
        program.id: 0,
        other.id: 1,
        stranger: 0,
    }
    assert await store.data_versions([]) == {}


async def test_a_watcher_hears_of_each_commit(store: Store, program: ProgramRecord) -> None:
    heard: list[Committed] = []
    store.watch(heard.append)
    await register(store, program, "ann")
    async with store.writing(program) as writing:
        ann = (await writing.lock_members(["ann"], T0))["ann"].id
        visits, posts = TallyKey(ann, "visits", "all", ""), TallyKey(ann, "posts", "all", "")
        put = Ranked(visits, Tally(3, 3, at(1), 1), ranked=True)
        gone = Ranked(posts, Tally(0, 0, at(1), 0), ranked=False)
        await writing.put_tallies([put, gone])
        off = Ranked(visits, put.tally, ranked=False)
    async with store.writing(program) as writing:
        await writing.set_ranked(None, {"visits": False})
        await writing.delete_tallies([visits])
    async with store.writing(program) as writing:
        await writing.put_tallies([put])
        await writing.set_ranked(ann, {"visits": False, "posts": False})
    async with store.writing(program) as writing:
        await writing.set_ranked(ann, {"visits": True})
    with pytest.raises(ZeroDivisionError):
        await register(store, program, "bob", then=lambda: 1 / 0)
    assert heard == [
        Committed(program.id, 1, {}, moves_boards=False),
        Committed(program.id, 2, {visits: put, posts: None}, moves_boards=False),
        Committed(program.id, 3, {visits: None}, moves_boards=True),
        Committed(program.id, 4, {visits: off}, moves_boards=False),
        Committed(program.id, 5, {visits: put}, moves_boards=False),
    ]


async def test_many_at_once_give_as_many_versions(postgresql_url: str) -> None:
    """None is given twice, and one that is seen is not followed by a lower one."""
    async with open_store(postgresql_url, pool_size=8) as store:
        program = await store.create_program("forum", FIRST)
        heard: list[Committed] = []
        store.watch(heard.append)
        seen: list[int] = []

        async def look() -> None:
            while len(heard) < 40:
                seen.append(await version_of(store, program))

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(look())
            for number in range(40):
                tasks.create_task(register(store, program, f"member {number}"))
        assert sorted(each.version for each in heard) == list(range(1, 41))
        assert seen == sorted(seen)
        assert await version_of(store, program) == 40
