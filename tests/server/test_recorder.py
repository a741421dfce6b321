"""Concurrent mutations share transactions; nobody pays for another's misfortune."""

import asyncio

import pytest

from gamification.facts import NewActivity
from gamification.ports import Contended, Store
from gamification.refusals import Busy, UnknownActivityType
from gamification.twin import Twin
from gamification.use_cases.recorded import Recorded
from models.store import open_store
from server.retrying import ATTEMPTS_MAX
from tests.databases import PostgresqlServer
from tests.server.desk import Desk, new_desk, stored, visit


@pytest.fixture
async def desk() -> Desk:
    return await new_desk(Twin())


async def test_who_comes_as_the_last_batch_ends_does_not_wait_for_others(desk: Desk) -> None:
    recorder = desk.recorder(size=1)
    desk.gate.set()
    async with asyncio.timeout(10):
        for _ in range(3):  # each follows the one before without leaving the loop's turn
            assert isinstance(await recorder.record(desk.program, visit()), Recorded)
    assert desk.sizes == [1, 1, 1]


async def test_what_comes_while_a_batch_is_written_is_the_next_batch(desk: Desk) -> None:
    recorder = desk.recorder(size=100)
    first = asyncio.create_task(recorder.record(desk.program, visit()))
    await desk.entered.wait()
    others = [asyncio.create_task(recorder.record(desk.program, visit())) for _ in range(250)]
    await asyncio.sleep(0)
    desk.gate.set()
    results = await asyncio.gather(first, *others)
    assert desk.sizes == [1, 100, 100, 50]
    assert [await stored(each) for each in results] == [f"made-{n}" for n in range(1, 252)]
    await recorder.stop()


async def test_many_at_once_on_a_database(store: Store) -> None:
    desk = await new_desk(store)
    desk.gate.set()
    recorder = desk.recorder(size=50)
    results = await asyncio.gather(
        *(recorder.record(desk.program, visit(f"m{n % 7}", key=f"k{n}")) for n in range(300))
    )
    assert [await stored(each) for each in results] == [f"k{n}" for n in range(300)]
    kept = [key for n in range(7) for key in await desk.keys(f"m{n}")]
    assert sorted(kept) == sorted(f"k{n}" for n in range(300))
    assert max(desk.sizes) == 50
    await recorder.stop()


async def test_a_refusal_is_its_owners_alone(desk: Desk) -> None:
    desk.gate.set()
    recorder = desk.recorder()
    good, bad = await asyncio.gather(
        recorder.record(desk.program, visit(key="k1")),
        recorder.record(desk.program, NewActivity(member="ben", type="nap")),
    )
    assert isinstance(good, Recorded)
    assert isinstance(bad, UnknownActivityType)
    assert desk.sizes == [2]
    assert await desk.keys("ben") == []


async def test_poison_fails_alone(desk: Desk) -> None:
    desk.poison = frozenset({"ben"})
    desk.gate.set()
    recorder = desk.recorder()
    names = ["anne", "ben", "carl"]
    results = await asyncio.gather(
        *(recorder.record(desk.program, visit(name, key=name)) for name in names),
        return_exceptions=True,
    )
    assert [type(each).__name__ for each in results] == ["Recorded", "RuntimeError", "Recorded"]
    assert desk.sizes == [3, 1, 1, 1]
    assert [await desk.keys(name) for name in names] == [["anne"], [], ["carl"]]


async def test_the_others_are_recorded_when_one_has_gone_away(desk: Desk) -> None:
    recorder = desk.recorder()
    tasks = [
        asyncio.create_task(recorder.record(desk.program, visit(name, key=name)))
        for name in ("anne", "ben", "carl")
    ]
    await desk.entered.wait()
    tasks[1].cancel()
    desk.gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each).__name__ for each in results] == ["Recorded", "CancelledError", "Recorded"]
    assert await desk.keys("ben") == ["ben"]


async def test_a_contended_batch_is_tried_again(desk: Desk) -> None:
    desk.failures = [Contended(), Contended()]
    desk.gate.set()
    assert await stored(await desk.recorder().record(desk.program, visit(key="k"))) == "k"
    assert desk.sizes == [1, 1, 1]


async def test_a_database_that_stays_away_is_given_up(desk: Desk) -> None:
    desk.failures = [ConnectionResetError() for _ in range(ATTEMPTS_MAX)]
    desk.gate.set()
    with pytest.raises(ConnectionResetError):
        await desk.recorder().record(desk.program, visit(key="k"))
    assert desk.sizes == [1] * ATTEMPTS_MAX
    assert await desk.keys("anne") == []


async def test_a_commit_whose_answer_was_lost_is_recognised(desk: Desk) -> None:
    """The activity has no key of its sender's, and is stored once all the same."""
    desk.failures_after = [ConnectionResetError()]
    desk.gate.set()
    result = await desk.recorder().record(desk.program, visit())
    assert isinstance(result, Recorded)
    assert (result.replayed, result.answer_was_lost) == (False, True)
    assert await desk.keys("anne") == ["made-1"]
    assert desk.sizes == [1, 1]


async def test_many_whose_answer_was_lost_are_recorded_once(desk: Desk) -> None:
    desk.gate.set()
    desk.failures_after = [ConnectionResetError()]
    recorder = desk.recorder()
    results = await recorder.record_all(desk.program, [visit(), visit(key="k"), visit()])
    assert desk.sizes == [3, 3]
    # Keys of our own are new to the sender, whose own key was stored before.
    assert [isinstance(each, Recorded) and each.replayed for each in results] == [
        False, True, False,
    ]  # fmt: skip
    assert len(await desk.keys("anne")) == 3


async def test_nothing_at_all_is_recorded_too(desk: Desk) -> None:
    assert await desk.recorder().record_all(desk.program, []) == ()
    assert desk.sizes == []


async def test_a_full_queue_refuses_and_says_when_to_come_again(desk: Desk) -> None:
    recorder = desk.recorder(size=1, queue=2)
    waiting = [asyncio.create_task(recorder.record(desk.program, visit()))]
    await desk.entered.wait()
    waiting += [asyncio.create_task(recorder.record(desk.program, visit())) for _ in range(2)]
    await asyncio.sleep(0)
    refused = await recorder.record(desk.program, visit("ben", key="k"))
    assert isinstance(refused, Busy)
    assert refused.message == "2 activities are waiting to be recorded: try again in 1 s"
    assert refused.retry_after == 1
    desk.gate.set()
    assert all(isinstance(each, Recorded) for each in await asyncio.gather(*waiting))
    assert await desk.keys("ben") == []


async def test_stopping_finishes_what_is_queued_and_takes_no_more(desk: Desk) -> None:
    recorder = desk.recorder(size=1)
    waiting = [asyncio.create_task(recorder.record(desk.program, visit())) for _ in range(3)]
    await desk.entered.wait()
    stopping = asyncio.create_task(recorder.stop())
    await asyncio.sleep(0)
    late = await recorder.record(desk.program, visit("ben"))
    assert isinstance(late, Busy)
    assert not stopping.done()
    desk.gate.set()
    await stopping
    assert [await stored(await each) for each in waiting] == ["made-1", "made-2", "made-3"]


async def test_a_restart_of_the_database_is_survived(
    postgresql_url: str, postgresql_server: PostgresqlServer
) -> None:
    async with open_store(postgresql_url) as store:
        desk = await new_desk(store)
        desk.gate.set()
        recorder = desk.recorder()
        assert await stored(await recorder.record(desk.program, visit(key="before"))) == "before"
        await asyncio.to_thread(postgresql_server.restart)
        keys = [f"k{n}" for n in range(20)]
        results = await asyncio.gather(
            *(recorder.record(desk.program, visit(key=key)) for key in keys)
        )
        assert [await stored(each) for each in results] == keys
        assert await desk.keys("anne") == sorted(["before", *keys])
        await recorder.stop()
