"""Without this module nothing would happen by time alone, or every process would do it at once."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

import structlog

from gamification.ids import ProgramId
from gamification.live import Bus
from gamification.ports import Store
from gamification.program import Program
from gamification.tick import DUTIES, Duty, tick
from server.programs import CachedPrograms
from server.retrying import PASSING

_log = structlog.stdlib.get_logger(__name__)

LEASE = "scheduler"
"""The name of what one process at a time holds."""

LEASE_SECONDS = 30.0
"""How long the others wait for a leader that has died, if nothing else is set. Longer than clocks
differ."""

RENEWALS = 6
"""How often within a lease a leader at work says that it is alive."""

Pause = Callable[[float], Awaitable[None]]


class Pass(StrEnum):
    """What became of a look for what is due."""

    LED = "led"
    FOLLOWED = "followed"
    """Another process is the leader."""
    BROKEN_OFF = "broken_off"
    """The lease or the database was lost meanwhile."""
    FAILED = "failed"


class SchedulerObserver(Protocol):
    """Wants to know what the scheduler does."""

    def passed(self, outcome: Pass) -> None:
        """It has looked for what is due."""
        ...

    def did(self, duty: str, count: int) -> None:
        """A duty was done so many times."""
        ...

    def failed(self, duty: str) -> None:
        """A duty failed."""
        ...


class _Unobserved:
    """Nobody wants to know."""

    def passed(self, outcome: Pass) -> None: ...

    def did(self, duty: str, count: int) -> None: ...

    def failed(self, duty: str) -> None: ...


_UNOBSERVED: SchedulerObserver = _Unobserved()


class LeaseLost(Exception):
    """Another process has taken over, or the database could not be told that we are alive."""


class Lease:
    """The right to be the one process that does what is due.

    It spares the others the work; that nothing is done twice does not hang on it, because duties
    are idempotent (a process may stop for longer than its lease, and not know).
    """

    def __init__(
        self,
        store: Store,
        holder: str,
        *,
        clock: Callable[[], datetime],
        seconds: float = LEASE_SECONDS,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._store = store
        self._holder = holder
        self._clock = clock
        self._seconds = seconds
        self._pause = pause
        self._until: datetime | None = None
        self._is_to_be_given_back = False

    @property
    def is_held(self) -> bool:
        """Whether this process holds it, as far as it knows."""
        return self._until is not None and self._clock() < self._until

    async def take(self) -> bool:
        """Take it, or go on holding it; False while another process does."""
        now = self._clock()
        until = now + timedelta(seconds=self._seconds)
        self._is_to_be_given_back = True  # also if this is broken off before the answer is here
        is_held = await self._store.take_lease(LEASE, self._holder, now=now, until=until)
        self._until = until if is_held else None
        self._is_to_be_given_back = is_held
        return is_held

    async def give_back(self) -> None:
        """Let another process have it at once."""
        self._until = None
        if self._is_to_be_given_back:
            self._is_to_be_given_back = False
            await self._store.give_back_lease(LEASE, self._holder)

    async def while_held(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work and renew the lease meanwhile. Raises `LeaseLost`, with the work broken off,
        when that fails; and whatever the work raises."""
        working = asyncio.ensure_future(work)
        renewing = asyncio.ensure_future(self._renew())
        try:
            await asyncio.wait({working, renewing}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise LeaseLost from renewing.exception()
        finally:
            for task in (working, renewing):
                task.cancel()
            await asyncio.wait({working, renewing})
        working.result()

    async def _renew(self) -> None:
        """Renew again and again; ends when the lease is lost."""
        while True:
            await self._pause(self._seconds / RENEWALS)
            try:
                if not await self.take():
                    return
            except PASSING as error:
                _log.warning("lease not renewed", reason=type(error).__name__)
                if self._until is None or self._clock() >= self._until:
                    return


class Scheduler:
    """Ticks every program again and again, if this process is the leader."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        programs: CachedPrograms,
        *,
        lease: Lease,
        clock: Callable[[], datetime],
        seconds: float,
        duties: tuple[Duty, ...] = DUTIES,
        pause: Pause = asyncio.sleep,
        observer: SchedulerObserver = _UNOBSERVED,
    ) -> None:
        self._store = store
        self._bus = bus
        self._observer = observer
        self._programs = programs
        self._lease = lease
        self._clock = clock
        self._seconds = seconds
        self._duties = duties
        self._pause = pause
        self._running: asyncio.Task[None] | None = None
        self._importing: set[ProgramId] = set()
        self._leads = False

    def start(self) -> None:
        """Begin, unless this process is to leave it to others (an interval of 0)."""
        if self._seconds and self._running is None:
            self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Break off what is being done, which is done by the next leader, and give it the lease."""
        if self._running is None:
            return
        self._running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._running
        self._running = None
        try:
            await self._lease.give_back()
        except PASSING as error:
            _log.warning("lease not given back: it expires", reason=type(error).__name__)

    async def once(self) -> bool:
        """Tick every program, unless another process does: then False. Raises `LeaseLost`."""
        leads = await self._lease.take()
        if leads != self._leads:
            self._leads = leads
            _log.info("scheduler leads" if leads else "scheduler follows")
        if not leads:
            return False
        await self._lease.while_held(self._tick_all())
        return True

    async def _run(self) -> None:
        while True:
            try:
                outcome = Pass.LED if await self.once() else Pass.FOLLOWED
            except (LeaseLost, *PASSING) as error:
                outcome = Pass.BROKEN_OFF
                _log.warning("pass broken off", reason=type(error).__name__)
            except Exception:  # noqa: BLE001 (the loop goes on, whatever one pass met)
                outcome = Pass.FAILED
                _log.exception("pass failed")
            self._observer.passed(outcome)
            await self._pause(self._seconds)

    async def _tick_all(self) -> None:
        await self._store.drop_expired_leases(now=self._clock())
        for record in await self._store.programs():
            program = await self._programs.program(record.id)
            if program is not None:
                await self._tick(program)

    async def _tick(self, program: Program) -> None:
        is_waiting = False
        done = tick(self._store, self._bus, program, now=self._clock(), duties=self._duties)
        async for each in done:
            told = _log.bind(program=program.key, duty=each.duty)
            is_waiting |= each.is_waiting
            if each.failure is not None:
                told.error("duty failed", exc_info=each.failure)
                self._observer.failed(each.duty)
            elif each.count:
                told.info("duty done", count=each.count)
                self._observer.did(each.duty, each.count)
        self._tell_of_import(program, is_waiting=is_waiting)

    def _tell_of_import(self, program: Program, *, is_waiting: bool) -> None:
        """Say once that an import keeps the program's runs from becoming final, and once that it
        does not any more."""
        if is_waiting and program.id not in self._importing:
            self._importing.add(program.id)
            _log.info("import going on: nothing becomes final", program=program.key)
        elif not is_waiting and program.id in self._importing:
            self._importing.remove(program.id)
            _log.info("import over: what waited for it is done", program=program.key)
