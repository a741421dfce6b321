"""Without this cache every request would load and compile its program's rules anew."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from gamification.ids import ProgramId
from gamification.ports import ProgramRecord, Store
from gamification.program import Program, program_of

CHECK_SECONDS = 1.0
"""How soon a version applied by another process is in force here, whether or not it is heard of."""

Pause = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class _Cached:
    program: Program | None = None
    checked_at: float = float("-inf")
    expired: int = 0
    checked_after: int = 0
    """How often it had been `expired` when the latest check began."""
    checking: asyncio.Lock = field(default_factory=asyncio.Lock)
    behind: "asyncio.Task[Program | None] | None" = None


class CachedPrograms:
    """The compiled programs, by id. At most once a second each is compared with what is stored.

    `is_shared`: other processes may hold programs of the same store.
    """

    def __init__(
        self,
        store: Store,
        *,
        is_shared: bool = False,
        clock: Callable[[], float] = time.monotonic,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._store = store
        self._is_shared = is_shared
        self._clock = clock
        self._pause = pause
        self._cached: dict[ProgramId, _Cached] = {}
        self.on_replaced: Callable[[ProgramId], None] = lambda _: None
        """Called when this process has applied a version."""

    async def program(self, id: ProgramId) -> Program | None:
        """The program with the rules in force now, or None when there is none with this id."""
        cached = self._cached.get(id)
        if cached is None:
            cached = self._cached[id] = _Cached()
        if self._is_fresh(cached):
            return cached.program
        async with cached.checking:
            if not self._is_fresh(cached):  # whoever held the lock may have asked for us
                await self._refresh(id, cached)
        return cached.program

    def held(self, id: ProgramId) -> Program | None:
        """The program as it was known last, if it was asked for."""
        cached = self._cached.get(id)
        return None if cached is None else cached.program

    async def latest(self, program: Program) -> Program:
        """The same program with the rules in force now."""
        return await self.program(program.id) or program

    def current(self, program: Program) -> Program:
        """The same program in the latest version known here, without waiting.

        A check for a newer one is begun where it is due: who asks again gets what it found.
        """
        cached = self._cached.get(program.id)
        if cached is None:
            return program
        if not self._is_fresh(cached) and (cached.behind is None or cached.behind.done()):
            cached.behind = asyncio.create_task(self.program(program.id))
        return cached.program or program

    async def replace(self, program: Program) -> None:
        """Take over a version that this process has just applied, and wait until every other one
        has compared what it holds: none answers by older rules after this returns."""
        cached = self._cached.setdefault(program.id, _Cached())
        cached.program, cached.checked_at = program, self._clock()
        self.on_replaced(program.id)
        if self._is_shared:
            await self._pause(CHECK_SECONDS)

    def expire(self, id: ProgramId) -> None:
        """Another process has applied a version: only a check that begins from now on counts."""
        if (cached := self._cached.get(id)) is not None:
            cached.expired += 1

    async def look(self, id: ProgramId) -> None:
        """Compare a program that is held with what is stored now."""
        self.expire(id)
        if id in self._cached:
            await self.program(id)

    def _is_fresh(self, cached: _Cached) -> bool:
        is_recent = self._clock() < cached.checked_at + CHECK_SECONDS
        return is_recent and cached.checked_after == cached.expired

    async def _refresh(self, id: ProgramId, cached: _Cached) -> None:
        asked_at, asked_after = self._clock(), cached.expired
        record = await self._store.program_by_id(id)
        if record is None:
            self._cached.pop(id, None)  # ids that nobody has may not fill the memory
            cached.program = None
        elif cached.program is None or _is_newer(record, cached.program.record):
            cached.program = program_of(record)
        cached.checked_at, cached.checked_after = asked_at, asked_after


def _is_newer(stored: ProgramRecord, known: ProgramRecord) -> bool:
    """An older one was read before a version was applied here, and says nothing."""
    return stored.versions[-1].version > known.versions[-1].version
