"""Without this module two processes that start together would both set the database up."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiosqlite
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.migrations.executor import MigrationExecutor

from models.address import Address
from models.driver import connected

APPS: dict[str, dict[str, Any]] = {
    "models": {
        "models": [
            "models.activity",
            "models.api_key",
            "models.award",
            "models.league",
            "models.data_version",
            "models.lease",
            "models.ledger",
            "models.member",
            "models.notice",
            "models.period",
            "models.program",
            "models.shared_number",
            "models.tally",
        ],
        "migrations": "models.migrations",
        "default_connection": "default",
    }
}

TORTOISE_ORM: dict[str, Any] = {
    "connections": {"default": "sqlite://:memory:"},
    "apps": APPS,
}
"""For Tortoise's command line: `tortoise -c models.migrate.TORTOISE_ORM makemigrations`."""

_ADVISORY_LOCK = 7_310_589_217_421
"""Any number, as long as it never changes: the name of the lock in a PostgreSQL database."""

_LOCK_SECONDS_MAX = 120.0


async def migrate(client: BaseDBAsyncClient) -> None:
    """Bring the tables up to date."""
    await MigrationExecutor(client, APPS).migrate()


@asynccontextmanager
async def setting_up(address: Address) -> AsyncGenerator[None]:
    """Only one process at a time sets a database up; the system lets go when the process dies."""
    if address.dsn is not None:
        async with connected(address.dsn) as connection:
            await connection.fetch("SELECT pg_advisory_lock($1)", _ADVISORY_LOCK)
            yield
    elif address.is_in_memory:
        yield
    else:
        # A second, empty SQLite file is a file lock that every platform has.
        path = f"{address.path}.migrating"
        async with aiosqlite.connect(
            path, timeout=_LOCK_SECONDS_MAX, isolation_level=None
        ) as connection:
            await connection.execute("BEGIN EXCLUSIVE")
            yield
