"""What an import costs, as a rate and as a multiple of bare bulk SQL writing the same rows."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from benchmarks import bare_sql, forum
from benchmarks.postgresql import postgresql
from benchmarks.table import Figure

GOALS = {"sqlite": "≥ 10,000", "postgresql": "≥ 8,000"}
BATCH = 20_000


def measure(database: str) -> Iterable[Figure]:
    """Import the whole forum with the command line, then write the same rows with bare SQL."""
    with _database(database) as (url, folder):
        _run("apply", str(forum.DEFINITION), url=url, folder=folder)
        started = time.perf_counter()
        shown = _run(
            "import", "--program", "travel-forum", str(forum.forum_file()), url=url, folder=folder
        )
        seconds = time.perf_counter() - started
        count = int(_found(r"([\d,]+) rows", shown))
        memory = int(_found(r"([\d,]+) MB", shown))
        if database == "sqlite":
            floor = bare_sql.sqlite_seconds(folder / "floor.db", BATCH)
        else:
            floor = bare_sql.postgresql_seconds(url, BATCH)
        name = f"import, {database}"
        yield Figure(f"{name}: activities", count, "")
        yield Figure(name, count / seconds, "activities/s", GOALS[database])
        yield Figure(f"{name}: against bare bulk SQL", seconds / floor, "times", "≤ 3")
        yield Figure(f"{name}: peak memory", memory, "MB", "≤ 500")


def _found(pattern: str, text: str) -> str:
    """The last number that the command line printed in this place."""
    return re.findall(pattern, text)[-1].replace(",", "")


@contextmanager
def _database(kind: str) -> Generator[tuple[str, Path]]:
    with tempfile.TemporaryDirectory(prefix="gamification-bench-") as folder:
        if kind == "sqlite":
            yield f"sqlite://{folder}/forum.db", Path(folder)
            return
        with postgresql() as (url, _):
            yield url, Path(folder)


def _run(*command: str, url: str, folder: Path) -> str:
    gamification = Path(sys.executable).parent / "gamification"
    done = subprocess.run(
        [gamification, *command],
        env={**os.environ, "GAMIFICATION_DATABASE_URL": url},
        cwd=folder,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout
