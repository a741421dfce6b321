"""Without this engine a cancelled task would leak a connection of the PostgreSQL pool.

A Tortoise backend: the stock one acquires a connection before it can fail, and a cancellation or a
lost connection there leaves the connection in use for ever.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.connection import ConnectionToken, get_connections

from gamification.ports import Contended
from models.driver import ABORTED, CONTENDED, LOST, Connection, Pool, create_pool
from models.finishing import to_the_end
from models.statement import Argument, Row, Statement

_SETTINGS = {"application_name": "gamification", "jit": "off"}
"""Compiling our short statements would cost far more than it could save."""

_PROGRAM_LOCKS = 7_310_588
"""The space of PostgreSQL's advisory locks in which a program's id is a lock."""

_BEGIN = "BEGIN"
_BEGIN_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_IGNORED = "a statement of the transaction failed, and the failure was ignored"
_HAS_WRITTEN = "SELECT pg_current_xact_id_if_assigned() IS NOT NULL"


class AsyncpgEngine(AsyncpgDBClient):
    """A pool of connections to PostgreSQL. `dsn` is a libpq URL, unix sockets included."""

    def __init__(self, *, dsn: str, **options: Any) -> None:
        super().__init__(**options)
        self._dsn = dsn

    async def create_pool(self, **_: Any) -> Any:
        return await create_pool(
            self._dsn, self.pool_minsize, self.pool_maxsize, settings=_SETTINGS
        )

    @property
    def pool(self) -> Pool:
        """The open pool."""
        assert self._pool is not None, "the database is closed"
        return cast(Pool, self._pool)

    @asynccontextmanager
    async def acquired(self) -> AsyncGenerator[Connection]:
        """A connection of the pool, given back whatever happens."""
        connection = await self.pool.acquire()
        try:
            yield connection
        finally:
            # Shields itself from cancellation, and rolls back what is open.
            await self.pool.release(connection)

    @asynccontextmanager
    async def begun(self, begin: str = _BEGIN) -> AsyncGenerator[Connection]:
        """A connection with a transaction begun.

        A connection that died while it lay in the pool fails at its first statement, before
        anything was done: the next one is tried, until the pool has none left from before.
        """
        for attempt in range(self.pool_maxsize + 1):
            async with self.acquired() as connection:
                try:
                    await connection.execute(begin)
                except LOST:
                    with suppress(*LOST):
                        connection.terminate()
                    if attempt == self.pool_maxsize:
                        raise
                    continue
                try:
                    yield connection
                except BaseException:
                    await to_the_end(_roll_back(connection))
                    raise
                await to_the_end(_commit(connection))
                return

    def _in_transaction(self) -> TransactionContext:
        return _OrmTransaction(self)


client_class = AsyncpgEngine


class PostgresqlTransaction:
    """Runs statements in one transaction on PostgreSQL."""

    def __init__(self, connection: Connection, program: int | None) -> None:
        self._connection = connection
        self._program = program

    async def fetch(
        self, statement: Statement, *args: Argument, rows: Sequence[Row] = ()
    ) -> Sequence[Sequence[Any]]:
        if statement.takes_rows and not rows:
            return ()
        values = statement.postgresql_arguments(args, rows)
        return await self._connection.fetch(statement.postgresql, *values)

    async def alone(self) -> None:
        """Exchange the program's shared lock, which every transaction has, for the exclusive one.

        While nothing is locked or written yet the transaction begins anew, because two that hold
        the shared lock and want the exclusive one would wait for each other.
        """
        assert self._program is not None
        if not (await self._connection.fetch(_HAS_WRITTEN))[0][0]:
            await self._connection.execute("ROLLBACK; BEGIN")
        await self._connection.execute(
            f"SELECT pg_advisory_xact_lock({_PROGRAM_LOCKS}, {self._program})"
        )


class PostgresqlAutocommit:
    """Runs single statements on PostgreSQL, each on any connection of the pool."""

    def __init__(self, engine: AsyncpgEngine) -> None:
        self._engine = engine

    async def fetch(
        self, statement: Statement, *args: Argument, rows: Sequence[Row] = ()
    ) -> Sequence[Sequence[Any]]:
        if statement.takes_rows and not rows:
            return ()
        values = statement.postgresql_arguments(args, rows)
        for _ in range(self._engine.pool_maxsize):
            async with self._engine.acquired() as connection:
                try:
                    return await connection.fetch(statement.postgresql, *values)
                except LOST:
                    # Once more is harmless, and the pool may hold more dead connections.
                    with suppress(*LOST):
                        connection.terminate()
        async with self._engine.acquired() as connection:
            return await connection.fetch(statement.postgresql, *values)


class PostgresqlDatabase:
    """A PostgreSQL database behind a pool of connections."""

    is_shared = True

    def __init__(self, engine: AsyncpgEngine) -> None:
        self._engine = engine
        self.pool = engine.pool
        self.reader = self.repeatable = PostgresqlAutocommit(engine)

    @asynccontextmanager
    async def transaction(
        self, program: int | None = None
    ) -> AsyncGenerator[PostgresqlTransaction]:
        try:
            async with self._engine.begun(_begin(program)) as connection:
                yield PostgresqlTransaction(connection, program)
        except CONTENDED as error:
            raise Contended from error
        except ABORTED as error:
            raise RuntimeError(_IGNORED) from error

    @asynccontextmanager
    async def moment(self) -> AsyncGenerator[PostgresqlTransaction]:
        async with self._engine.begun(_BEGIN_MOMENT) as connection:
            yield PostgresqlTransaction(connection, None)


class _OrmTransaction(TransactionContext):
    """Tortoise's `in_transaction()`, on top of `begun`."""

    def __init__(self, engine: AsyncpgEngine) -> None:
        self._engine = engine
        self._transaction = engine.begun()
        self._token: ConnectionToken | None = None

    async def __aenter__(self) -> TransactionalDBClient:
        client = TransactionWrapper(self._engine)
        connection: Any = await self._transaction.__aenter__()
        client._connection = connection  # pyright: ignore[reportPrivateUsage]
        self._token = get_connections().set(self._engine.connection_name, client)
        return client

    async def __aexit__(self, *exception: object) -> None:
        get_connections().reset(self._token)
        await self._transaction.__aexit__(*cast(Any, exception))


def _begin(program: int | None) -> str:
    """One message, so that the lock costs no round trip."""
    if program is None:
        return _BEGIN
    return f"{_BEGIN}; SELECT pg_advisory_xact_lock_shared({_PROGRAM_LOCKS}, {program})"


async def _commit(connection: Connection) -> None:
    # After an error that someone caught on the way, PostgreSQL answers COMMIT by rolling back.
    done = await connection.execute("COMMIT")
    if done != "COMMIT":
        raise RuntimeError(_IGNORED)


async def _roll_back(connection: Connection) -> None:
    with suppress(*LOST):  # there is nothing to roll back on a lost connection
        await connection.execute("ROLLBACK")
