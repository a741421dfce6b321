"""One pass of the scheduler: every duty has its turn, whatever befalls the others."""

from datetime import datetime

from gamification.imports import lease_of_import
from gamification.live import Bus
from gamification.ports import Contended, Store
from gamification.program import Program
from gamification.tick import ATTEMPTS_MAX, DUTIES, Done, Duty, tick
from tests.builders import NOON, definition
from tests.scene import scene

FAULT = RuntimeError("no such board")


async def open_doors(store: Store, bus: Bus, program: Program, *, now: datetime) -> int:
    return 3


async def fall_over(store: Store, bus: Bus, program: Program, *, now: datetime) -> int:
    raise FAULT


async def sweep_the_floor(store: Store, bus: Bus, program: Program, *, now: datetime) -> int:
    return 0


class Contending:
    """A duty that other transactions are in the way of, a number of times."""

    __name__ = "contend"

    def __init__(self, times: int) -> None:
        self.left = times

    async def __call__(self, store: Store, bus: Bus, program: Program, *, now: datetime) -> int:
        if self.left:
            self.left -= 1
            raise Contended
        return 1


async def done(*duties: Duty) -> list[Done]:
    here = await scene(definition())
    return [
        each async for each in tick(here.store, here.bus, here.program, now=NOON, duties=duties)
    ]


async def test_each_duty_says_what_it_did() -> None:
    assert await done(open_doors, sweep_the_floor) == [
        Done("open_doors", 3),
        Done("sweep_the_floor", 0),
    ]


async def test_a_failure_keeps_no_other_duty_from_its_own() -> None:
    assert await done(fall_over, open_doors) == [
        Done("fall_over", 0, FAULT),
        Done("open_doors", 3),
    ]


async def test_what_is_in_the_way_is_waited_for_a_few_times() -> None:
    assert await done(Contending(ATTEMPTS_MAX - 1)) == [Done("contend", 1)]
    (failed,) = await done(Contending(ATTEMPTS_MAX))
    assert (failed.count, type(failed.failure)) == (0, Contended)


async def test_what_becomes_final_waits_for_an_import() -> None:
    here = await scene(definition())
    name = lease_of_import(here.program.id, "a file")
    await here.store.take_lease(name, "a file", now=NOON, until=NOON)
    duties = (*DUTIES, open_doors)
    passed = [each async for each in tick(here.store, here.bus, here.program, now=NOON,
        duties=duties)]  # fmt: skip
    waiting = ("settle_periods", "pay_prizes", "run_leagues", "reward_communities")
    assert passed == [
        *(Done(duty, 0, is_waiting=True) for duty in waiting),
        Done("expire_points", 0),
        Done("tell_members", 0),
        Done("announce_campaigns", 0),
        Done("open_doors", 3),
    ]
    await here.store.give_back_lease(name, "a file")
    passed = [each async for each in tick(here.store, here.bus, here.program, now=NOON)]
    assert passed == [Done(duty.__name__, 0) for duty in DUTIES]
