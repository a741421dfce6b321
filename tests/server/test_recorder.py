"""Concurrent mutations share transactions; nobody pays for another's misfortune."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count

import pytest

from gamification.commands import NewFact
from gamification.facts import NewActivity
from gamification.ports import Contended, Store
from gamification.program import Program
from gamification.refusals import Busy, Refusal, UnknownActivityType
from gamification.twin import Twin
from gamification.use_cases.apply_definition import apply_definition
from gamification.use_cases.record_activities import Recorded, record_activities
from models.store import open_store
from server.live.hub import LocalHub
from server.recorder import BatchingRecorder
from server.retrying import ATTEMPTS_MAX
from tests.builders import NOON
from tests.databases import PostgresqlServer
from tests.server.terminal import CLUB


@dataclass
class Desk:
    """Records through a gate that tests open and close, and keeps the sizes of the batches."""

    store: Store
    program: Program
    poison: frozenset[str] = frozenset()
    failures: list[Exception] = field(default_factory=list[Exception])
    failures_after: list[Exception] = field(default_factory=list[Exception])
    sizes: list[int] = field(default_factory=list[int])
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(
        self, program: Program, new: Sequence[NewFact], *, now: datetime
    ) -> Sequence[Recorded | Refusal]:
        self.entered.set()
        await self.gate.wait()
        self.sizes.append(len(new))
        if self.failures:
            raise self.failures.pop()
        if any(each.member in self.poison for each in new):
            raise RuntimeError("poison")
        record = partial(record_activities, self.store, LocalHub(), new_key=lambda: "unused")
        results = await record(program, new, now=now)
        if self.failures_after:
            raise self.failures_after.pop()
        return results

    def recorder(self, *, size: int = 256, queue: int = 5000) -> BatchingRecorder:
        numbers = count(1)
        return BatchingRecorder(
            self,
            now=lambda: NOON,
            new_key=lambda: f"made-{next(numbers)}",
            batch_size_max=size,
            queue_size_max=queue,
        )

    async def keys(self, member: str) -> list[str]:
        """What is stored of a member."""
        reading = self.store.reading(self.program.record)
        members = await reading.members_by_external_id([member])
        if member not in members:
            return []
        rows = await reading.activity_page(members[member].id, before=None, limit=1000)
        return sorted(row.activity.key for row in rows)


async def new_desk(store: Store) -> Desk:
    applied = await apply_definition(store, CLUB, now=NOON)
    assert applied.program is not None
    return Desk(store, applied.program)


@pytest.fixture
async def desk() -> Desk:
    return await new_desk(Twin())


def visit(member: str = "anne", *, key: str | None = None) -> NewActivity:
    return NewActivity(member=member, type="visit", key=key)


async def stored(result: Recorded | Refusal) -> str:
    assert isinstance(result, Recorded), result
    return result.activity.key


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
    desk.gate.set()
    assert await desk.recorder().record_all(desk.program, []) == []


async def test_a_full_queue_refuses_and_says_when_to_come_again(desk: Desk) -> None:
    recorder = desk.recorder(size=1, queue=2)
    waiting = [asyncio.create_task(recorder.record(desk.program, visit()))]
    await desk.entered.wait()
    waiting += [asyncio.create_task(recorder.record(desk.program, visit())) for _ in range(2)]
    await asyncio.sleep(0)
    refused = await recorder.record(desk.program, visit("ben", key="k"))
    assert isinstance(refused, Busy)
    assert refused.message == "2 activities are waiting to be recorded: try again in 1 s"
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


async def test_programs_do_not_wait_for_each_other(desk: Desk) -> None:
    other = await apply_definition(
        desk.store, CLUB.replace('"key": "club"', '"key": "other"'), now=NOON
    )
    assert other.program is not None
    recorder = desk.recorder(queue=1)
    first = asyncio.create_task(recorder.record(desk.program, visit()))
    second = asyncio.create_task(recorder.record(other.program, visit()))
    await desk.entered.wait()
    desk.gate.set()
    assert await stored(await first) == "made-1"
    assert await stored(await second) == "made-2"
    assert desk.sizes == [1, 1]


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
