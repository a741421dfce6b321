"""Gives each test of the edge a world: on both databases, or in memory where they do not matter."""

from collections.abc import AsyncIterator

import pytest

from gamification.twin import Twin
from models.store import open_store
from tests.api.world import World, new_world
from tests.databases import (
    database_url,
    migrated_sqlite,
    postgresql_server,
    postgresql_url,
    sqlite_url,
)

__all__ = ["database_url", "migrated_sqlite", "postgresql_server", "postgresql_url", "sqlite_url"]


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """A small forum, on SQLite and on PostgreSQL."""
    async with open_store(database_url) as store:
        yield await new_world(store)


@pytest.fixture
async def small_world() -> World:
    """The same in memory, for what no database has a part in."""
    return await new_world(Twin())
