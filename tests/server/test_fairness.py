"""Who floods the server waits for himself: others get their turn, and there is room for them."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gamification.facts import NewActivity
from gamification.ports import Store
from gamification.program import Program
from gamification.refusals import Busy
from gamification.twin import Twin
from gamification.use_cases.recorded import Recorded
from models.store import open_store
from server.lanes import Result
from server.recorder import BatchingRecorder
from tests.server.desk import Desk, new_desk, visit


@pytest.fixture
async def desk() -> Desk:
    return await new_desk(Twin())


def begun(*work: Coroutine[Any, Any, Any]) -> "list[asyncio.Task[Any]]":
    return [asyncio.create_task(each) for each in work]


def flood(recorder: BatchingRecorder, program: Program, singles: int) -> "list[asyncio.Task[Any]]":
    return begun(*(recorder.record(program, visit(f"m{n}")) for n in range(singles)))


@asynccontextmanager
async def flooded(
    desk: Desk, recorder: BatchingRecorder, singles: int
) -> AsyncGenerator["list[asyncio.Task[Any]]"]:
    """One batch of the desk's program under way, and so many mutations waiting."""
    tasks = flood(recorder, desk.program, 1)
    await desk.entered.wait()
    tasks += flood(recorder, desk.program, singles)
    await asyncio.sleep(0)
    assert recorder.waiting == singles
    yield tasks
    desk.gate.set()
    assert {type(each) for each in await asyncio.gather(*tasks)} == {Recorded}
    assert recorder.waiting == 0


def many(size: int, name: str) -> Sequence[NewActivity]:
    return [visit(f"{name}{n}", key=f"{name}{n}") for n in range(size)]


async def recorded(result: Result) -> None:
    assert isinstance(result, Recorded), result


async def test_another_program_waits_for_one_batch_of_a_flood(store: Store) -> None:
    desk = await new_desk(store)
    other, recorder = await desk.another("other"), desk.recorder(size=10)
    async with flooded(desk, recorder, 200):
        late = asyncio.create_task(recorder.record(other, visit()))
        await asyncio.sleep(0)
        desk.gate.set()
        await recorded(await late)
        # The batch that was under way; the flood's next one may have begun meanwhile.
        assert desk.turns[:2] == ["club", "other"]
        assert len(desk.turns) <= 3
    assert desk.sizes == [1, 1, *[10] * 20]


async def test_each_of_many_programs_waits_for_one_batch_of_each_other(desk: Desk) -> None:
    others = [await desk.another(f"other-{n}") for n in range(4)]
    recorder = desk.recorder(size=5)
    async with flooded(desk, recorder, 20):
        floods = [task for other in others for task in flood(recorder, other, 10)]
        await asyncio.sleep(0)
        desk.gate.set()
        await asyncio.gather(*floods)
    each = ["other-0", "other-1", "other-2", "other-3"]
    assert desk.turns == ["club", *each, "club", *each, "club", "club", "club"]


async def test_a_single_mutation_waits_for_one_request_of_many(desk: Desk) -> None:
    recorder = desk.recorder()
    batches = begun(*(recorder.record_all(desk.program, many(300, f"m{n}-"))
                      for n in range(5)))  # fmt: skip
    await desk.entered.wait()
    single = asyncio.create_task(recorder.record(desk.program, visit()))
    await asyncio.sleep(0)
    desk.gate.set()
    await recorded(await single)
    await asyncio.gather(*batches)
    assert desk.sizes == [300, 1, 300, 300, 300, 300]


async def test_a_request_of_many_waits_for_one_batch_of_singles(desk: Desk) -> None:
    recorder = desk.recorder(size=10)
    async with flooded(desk, recorder, 50):
        batch = asyncio.create_task(recorder.record_all(desk.program, many(40, "x")))
        await asyncio.sleep(0)
        desk.gate.set()
        assert len(await batch) == 40
    assert desk.sizes == [1, 40, *[10] * 5]


async def test_small_requests_of_many_share_a_transaction(desk: Desk) -> None:
    recorder = desk.recorder(size=10)
    first = begun(recorder.record_all(desk.program, many(3, "first")))
    await desk.entered.wait()
    batches = begun(*(recorder.record_all(desk.program, many(4, f"m{n}-"))
                      for n in range(5)))  # fmt: skip
    await asyncio.sleep(0)
    desk.gate.set()
    results = await asyncio.gather(*first, *batches)
    assert [len(each) for each in results] == [3, 4, 4, 4, 4, 4]
    assert [each[0].activity.key for each in results] == [
        "first0", "m0-0", "m1-0", "m2-0", "m3-0", "m4-0",
    ]  # fmt: skip
    assert desk.sizes == [3, 8, 8, 4]


async def test_a_batch_that_fails_is_tried_one_by_one_in_turn_with_others(desk: Desk) -> None:
    desk.poison = frozenset({"m3"})
    other, recorder = await desk.another("other"), desk.recorder()
    tasks = flood(recorder, desk.program, 5)
    await desk.entered.wait()
    tasks += flood(recorder, other, 1)
    await asyncio.sleep(0)
    desk.gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    kinds = [type(each).__name__ for each in results]
    assert kinds == ["Recorded", "Recorded", "Recorded", "RuntimeError", "Recorded", "Recorded"]
    assert desk.sizes == [5, 1, 1, 1, 1, 1, 1]
    assert desk.turns == ["club", "other", *["club"] * 5]


async def test_a_flood_leaves_room_for_others(desk: Desk) -> None:
    """A program may have as much waiting as is still free: with one flood half of the room."""
    other, third = await desk.another("other"), await desk.another("third")
    recorder = desk.recorder(queues=12)
    async with flooded(desk, recorder, 6) as tasks:
        refused = await recorder.record(desk.program, visit("ben", key="k"))
        assert isinstance(refused, Busy)
        assert refused.message == "6 activities are waiting to be recorded: try again in 1 s"
        tasks += flood(recorder, other, 3)
        await asyncio.sleep(0)
        assert isinstance(await recorder.record(other, visit()), Busy)
        tasks += flood(recorder, third, 1)
        await asyncio.sleep(0)
        assert recorder.waiting == 10
    assert await desk.keys("ben") == []


async def test_a_request_of_many_is_refused_as_a_whole(desk: Desk) -> None:
    recorder = desk.recorder(queue=5, queues=100)
    async with flooded(desk, recorder, 0):
        # Larger than the queue, but there is nothing before it.
        whole = asyncio.create_task(recorder.record_all(desk.program, many(20, "whole")))
        await asyncio.sleep(0)
        with pytest.raises(Busy) as busy:
            await recorder.record_all(desk.program, many(2, "ben"))
        assert (busy.value.retry_after, recorder.waiting) == (1, 20)
    assert len(await whole) == 20
    assert await desk.keys("ben0") == []


async def test_the_hint_grows_with_what_waits(desk: Desk) -> None:
    recorder = desk.recorder(size=10, queue=1000)
    async with flooded(desk, recorder, 1000):
        refused = await recorder.record(desk.program, visit("ben"))
        assert isinstance(refused, Busy)
        # A hundred and one batches of the 50 ms that a batch is taken for at first.
        assert refused.retry_after == 6


async def test_on_postgresql_programs_write_beside_each_other(postgresql_url: str) -> None:
    async with open_store(postgresql_url) as store:
        desk = await new_desk(store)
        others = [await desk.another(f"other-{n}") for n in range(5)]
        recorder = desk.recorder(writers=3)
        tasks = [task for other in others for task in flood(recorder, other, 20)]
        await desk.entered.wait()
        desk.gate.set()
        assert {type(each) for each in await asyncio.gather(*tasks)} == {Recorded}
        assert desk.under_way_most == 3
        assert sorted(desk.sizes) == [20] * 5
        await recorder.stop()
