"""Without this module no one would know how a database is opened, set up and closed.

SQLite runs with `synchronous=NORMAL`: a commit is in the write-ahead log, and so in the system's
hands, before it is acknowledged. It survives the killing of any process; only a loss of power can
take the last commits (never more, and never in part). Who needs those too uses PostgreSQL.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

from tortoise.context import TortoiseContext

from models.address import Address
from models.asyncpg_engine import AsyncpgEngine, PostgresqlDatabase
from models.migrate import APPS, migrate, setting_up
from models.session import Database
from models.sqlite_engine import SqliteDatabase, SqliteEngine

_PRAGMAS = {
    "busy_timeout": 30_000,  # first: what follows may have to wait for another process
    "journal_mode": "WAL",
    "synchronous": "NORMAL",
    "temp_store": "MEMORY",
    "wal_autocheckpoint": 10_000,  # pages: fewer, larger checkpoints while much is written
    "journal_size_limit": 67_108_864,
}

_READERS = ("reader", "moments")
"""The connections to a SQLite file that only read."""

SQLITE_CACHE_BYTES = 64 * 1024 * 1024
"""What pages of a SQLite file take that are kept, if nothing else is said."""


@asynccontextmanager
async def open_database(
    url: str, *, pool_size: int = 10, sqlite_cache_bytes: int = SQLITE_CACHE_BYTES
) -> AsyncGenerator[Database]:
    """Connect, migrate, and close at the end. Any number of databases may be open at once.

    `pool_size` is of PostgreSQL; `sqlite_cache_bytes` is for all connections to a SQLite file.
    """
    address = Address.of(url)
    context = TortoiseContext()
    try:
        # Only here is it Tortoise's current context: what runs later, in any task, is given the
        # database explicitly, so that several can be open at once.
        with context:
            connections = (
                _sqlite_connections(address, sqlite_cache_bytes)
                if address.dsn is None
                else _postgresql_connections(address.dsn, pool_size)
            )
            config = {"connections": connections, "apps": APPS}
            await context.init(config=config)
            async with setting_up(address):
                # Connecting is part of it: where two processes put a new SQLite file on its
                # write-ahead log at once, one is refused, and does not wait.
                for client in context.connections.all():
                    await client.create_connection(with_db=True)
                await migrate(context.db("default"))
        yield _database(context, address)
    finally:
        await context.close_connections()


def _postgresql_connections(dsn: str, pool_size: int) -> dict[str, Any]:
    credentials: dict[str, Any] = {"dsn": dsn, "minsize": 1, "maxsize": pool_size}
    return {"default": {"engine": AsyncpgEngine.__module__, "credentials": credentials}}


def _sqlite_connections(address: Address, cache_bytes: int) -> dict[str, Any]:
    """One that writes, with half of the cache, and those that read with what is left."""
    kib = cache_bytes // 1024
    # SQLite takes kibibytes as a negative number.
    writer = {"file_path": address.path, **_PRAGMAS, "cache_size": -(kib // 2)}
    connections = {"default": {"engine": SqliteEngine.__module__, "credentials": writer}}
    if not address.is_in_memory:
        reader = {**writer, "query_only": "ON", "cache_size": -(kib // 2 // len(_READERS))}
        for name in _READERS:
            connections[name] = {"engine": SqliteEngine.__module__, "credentials": reader}
    return connections


def _database(context: TortoiseContext, address: Address) -> Database:
    client = context.db("default")
    if address.dsn is not None:
        return PostgresqlDatabase(cast(AsyncpgEngine, client))
    readers = () if address.is_in_memory else map(context.db, _READERS)
    return SqliteDatabase(*(cast(SqliteEngine, each) for each in (client, *readers)))
