"""Without this module whoever misses a message would not know it.

Once a second each process compares the data versions of the programs that are listened to with
those that it has heard of. Where one is missing, for whatever reason, all who listen to the program
look for themselves. That alone makes live updates whole: without Redis, while it is away, when it
comes back empty, and beside a command that writes to the same database. So they do where time alone
has changed what they were told (turning.py).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from gamification.ids import ProgramId
from gamification.ports import Store
from server.background import Background
from server.live.shared_hub import SharedHub
from server.live.turning import Turns
from server.programs import CachedPrograms
from server.retrying import PASSING

_log = structlog.stdlib.get_logger(__name__)

LOOK_SECONDS = 0.8
"""From one look at the versions to the next."""

GRACE_SECONDS = 0.2
"""So long a message may take longer than its commit, before it is missed."""

WOKEN_TOGETHER = 50
WAKING_PAUSE_SECONDS = 0.02
"""Each that is woken reads and may answer: not all of thousands at once."""

Pause = Callable[[float], Awaitable[None]]


class Watch:
    """Wakes those who may have missed something."""

    def __init__(
        self,
        store: Store,
        hub: SharedHub,
        programs: CachedPrograms,
        *,
        now: Callable[[], datetime],
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._store = store
        self._hub = hub
        self._programs = programs
        self._turns = Turns(programs, now)
        self._pause = pause
        self._due: set[ProgramId] = set()
        self._is_suspicious = asyncio.Event()
        self._looking = Background(self._run)
        self._is_blind = False
        self.doubted = 0
        """How often all who listen to a program were woken."""

    def start(self) -> None:
        """Begin to watch."""
        self._looking.start()

    async def stop(self) -> None:
        """Watch no longer."""
        await self._looking.stop()

    def suspect(self, program: ProgramId) -> None:
        """Let those who listen to a program look soon: its rules have changed."""
        self._due.add(program)
        self._is_suspicious.set()

    async def look(self) -> None:
        """Look once, and wake who may have missed something."""
        hub, hearing = self._hub.local, self._hub.hearing
        programs = tuple(hub.programs)
        hearing.follow(programs)
        self._due &= set(programs)
        self._is_suspicious.clear()
        if not programs:
            return
        before = {program: hearing.latest(program) for program in programs}
        stored = await self._store.data_versions(programs)
        if self._doubtful(stored, before):
            await self._pause(GRACE_SECONDS)
        doubtful = self._doubtful(stored, before)
        for program in doubtful:
            hearing.settle(program, stored[program], latest_before=before[program])
        self._due |= doubtful | self._turns.turned(programs)
        for program in tuple(self._due):
            await self._look_at_rules(program)
            await self._wake(program)

    async def _look_at_rules(self, program: ProgramId) -> None:
        """Whoever is to be woken stays so if the database is lost before the rules are known."""
        self._due.discard(program)
        try:
            await self._programs.look(program)
        except PASSING:
            self._due.add(program)
            raise
        except Exception as error:  # noqa: BLE001 (the worker loop: it goes on with those it knows)
            _log.error("rules not read", program=program, exc_info=error)

    def _doubtful(
        self, stored: dict[ProgramId, int], before: dict[ProgramId, int]
    ) -> set[ProgramId]:
        is_in_doubt = self._hub.hearing.is_in_doubt
        return {
            program
            for program, version in stored.items()
            if is_in_doubt(program, version, latest_before=before[program])
        }

    async def _wake(self, program: ProgramId) -> None:
        self.doubted += 1
        for number, ear in enumerate(self._hub.local.ears(program), 1):
            ear.doubt()
            if number % WOKEN_TOGETHER == 0:
                await self._pause(WAKING_PAUSE_SECONDS)

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
                self._is_blind = False
            except PASSING as error:
                if not self._is_blind:
                    self._is_blind = True
                    _log.warning("data versions not read", reason=type(error).__name__)
            except Exception as error:  # noqa: BLE001 (the worker loop: it looks again)
                _log.error("look failed", exc_info=error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._is_suspicious.wait()
