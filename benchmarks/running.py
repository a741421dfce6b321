"""Without this module every measurement would start the server in its own way."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.postgresql import postgresql

GAMIFICATION = (str(Path(sys.executable).parent / "gamification"),)
SCOPES = ("read", "activities:write", "members:write", "points:write")


class Database(NamedTuple):
    """A fresh database, the folder of its measurement, and PostgreSQL's first process."""

    url: str
    folder: Path
    process: psutil.Process | None

    def command(self, *args: str, stderr: int | None = None) -> str:
        """What a command of the command line prints on this database."""
        done = subprocess.run(
            [*GAMIFICATION, *args],
            env={**os.environ, "GAMIFICATION_DATABASE_URL": self.url},
            cwd=self.folder,
            check=True,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        return done.stdout

    def applied(self, definition: str) -> None:
        """Make a program of a definition."""
        file = self.folder / "definition.yaml"
        file.write_text(definition, "utf-8")
        self.command("apply", str(file))

    def token(self, program: str) -> str:
        """The secret of a new key that may do all that measurements do."""
        scopes = [part for scope in SCOPES for part in ("--scope", scope)]
        made = self.command("keys", "create", "--program", program, *scopes)
        return made.strip().splitlines()[-1]


class Running(NamedTuple):
    """A server under measurement, and its PostgreSQL."""

    url: str
    token: str
    server: psutil.Process
    database: psutil.Process | None

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    @property
    def memory(self) -> int:
        """Bytes."""
        return self.server.memory_info().rss


@contextmanager
def fresh_database(kind: str) -> Generator[Database]:
    """An empty database: `sqlite` or `postgresql`."""
    with tempfile.TemporaryDirectory(prefix="gamification-bench-") as folder:
        if kind == "sqlite":
            yield Database(f"sqlite://{folder}/measured.db", Path(folder), None)
            return
        with postgresql() as (url, process):
            yield Database(url, Path(folder), process)


@contextmanager
def running(
    kind: str,
    definition: str,
    program: str,
    *,
    filled: Callable[[Database], None] = lambda _: None,
    settings: Mapping[str, str] | None = None,
) -> Generator[Running]:
    """`gamification serve` on a fresh database with one program, filled by whatever fills it."""
    with fresh_database(kind) as database:
        database.applied(definition)
        filled(database)
        token = database.token(program)
        with serving(database, settings=settings) as (address, server):
            yield Running(f"{address}/graphql", token, psutil.Process(server.pid), database.process)


@contextmanager
def serving(
    database: Database,
    *,
    command: Sequence[str] = GAMIFICATION,
    settings: Mapping[str, str] | None = None,
) -> Generator[tuple[str, "subprocess.Popen[bytes]"]]:
    """`gamification serve` on a free port: its address and its process, whose input and output are
    pipes; what it logs is in `server.log`."""
    log = database.folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "serve", "--port", "0"],
            env={
                **os.environ,
                "GAMIFICATION_DATABASE_URL": database.url,
                "GAMIFICATION_LOG_LEVEL": "info",
                "GAMIFICATION_LOG_FORMAT": "json",
                **(settings or {}),
            },
            cwd=database.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
        )
    with process:  # its pipes are closed at the end
        try:
            yield _address(log, process), process
        finally:
            process.terminate()
            process.wait(30)


def _address(log: Path, process: "subprocess.Popen[bytes]") -> str:
    """The address the server says it listens on, once it does."""
    for _ in range(300):
        found = re.search(r"(http://[\d.]+:\d+)\"", log.read_text())  # not that of its numbers
        if found:
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"the server did not start: {log.read_text()[-2000:]}")
