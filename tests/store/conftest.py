"""Gives each test of the contract the three stores that fulfil it."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from gamification.ports import DefinitionVersion, ProgramRecord, Store
from gamification.twin import Twin
from models.driver import connected
from models.store import open_store
from tests.databases import (
    database_url,
    migrated_sqlite,
    postgresql_server,
    postgresql_url,
    sqlite_url,
)
from tests.store.builders import T0

__all__ = ["database_url", "migrated_sqlite", "postgresql_server", "postgresql_url", "sqlite_url"]


@pytest.fixture(params=["twin", "sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """The same behaviour is asked of the twin and of both databases."""
    if request.param == "twin":
        yield Twin()
        return
    async with open_store(request.getfixturevalue(f"{request.param}_url")) as opened:
        yield opened


@pytest.fixture
async def sql_store(database_url: str) -> AsyncIterator[Store]:
    """A store on each database, for what only databases can get wrong."""
    async with open_store(database_url, pool_size=3) as opened:
        yield opened


@pytest.fixture
async def postgresql_store(postgresql_url: str) -> AsyncIterator[Store]:
    """A store with room for three transactions at once, for races."""
    async with open_store(postgresql_url, pool_size=3) as opened:
        yield opened


FIRST = DefinitionVersion(1, None, T0, "{}")


@pytest.fixture
async def program(store: Store) -> ProgramRecord:
    return await store.create_program("forum", FIRST)


Waiting = Callable[[], Awaitable[None]]


@pytest.fixture
async def until_one_waits(postgresql_url: str) -> AsyncIterator[Waiting]:
    """Returns when a transaction waits for another: no test needs to guess how long that takes."""
    async with connected(postgresql_url) as connection:

        async def wait() -> None:
            while not await connection.fetch("SELECT 1 FROM pg_locks WHERE NOT granted"):
                pass

        yield wait
