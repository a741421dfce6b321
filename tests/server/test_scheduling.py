"""The scheduler's loop: one leader among processes, who lets go when it stops or is overtaken."""

import asyncio
from datetime import datetime, timedelta

import pytest

from gamification.live import Bus
from gamification.ports import Store
from gamification.program import Program
from gamification.tick import Duty
from gamification.twin import Twin
from gamification.use_cases.apply_definition import apply_definition
from models.store import open_store
from server.live.hub import LocalHub
from server.programs import CachedPrograms
from server.scheduling import LEASE, LEASE_SECONDS, Lease, LeaseLost, Scheduler
from server.services import Services
from server.settings import read_settings
from tests.builders import NOON, definition


class Pauses:
    """Pauses that end when the test says so."""

    def __init__(self) -> None:
        self.asleep = asyncio.Event()
        self.waking = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asleep.set()
        await self.waking.wait()
        self.waking.clear()

    async def next(self) -> None:
        """Let one pause end, and wait for the next one to begin."""
        self.asleep.clear()
        self.waking.set()
        await self.asleep.wait()


class Turns:
    """A clock that is set, the pauses between passes, and those between renewals."""

    def __init__(self) -> None:
        self.now = NOON
        self.passes = Pauses()
        self.renewals = Pauses()

    def clock(self) -> datetime:
        return self.now


class Watched:
    """A duty that counts, for each program, how often and with whom at a time it is done."""

    __name__ = "watch"

    def __init__(self) -> None:
        self.done: list[str] = []
        self.at_once = self.at_once_max = 0
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.began = asyncio.Event()

    async def __call__(self, store: Store, bus: Bus, program: Program, *, now: datetime) -> int:
        self.at_once += 1
        self.at_once_max = max(self.at_once, self.at_once_max)
        self.began.set()
        try:
            await self.may_end.wait()
            await asyncio.sleep(0)
            self.done.append(program.key)
        finally:
            self.at_once -= 1
        return 1


async def with_programs(store: Store, *keys: str) -> Store:
    for key in keys:
        await apply_definition(store, definition().replace('"club"', f'"{key}"'), now=NOON)
    return store


def scheduler(
    store: Store, duty: Duty, holder: str, turns: Turns, *, seconds: float = 5.0
) -> Scheduler:
    return Scheduler(
        store,
        LocalHub(),
        CachedPrograms(store),
        lease=Lease(store, holder, clock=turns.clock, pause=turns.renewals),
        clock=turns.clock,
        seconds=seconds,
        duties=(duty,),
        pause=turns.passes,
    )


async def test_every_program_is_ticked() -> None:
    store, duty = await with_programs(Twin(), "club", "shop"), Watched()
    assert await scheduler(store, duty, "ann", Turns()).once() is True
    assert duty.done == ["club", "shop"]


async def test_the_leader_goes_on_until_it_stops_or_dies() -> None:
    store, duty, turns = await with_programs(Twin(), "club"), Watched(), Turns()
    ann, bob = scheduler(store, duty, "ann", turns), scheduler(store, duty, "bob", turns)
    assert [await ann.once(), await bob.once(), await ann.once()] == [True, False, True]
    turns.now += timedelta(seconds=LEASE_SECONDS)  # nobody has heard of ann
    assert [await bob.once(), await ann.once()] == [True, False]
    assert duty.done == ["club"] * 3


async def test_the_loop_ticks_and_gives_its_lease_back_at_the_end() -> None:
    store, duty, turns = await with_programs(Twin(), "club"), Watched(), Turns()
    ann = scheduler(store, duty, "ann", turns)
    ann.start()
    await turns.passes.asleep.wait()
    await turns.passes.next()
    await ann.stop()
    assert duty.done == ["club", "club"]
    assert await store.take_lease(LEASE, "bob", now=NOON, until=NOON) is True


async def test_stopping_breaks_off_what_is_being_done() -> None:
    store, duty, turns = await with_programs(Twin(), "club"), Watched(), Turns()
    duty.may_end.clear()
    ann = scheduler(store, duty, "ann", turns)
    ann.start()
    await duty.began.wait()
    await ann.stop()
    assert (duty.done, duty.at_once) == ([], 0)
    assert await store.take_lease(LEASE, "bob", now=NOON, until=NOON) is True


class Unanswering(Twin):
    """A store whose answer to who asks for a lease never arrives: they have it, and do not know."""

    def __init__(self) -> None:
        super().__init__()
        self.has_given = asyncio.Event()

    async def take_lease(self, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
        await super().take_lease(name, holder, now=now, until=until)
        self.has_given.set()
        return await asyncio.Future()


async def test_a_lease_is_given_back_also_by_who_was_just_asking_for_it() -> None:
    store = Unanswering()
    ann = scheduler(store, Watched(), "ann", Turns())
    ann.start()
    await store.has_given.wait()
    await ann.stop()
    assert await Twin.take_lease(store, LEASE, "bob", now=NOON, until=NOON) is True


async def test_a_lease_lasts_as_long_as_is_said() -> None:
    store, turns = Twin(), Turns()
    ann = Lease(store, "ann", clock=turns.clock, seconds=2)
    bob = Lease(store, "bob", clock=turns.clock, seconds=2)
    assert [await ann.take(), await bob.take(), ann.is_held] == [True, False, True]
    turns.now += timedelta(seconds=2)
    assert [ann.is_held, await bob.take(), await ann.take()] == [False, True, False]


async def test_who_loses_the_lease_stops_at_once() -> None:
    store, duty, turns = await with_programs(Twin(), "club"), Watched(), Turns()
    duty.may_end.clear()
    working = asyncio.create_task(scheduler(store, duty, "ann", turns).once())
    await duty.began.wait()
    await turns.renewals.asleep.wait()
    turns.now += timedelta(seconds=LEASE_SECONDS)
    assert await store.take_lease(LEASE, "bob", now=turns.now, until=turns.now + timedelta(hours=1))
    turns.renewals.waking.set()
    with pytest.raises(LeaseLost):
        await working
    assert (duty.done, duty.at_once) == ([], 0)


async def test_a_leader_at_work_renews_its_lease() -> None:
    store, duty, turns = await with_programs(Twin(), "club"), Watched(), Turns()
    duty.may_end.clear()
    working = asyncio.create_task(scheduler(store, duty, "ann", turns).once())
    await duty.began.wait()
    await turns.renewals.asleep.wait()
    turns.now += timedelta(seconds=20)
    await turns.renewals.next()
    later = turns.now + timedelta(seconds=20)
    assert await store.take_lease(LEASE, "bob", now=later, until=later) is False
    duty.may_end.set()
    assert await working is True
    assert duty.done == ["club"]


async def test_an_interval_of_zero_leaves_it_to_others() -> None:
    store, duty, turns = await with_programs(Twin(), "club"), Watched(), Turns()
    ann = scheduler(store, duty, "ann", turns, seconds=0)
    ann.start()
    await ann.stop()
    assert await store.take_lease(LEASE, "bob", now=NOON, until=NOON) is True
    assert duty.done == []


async def test_two_processes_on_one_database_never_do_it_at_once(postgresql_url: str) -> None:
    """Eight schedulers, each with its own connections, which all want to at the same moment."""
    async with open_store(postgresql_url) as store:
        await with_programs(store, "club", "shop")
    duty, turns, count = Watched(), Turns(), 8
    ready = asyncio.Barrier(count)

    async def one(holder: str) -> int:
        async with open_store(postgresql_url, pool_size=2) as store:
            mine = scheduler(store, duty, holder, turns)
            passes = 0
            for _ in range(5):
                await ready.wait()
                passes += await mine.once()
            return passes

    passes = await asyncio.gather(*(one(f"process {number}") for number in range(count)))
    assert sorted(passes) == [0] * 7 + [5]
    assert duty.done == ["club", "shop"] * 5
    assert duty.at_once_max == 1


class Leased(Twin):
    """A store that tells when a lease is taken."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = asyncio.Event()

    async def take_lease(self, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
        self.taken.set()
        return await super().take_lease(name, holder, now=now, until=until)


async def test_a_server_begins_and_ends_with_its_scheduler() -> None:
    store = Leased()
    services = Services.of(read_settings(), store)
    services.start()
    await store.taken.wait()
    assert await store.take_lease(LEASE, "bob", now=NOON, until=NOON) is False
    await services.stop()
    assert await store.take_lease(LEASE, "bob", now=NOON, until=NOON) is True
