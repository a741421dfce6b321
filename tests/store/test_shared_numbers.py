"""Numbers that members share: begun with 0, locked in the order of their keys, never lost."""

import asyncio

from gamification.ports import ProgramRecord, Store
from tests.store.builders import new_program
from tests.store.conftest import Waiting


async def test_a_number_begins_with_nothing_and_is_kept(
    store: Store, program: ProgramRecord
) -> None:
    async with store.writing(program) as writing:
        assert await writing.lock_shared(["b", "a", "b"]) == {"a": 0, "b": 0}
        await writing.put_shared({"b": -70_000, "a": 50_000})
        assert await writing.lock_shared(["b"]) == {"b": -70_000}
        assert await writing.shared_numbers(["a", "c"]) == {"a": 50_000, "c": 0}
        assert await writing.lock_shared([]) == {}
    reading = store.reading(program)
    assert await reading.shared_numbers(["c", "a", "b"]) == {"a": 50_000, "b": -70_000, "c": 0}
    assert await reading.shared_numbers([]) == {}
    async with store.judging(program) as judging:
        assert await judging.shared_numbers(["b", "c"]) == {"b": -70_000, "c": 0}
    assert await store.auditing(program).shared_numbers() == {"a": 50_000, "b": -70_000}


async def test_programs_share_nothing(store: Store, program: ProgramRecord) -> None:
    other = await new_program(store, "shop")
    async with store.writing(program) as writing:
        await writing.lock_shared(["a"])
        await writing.put_shared({"a": 10_000})
    async with store.writing(other) as writing:
        assert await writing.lock_shared(["a"]) == {"a": 0}
    assert await store.auditing(other).shared_numbers() == {"a": 0}
    assert await store.auditing(program).shared_numbers() == {"a": 10_000}


async def test_nothing_is_kept_of_a_transaction_that_failed(
    store: Store, program: ProgramRecord
) -> None:
    try:
        async with store.writing(program) as writing:
            await writing.lock_shared(["a"])
            await writing.put_shared({"a": 10_000})
            raise InterruptedError
    except InterruptedError:
        pass
    assert await store.auditing(program).shared_numbers() == {}


async def test_who_locks_a_number_keeps_others_waiting(
    postgresql_store: Store, until_one_waits: Waiting
) -> None:
    """Also where both begin it: the second sees what the first has left."""
    program = await new_program(postgresql_store, "forum")

    async def add(amount: int) -> int:
        async with postgresql_store.writing(program) as writing:
            before = (await writing.lock_shared(["a"]))["a"]
            await writing.put_shared({"a": before + amount})
            return before

    async with postgresql_store.writing(program) as first:
        await first.lock_shared(["a"])
        second = asyncio.create_task(add(5))
        await until_one_waits()
        await first.put_shared({"a": 3})
    assert await second == 3
    assert await postgresql_store.reading(program).shared_numbers(["a"]) == {"a": 8}


async def test_locks_of_different_orders_do_not_wait_for_each_other(
    postgresql_store: Store,
) -> None:
    program = await new_program(postgresql_store, "forum")
    keys = [f"number {number}" for number in range(50)]

    async def add(order: list[str]) -> None:
        for _ in range(5):
            async with postgresql_store.writing(program) as writing:
                numbers = await writing.lock_shared(order)
                await writing.put_shared({key: value + 1 for key, value in numbers.items()})

    await asyncio.gather(add(keys), add(keys[::-1]), add(keys))
    assert await postgresql_store.reading(program).shared_numbers(keys) == dict.fromkeys(keys, 15)
