"""Without this adapter nothing would be stored: the tables, behind the core's `Store` port."""

from collections.abc import AsyncGenerator, Collection, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

from gamification.ids import ProgramId
from gamification.ports import ApiKey, Committed, DefinitionVersion, ProgramRecord, Watcher
from models import api_keys, data_versions, leases, programs
from models.auditing import SqlAuditing
from models.database import SQLITE_CACHE_BYTES, open_database
from models.judging import SqlJudging
from models.reading import SqlReading
from models.session import Database, Noting, Scope
from models.statement import Statement
from models.writing import SqlWriting

_PING = Statement("SELECT 1")


@asynccontextmanager
async def open_store(
    database_url: str, *, pool_size: int = 10, sqlite_cache_bytes: int = SQLITE_CACHE_BYTES
) -> AsyncGenerator["SqlStore"]:
    """Open a database, bring its tables up to date, and close it at the end."""
    async with open_database(
        database_url, pool_size=pool_size, sqlite_cache_bytes=sqlite_cache_bytes
    ) as database:
        yield SqlStore(database)


class SqlStore:
    """Fulfils `gamification.ports.Store` on SQLite and PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watchers: list[Watcher] = []
        self.pool = database.pool

    @asynccontextmanager
    async def writing(self, program: ProgramRecord) -> AsyncGenerator[SqlWriting]:
        committed: Committed | None = None
        async with self._database.transaction(program.id) as transaction:
            noting = Noting(transaction)
            writing = SqlWriting(
                noting,
                program,
                is_shared=self._database.is_shared,
                is_watched=bool(self._watchers),
            )
            yield writing
            if noting.has_written:
                committed = writing.committed(
                    await data_versions.step(Scope(transaction, program.id))
                )
        if committed is not None:
            for watcher in self._watchers:
                watcher(committed)

    def watch(self, watcher: Watcher) -> None:
        self._watchers.append(watcher)

    @asynccontextmanager
    async def judging(self, program: ProgramRecord) -> AsyncGenerator[SqlJudging]:
        async with self._database.moment() as session:
            yield SqlJudging(Scope(session, program.id))

    def reading(self, program: ProgramRecord) -> SqlReading:
        return SqlReading(Scope(self._database.reader, program.id))

    def auditing(self, program: ProgramRecord) -> SqlAuditing:
        return SqlAuditing(Scope(self._database.reader, program.id))

    async def programs(self) -> list[ProgramRecord]:
        return await programs.everything(self._database.reader)

    async def program(self, key: str) -> ProgramRecord | None:
        return await programs.by_key(self._database.reader, key)

    async def program_by_id(self, id: ProgramId) -> ProgramRecord | None:
        return await programs.by_id(self._database.reader, id)

    async def data_versions(self, programs: Collection[ProgramId]) -> dict[ProgramId, int]:
        return await data_versions.of_programs(self._database.reader, programs)

    async def create_program(self, key: str, first: DefinitionVersion) -> ProgramRecord:
        async with self._database.transaction() as session:
            return await programs.create(session, key, first)

    async def add_api_key(
        self, program: ProgramId, *, name: str, digest: bytes, scopes: Iterable[str], now: datetime
    ) -> ApiKey:
        async with self._database.transaction() as session:
            return await api_keys.add(
                Scope(session, program), name, digest, scopes=frozenset(scopes), now=now
            )

    async def api_key(self, digest: bytes) -> ApiKey | None:
        return await api_keys.by_digest(self._database.reader, digest)

    async def api_keys(self, program: ProgramId) -> list[ApiKey]:
        return await api_keys.of_program(Scope(self._database.reader, program))

    async def revoke_api_key(self, program: ProgramId, id: int) -> bool:
        async with self._database.transaction() as session:
            return await api_keys.revoke(Scope(session, program), id)

    async def take_lease(self, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
        return await leases.take(self._database.repeatable, name, holder, now=now, until=until)

    async def give_back_lease(self, name: str, holder: str) -> None:
        await leases.give_back(self._database.repeatable, name, holder)

    async def drop_expired_leases(self, *, now: datetime) -> None:
        await leases.drop_expired(self._database.repeatable, now=now)

    async def ping(self) -> None:
        await self._database.reader.fetch(_PING)
