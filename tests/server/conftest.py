"""What tests of the server start from: a folder of their own, a database, and the command line."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gamification.ports import Store
from models.store import open_store
from tests.databases import (
    database_url,
    migrated_sqlite,
    postgresql_server,
    postgresql_url,
    sqlite_url,
)
from tests.server.terminal import Terminal

__all__ = ["database_url", "migrated_sqlite", "postgresql_server", "postgresql_url", "sqlite_url"]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of whoever runs the tests are not ours."""
    import os

    for name in list(os.environ):
        if name.upper().startswith("GAMIFICATION_"):
            monkeypatch.delenv(name)


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> Terminal:
    """The command line in an empty folder, on SQLite."""
    return Terminal.at(tmp_path / "here", monkeypatch, sqlite_url)


@pytest.fixture
def any_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Terminal:
    """The command line in an empty folder, on SQLite and on PostgreSQL."""
    return Terminal.at(tmp_path / "here", monkeypatch, database_url)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """An open store, on SQLite and on PostgreSQL."""
    async with open_store(database_url) as store:
        yield store
