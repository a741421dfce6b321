"""Without this part the twin would hold one program, for one transaction at a time."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Collection, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

from gamification.ids import ProgramId
from gamification.ports import (
    ApiKey,
    DefinitionVersion,
    ProgramExists,
    ProgramRecord,
    Watcher,
)
from gamification.twin.auditing import TwinAuditing
from gamification.twin.judging import TwinJudging
from gamification.twin.reading import TwinReading
from gamification.twin.tables import Leases, Tables
from gamification.twin.writing import TwinWriting


class Twin:
    """The store of all programs, in memory."""

    def __init__(self) -> None:
        self._programs: dict[ProgramId, Tables] = {}
        self._locks: defaultdict[ProgramId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._keys: dict[int, tuple[bytes, ApiKey]] = {}
        self._key_ids = 0
        self._leases: Leases = {}
        self._versions: Counter[ProgramId] = Counter()
        self._watchers: list[Watcher] = []

    @asynccontextmanager
    async def writing(self, program: ProgramRecord) -> AsyncGenerator[TwinWriting]:
        """One transaction at a time in each program; each counts as one that wrote something."""
        async with self._locks[program.id]:
            tables = self._programs[program.id].copy()
            writing = TwinWriting(tables, self._leases)
            yield writing
            self._programs[program.id] = tables
            self._versions[program.id] += 1
            committed = writing.committed(self._versions[program.id])
        for watcher in self._watchers:
            watcher(committed)

    def watch(self, watcher: Watcher) -> None:
        self._watchers.append(watcher)

    @asynccontextmanager
    async def judging(self, program: ProgramRecord) -> AsyncGenerator[TwinJudging]:
        """A commit puts other tables in the place of these."""
        yield TwinJudging(self._programs[program.id])

    def reading(self, program: ProgramRecord) -> TwinReading:
        return TwinReading(self._programs, program.id, self._leases)

    def auditing(self, program: ProgramRecord) -> TwinAuditing:
        return TwinAuditing(self._programs, program.id)

    async def programs(self) -> list[ProgramRecord]:
        return [tables.record for tables in self._programs.values()]

    async def program(self, key: str) -> ProgramRecord | None:
        return next((record for record in await self.programs() if record.key == key), None)

    async def program_by_id(self, id: ProgramId) -> ProgramRecord | None:
        return self._programs[id].record if id in self._programs else None

    async def data_versions(self, programs: Collection[ProgramId]) -> dict[ProgramId, int]:
        return {program: self._versions[program] for program in programs}

    async def create_program(self, key: str, first: DefinitionVersion) -> ProgramRecord:
        if await self.program(key):
            raise ProgramExists(key)
        record = ProgramRecord(ProgramId(len(self._programs) + 1), key, (first,))
        self._programs[record.id] = Tables(record)
        return record

    async def add_api_key(
        self, program: ProgramId, *, name: str, digest: bytes, scopes: Iterable[str], now: datetime
    ) -> ApiKey:
        self._key_ids += 1
        key = ApiKey(self._key_ids, program, name, frozenset(scopes), now)
        self._keys[key.id] = (digest, key)
        return key

    async def api_key(self, digest: bytes) -> ApiKey | None:
        return next((key for stored, key in self._keys.values() if stored == digest), None)

    async def api_keys(self, program: ProgramId) -> list[ApiKey]:
        return [key for _, key in self._keys.values() if key.program == program]

    async def revoke_api_key(self, program: ProgramId, id: int) -> bool:
        if id not in self._keys or self._keys[id][1].program != program:
            return False
        del self._keys[id]
        return True

    async def take_lease(self, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
        held_by, held_until = self._leases.get(name, (holder, now))
        if held_by != holder and held_until > now:
            return False
        self._leases[name] = (holder, until)
        return True

    async def give_back_lease(self, name: str, holder: str) -> None:
        if name in self._leases and self._leases[name][0] == holder:
            del self._leases[name]

    async def drop_expired_leases(self, *, now: datetime) -> None:
        for name, (_, until) in list(self._leases.items()):
            if until <= now:
                del self._leases[name]

    async def ping(self) -> None:
        """Memory always answers."""
