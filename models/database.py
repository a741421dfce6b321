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
from models.migrate import APPS, migrate
from models.session import Database
from models.sqlite_engine import SqliteDatabase, SqliteEngine

_PRAGMAS = {
    "busy_timeout": 30_000,  # first: switching to WAL may have to wait for another process
    "journal_mode": "WAL",
    "synchronous": "NORMAL",
    "cache_size": -65_536,  # 64 MiB
    "temp_store": "MEMORY",
    "wal_autocheckpoint": 10_000,  # pages: fewer, larger checkpoints while much is written
    "journal_size_limit": 67_108_864,
}

_READERS = ("reader", "moments")
"""The connections to a SQLite file that only read."""


@asynccontextmanager
async def open_database(url: str, *, pool_size: int = 10) -> AsyncGenerator[Database]:
    """Connect, migrate, and close at the end. Any number of databases may be open at once."""
    address = Address.of(url)
    context = TortoiseContext()
    try:
        # Only here is it Tortoise's current context: what runs later, in any task, is given the
        # database explicitly, so that several can be open at once.
        with context:
            config = {"connections": _connections(address, pool_size), "apps": APPS}
            await context.init(config=config)
            for client in context.connections.all():
                await client.create_connection(with_db=True)
            await migrate(context.db("default"), address)
        yield _database(context, address)
    finally:
        await context.close_connections()


def _connections(address: Address, pool_size: int) -> dict[str, Any]:
    if address.dsn is not None:
        credentials: dict[str, Any] = {"dsn": address.dsn, "minsize": 1, "maxsize": pool_size}
        return {"default": {"engine": AsyncpgEngine.__module__, "credentials": credentials}}
    writer = {"file_path": address.path, **_PRAGMAS}
    connections = {"default": {"engine": SqliteEngine.__module__, "credentials": writer}}
    if not address.is_in_memory:
        reader = {**writer, "query_only": "ON"}
        for name in _READERS:
            connections[name] = {"engine": SqliteEngine.__module__, "credentials": reader}
    return connections


def _database(context: TortoiseContext, address: Address) -> Database:
    client = context.db("default")
    if address.dsn is not None:
        return PostgresqlDatabase(cast(AsyncpgEngine, client))
    readers = () if address.is_in_memory else map(context.db, _READERS)
    return SqliteDatabase(*(cast(SqliteEngine, each) for each in (client, *readers)))
