"""One pass of the scheduler over a program: whatever has become due by now is done."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gamification.duties.announce_campaigns import announce_campaigns
from gamification.duties.expire_points import expire_points
from gamification.duties.pay_prizes import pay_prizes
from gamification.duties.reward_communities import reward_communities
from gamification.duties.run_leagues import run_leagues
from gamification.duties.settle_periods import settle_periods
from gamification.duties.tell_members import tell_members
from gamification.live import Bus
from gamification.ports import Contended, Store
from gamification.program import Program

ATTEMPTS_MAX = 5


class Duty(Protocol):
    """Does what is due by `now`, and says how many things that were.

    A duty is idempotent: what it has done it knows by keys that follow from what was due, so that
    a repeat, a second process or a crash in the middle does nothing twice and leaves nothing out.
    It works in pages, each its own transaction, and catches up after any downtime.
    """

    @property
    def __name__(self) -> str: ...

    async def __call__(self, store: Store, bus: Bus, program: Program, *, now: datetime) -> int: ...


DUTIES: tuple[Duty, ...] = (
    settle_periods,
    pay_prizes,
    run_leagues,
    reward_communities,
    expire_points,
    tell_members,
    announce_campaigns,
)
"""In the order in which they are done."""

MAKING_FINAL: frozenset[Duty] = frozenset(
    {settle_periods, pay_prizes, run_leagues, reward_communities}
)
"""What these do stays, whatever is told later. While the program's past is being imported they
wait: with half of it they would decide wrongly, and for ever."""


@dataclass(frozen=True, slots=True)
class Done:
    """What one duty did: how many things, or why it did not come to its end. `is_waiting`: nothing,
    until all of an import is in."""

    duty: str
    count: int
    failure: Exception | None = None
    is_waiting: bool = False


async def tick(
    store: Store,
    bus: Bus,
    program: Program,
    *,
    now: datetime,
    duties: Sequence[Duty] = DUTIES,
) -> AsyncIterator[Done]:
    """Do every duty once. A failure is told in its duty's result, and keeps no other from its own:
    the next tick tries again."""
    for duty in duties:
        if duty in MAKING_FINAL and await store.reading(program.record).is_importing():
            yield Done(duty.__name__, 0, is_waiting=True)
        else:
            yield await _done(duty, store, bus, program, now=now)


async def _done(duty: Duty, store: Store, bus: Bus, program: Program, *, now: datetime) -> Done:
    contended: Exception | None = None
    for _ in range(ATTEMPTS_MAX):
        try:
            return Done(duty.__name__, await duty(store, bus, program, now=now))
        except Contended as error:
            contended = error
        except Exception as error:  # noqa: BLE001 (one duty's fault is not another's)
            return Done(duty.__name__, 0, error)
    return Done(duty.__name__, 0, contended)
