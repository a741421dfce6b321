"""Without this engine a task cancelled at a bad moment would lock the SQLite file for ever.

A Tortoise backend: the stock one takes its lock before it can fail, and a cancellation there leaves
the lock held, or a transaction open on the shared connection. Here every step that changes the
connection's state runs to its end, whoever waits for it.
"""

import sqlite3
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionWrapper
from tortoise.connection import ConnectionToken, get_connections

from models.finishing import to_the_end
from models.statement import Argument, Row, Statement

T = TypeVar("T")


class SqliteEngine(SqliteClient):
    """One connection to a SQLite database, in its own thread."""

    @asynccontextmanager
    async def exclusively(self) -> AsyncGenerator[None]:
        """A transaction that writes from its beginning (`BEGIN IMMEDIATE`).

        A deferred one that reads first could not be upgraded when another process wrote meanwhile.
        """
        async with self._lock:
            try:
                await to_the_end(self.run(_execute, "BEGIN IMMEDIATE"))
                yield
                await to_the_end(self.run(_commit))
            except BaseException:
                await to_the_end(self.run(_roll_back))
                raise

    @asynccontextmanager
    async def still(self) -> AsyncGenerator[None]:
        """A transaction that sees one moment, and is rolled back."""
        async with self._lock:
            try:
                await to_the_end(self.run(_execute, "BEGIN"))
                yield
            finally:
                await to_the_end(self.run(_roll_back))

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Run a function of the raw connection, and `args`, in the connection's thread."""
        connection = self._connection
        assert connection is not None, "the database is closed"
        # aiosqlite has no public way to run several steps in one hop to its thread.
        execute = cast(Callable[..., Coroutine[Any, Any, T]], connection._execute)  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType]
        return await execute(function, connection._conn, *args)  # pyright: ignore[reportPrivateUsage]

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        async with self.exclusively():
            await self.run(_execute_many, query, values)

    def _in_transaction(self) -> TransactionContext:
        return _OrmTransaction(self)


client_class = SqliteEngine


class SqliteSession:
    """Runs statements on one SQLite connection, each in one hop to its thread."""

    def __init__(self, engine: SqliteEngine) -> None:
        self._engine = engine

    async def fetch(
        self, statement: Statement, *args: Argument, rows: Sequence[Row] = ()
    ) -> Sequence[Sequence[Any]]:
        if statement.takes_rows and not rows:
            return ()
        steps = list(statement.sqlite_steps(args, rows))
        return await self._engine.run(_fetch, steps)

    async def alone(self) -> None:
        """Nothing to wait for: a SQLite database has one writer at a time."""


class SqliteAutocommit(SqliteSession):
    """Runs single statements on the connection that also writes, between its transactions."""

    async def fetch(
        self, statement: Statement, *args: Argument, rows: Sequence[Row] = ()
    ) -> Sequence[Sequence[Any]]:
        async with self._engine._lock:  # pyright: ignore[reportPrivateUsage]
            return await super().fetch(statement, *args, rows=rows)


class SqliteDatabase:
    """A SQLite database: one connection that writes, and beside it one that reads, and one whose
    reading transactions (`moment`) hold up neither.

    An in-memory database has only one connection, and its reads wait for its transactions.
    """

    is_shared = False
    pool = None

    def __init__(
        self,
        writer: SqliteEngine,
        reader: SqliteEngine | None = None,
        moments: SqliteEngine | None = None,
    ) -> None:
        self._writer = writer
        self._moments = moments or writer
        self.repeatable = SqliteAutocommit(writer)
        self.reader = self.repeatable if reader is None else SqliteSession(reader)

    @asynccontextmanager
    async def transaction(self, program: int | None = None) -> AsyncGenerator[SqliteSession]:
        async with self._writer.exclusively():
            yield SqliteSession(self._writer)

    @asynccontextmanager
    async def moment(self) -> AsyncGenerator[SqliteSession]:
        # Not on the connection that reads: others use it meanwhile, and want the latest.
        async with self._moments.still():
            yield SqliteSession(self._moments)


class _OrmTransaction(TransactionContext):
    """Tortoise's `in_transaction()`, on top of `exclusively`."""

    def __init__(self, engine: SqliteEngine) -> None:
        self._engine = engine
        self._transaction = engine.exclusively()
        self._token: ConnectionToken | None = None

    async def __aenter__(self) -> TransactionalDBClient:
        await self._transaction.__aenter__()
        client = SqliteTransactionWrapper(self._engine)
        self._token = get_connections().set(self._engine.connection_name, client)
        return client

    async def __aexit__(self, *exception: object) -> None:
        get_connections().reset(self._token)
        await self._transaction.__aexit__(*cast(Any, exception))


def _fetch(
    connection: sqlite3.Connection, steps: Sequence[tuple[str, Sequence[Any]]]
) -> list[tuple[Any, ...]]:
    cursor = connection.cursor()
    cursor.row_factory = None  # plain tuples; the ORM's rows are slower
    fetched: list[tuple[Any, ...]] = []
    for sql, values in steps:
        fetched += cursor.execute(sql, values).fetchall()
    return fetched


def _execute(connection: sqlite3.Connection, sql: str) -> None:
    connection.execute(sql)


def _execute_many(
    connection: sqlite3.Connection, sql: str, values: Sequence[Sequence[Any]]
) -> None:
    connection.executemany(sql, values)


def _commit(connection: sqlite3.Connection) -> None:
    connection.commit()


def _roll_back(connection: sqlite3.Connection) -> None:
    connection.rollback()
