"""Gives each test of the edge a world: on both databases, or in memory where they do not matter.

With `--servers 2` each world has two servers on PostgreSQL instead, and what a test asks and does
goes to one and to the other in turn: nothing may be different.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial

import pytest

from gamification.twin import Twin
from models.store import open_store
from tests.api.two import two_servers
from tests.api.world import FORUM, Deploy, World, new_world
from tests.databases import (
    database_url,
    migrated_sqlite,
    postgresql_server,
    postgresql_url,
    sqlite_url,
)
from tests.valkey import Valkey

__all__ = ["database_url", "migrated_sqlite", "postgresql_server", "postgresql_url", "sqlite_url"]

DEPLOYING = {"deploy", "deploy_small", "deploy_on_postgresql"}

Opening = Callable[[str], AbstractAsyncContextManager[World]]
"""A world with these rules, for as long as a block lasts."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of two servers, choose what says something about them: tests with a world, once each."""
    if _servers(config) == 1:
        return
    chosen = [item for item in items if _is_of_two(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def _is_of_two(item: pytest.Item) -> bool:
    assert isinstance(item, pytest.Function)
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return (
        not DEPLOYING.isdisjoint(item.fixturenames)
        and params.get("database_url") != "sqlite"
        and item.get_closest_marker("one_server") is None
    )


@pytest.fixture(scope="session")
def shared_valkey() -> Iterator[Valkey]:
    """One for all tests; each world has names of its own in it."""
    server = Valkey()
    server.start()
    yield server
    server.remove()


@pytest.fixture
async def deploy(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Deploy]:
    """Makes worlds: the test runs once on SQLite and once on PostgreSQL."""
    async with _deploying(_opening(request, database_url)) as deploy:
        yield deploy


@pytest.fixture
async def deploy_on_postgresql(
    request: pytest.FixtureRequest, postgresql_url: str
) -> AsyncIterator[Deploy]:
    """Makes worlds on PostgreSQL, where transactions meet."""
    async with _deploying(_opening(request, postgresql_url)) as deploy:
        yield deploy


@pytest.fixture
async def deploy_small(request: pytest.FixtureRequest) -> AsyncIterator[Deploy]:
    """Makes worlds in memory, for what no database has a part in."""
    if _servers(request.config) == 1:
        yield _deploy_in_memory
        return
    url = request.getfixturevalue("postgresql_url")
    async with _deploying(_opening(request, url)) as deploy:
        yield deploy


@pytest.fixture
async def world(deploy: Deploy) -> World:
    """A small forum, on SQLite and on PostgreSQL."""
    return await deploy()


@pytest.fixture
async def small_world(deploy_small: Deploy) -> World:
    """The same in memory."""
    return await deploy_small()


def _servers(config: pytest.Config) -> int:
    servers = config.getoption("servers")
    assert isinstance(servers, int)
    return servers


async def _deploy_in_memory(definition: str = FORUM) -> World:
    return await new_world(Twin(), definition)


def _opening(request: pytest.FixtureRequest, url: str) -> Opening:
    if _servers(request.config) == 1:
        return partial(_one_server, url)
    return partial(two_servers, url, request.getfixturevalue("shared_valkey"))


@asynccontextmanager
async def _one_server(url: str, definition: str) -> AsyncGenerator[World]:
    async with open_store(url) as store:
        yield await new_world(store, definition)


@asynccontextmanager
async def _deploying(opening: Opening) -> AsyncGenerator[Deploy]:
    """What opens worlds, which are closed at the end of the block."""
    async with AsyncExitStack() as opened:

        async def deploy(definition: str = FORUM) -> World:
            return await opened.enter_async_context(opening(definition))

        yield deploy
