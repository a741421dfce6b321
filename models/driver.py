"""Without this module every place that meets asyncpg, which has no types, would guess them."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, cast

import asyncpg as untyped  # pyright: ignore[reportMissingTypeStubs]

from models.session import Connections
from models.statement import Argument, Scalar

asyncpg = cast(Any, untyped)

Value = Argument | Sequence[Scalar]

LOST: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the farewell was received, but not yet read
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    OSError,
)
"""What a statement fails with when its server went away."""

CONTENDED: tuple[type[Exception], ...] = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)
"""What a transaction fails with when another one was in its way."""


ABORTED = asyncpg.InFailedSQLTransactionError
"""Said of every statement in a transaction after one that failed."""


class Connection(Protocol):
    """A connection, on loan from a pool or on its own."""

    async def fetch(self, query: str, *values: Value) -> Sequence[Sequence[Any]]: ...
    async def execute(self, query: str) -> str: ...
    def terminate(self) -> None: ...


class Pool(Connections, Protocol):
    """The connections of a process."""

    async def acquire(self) -> Connection: ...
    async def release(self, connection: Connection) -> None: ...


class UnresetConnection(asyncpg.Connection):
    """A connection that goes back to its pool without a round trip.

    Nothing here sets session state that would have to be reset. A transaction that is still open is
    rolled back by the pool in any case.
    """

    def get_reset_query(self) -> str:
        return ""


async def create_pool(dsn: str, size_min: int, size_max: int, *, settings: dict[str, str]) -> Pool:
    """A pool of connections that are opened when they are needed."""
    return await asyncpg.create_pool(
        dsn,
        min_size=size_min,
        max_size=size_max,
        connection_class=UnresetConnection,
        server_settings=settings,
    )


@asynccontextmanager
async def connected(dsn: str) -> AsyncGenerator[Connection]:
    """One connection of its own, closed at the end."""
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()
