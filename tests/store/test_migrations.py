"""Migrations: safe on both databases, equal to the models, and run by one process at a time."""

import asyncio
import importlib
import pkgutil
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext
from tortoise.migrations import operations as ops
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.utils import generate_schema_for_client

import models.migrations
from models.database import open_database
from models.migrate import APPS, TORTOISE_ORM
from models.session import Database
from models.statement import Statement
from tests.databases import PostgresqlServer

SAFE = (ops.CreateModel, ops.AddField, ops.AddIndex, ops.RunSQL)

SQLITE_COLUMNS = Statement(
    """
    SELECT m.name, c.name, c.type, c."notnull", c.pk FROM sqlite_master m
    JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> 'tortoise_migrations'
    ORDER BY 1, 2
    """
)
POSTGRESQL_COLUMNS = Statement(
    """
    SELECT table_name, column_name, data_type, is_nullable, collation_name
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name <> 'tortoise_migrations' ORDER BY 1, 2
    """
)
SQLITE_INDEXES = Statement(
    """
    SELECT m.name, i."unique", group_concat(c.name)
    FROM sqlite_master m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c
    WHERE m.type = 'table' AND i.partial = 0 AND m.name <> 'tortoise_migrations'
    GROUP BY m.name, i.name ORDER BY 1, 2, 3
    """
)
POSTGRESQL_INDEXES = Statement(
    """
    SELECT tablename, regexp_replace(indexdef, 'INDEX \\S+ ON', 'INDEX ON') FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> 'tortoise_migrations'
        AND indexdef NOT LIKE '%WHERE%'
    ORDER BY 1, 2
    """
)
TABLES = {
    "account",
    "activity",
    "api_key",
    "award",
    "data_version",
    "definition_version",
    "league_run",
    "league_seat",
    "lease",
    "ledger_entry",
    "member",
    "notice",
    "period",
    "period_standing",
    "program",
    "retraction",
    "shared_number",
    "tally",
}
MIGRATIONS = sorted(found.name for found in pkgutil.iter_modules(models.migrations.__path__))
CATALOG = {
    "sqlite": (SQLITE_COLUMNS, SQLITE_INDEXES),
    "postgresql": (POSTGRESQL_COLUMNS, POSTGRESQL_INDEXES),
}


def operations() -> list[tuple[str, Any]]:
    modules = [
        importlib.import_module(f"models.migrations.{found.name}")
        for found in pkgutil.iter_modules(models.migrations.__path__)
    ]
    return [(module.__name__, each) for module in modules for each in module.Migration.operations]


def test_only_operations_that_never_rebuild_a_table() -> None:
    """Tortoise rebuilds a SQLite table for others, and loses its indexes and rows."""
    assert [(name, each.describe()) for name, each in operations() if type(each) not in SAFE] == []
    added: list[Any] = [each.field for _, each in operations() if isinstance(each, ops.AddField)]
    assert [field for field in added if not field.null and not field.has_db_default()] == []


async def test_the_migrations_make_what_the_models_say() -> None:
    async with TortoiseContext() as context:
        await context.init(config=TORTOISE_ORM)
        assert context.apps is not None
        assert await MigrationAutodetector(context.apps, APPS).changes() == []


@asynccontextmanager
async def generated(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Database]:
    """A database whose tables were made from the models, without any migration."""

    async def generate(client: BaseDBAsyncClient) -> None:
        await generate_schema_for_client(client, safe=False)

    with monkeypatch.context() as patch:
        patch.setattr("models.database.migrate", generate)
        async with open_database(url) as database:
            yield database


@pytest.mark.parametrize("kind", CATALOG)
async def test_both_ways_make_the_same_tables(
    kind: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    migrated_url: str = request.getfixturevalue(f"{kind}_url")
    if kind == "sqlite":
        empty_url = f"sqlite://{tmp_path / 'empty.db'}"
    else:
        server: PostgresqlServer = request.getfixturevalue("postgresql_server")
        empty_url = server.new_empty_database()
    async with open_database(migrated_url) as migrated:
        expected = await catalog(migrated, kind)
    async with generated(empty_url, monkeypatch) as database:
        assert await catalog(database, kind) == expected
    assert {row[0] for row in expected[0]} == TABLES


async def catalog(database: Database, kind: str) -> list[Sequence[Sequence[Any]]]:
    return [
        [tuple(row) for row in await database.reader.fetch(statement)]
        for statement in CATALOG[kind]
    ]


OPEN = """
import asyncio, sys
from models.store import open_store

async def main():
    async with open_store(sys.argv[1]) as store:
        assert await store.programs() == []

asyncio.run(main())
"""


@pytest.mark.parametrize("kind", CATALOG)
async def test_processes_that_start_together_migrate_once(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if kind == "sqlite":
        url = f"sqlite://{tmp_path / 'new.db'}"
    else:
        url = request.getfixturevalue("postgresql_server").new_empty_database()
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", OPEN, url, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    errors = [(await process.communicate())[1] for process in processes]
    assert errors == [b"", b"", b""]
    assert [process.returncode for process in processes] == [0, 0, 0]
    applied = Statement("SELECT name FROM tortoise_migrations ORDER BY name")
    async with open_database(url) as database:
        assert [row[0] for row in await database.reader.fetch(applied)] == MIGRATIONS
