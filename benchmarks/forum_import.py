"""What an import costs, as a rate and as a multiple of bare bulk SQL writing the same rows."""

import re
import time
from collections.abc import Iterable
from subprocess import STDOUT

from benchmarks import bare_sql, forum
from benchmarks.running import fresh_database
from benchmarks.table import Figure

GOALS = {"sqlite": "≥ 10,000", "postgresql": "≥ 8,000"}
BATCH = 20_000


def measure(database: str) -> Iterable[Figure]:
    """Import the whole forum with the command line, then write the same rows with bare SQL."""
    with fresh_database(database) as fresh:
        fresh.applied(forum.DEFINITION.read_text("utf-8"))
        started = time.perf_counter()
        shown = fresh.command(
            "import", "--program", "travel-forum", str(forum.forum_file()), stderr=STDOUT
        )
        seconds = time.perf_counter() - started
        count = int(_found(r"([\d,]+) rows", shown))
        memory = int(_found(r"([\d,]+) MB", shown))
        if database == "sqlite":
            floor = bare_sql.sqlite_seconds(fresh.folder / "floor.db", BATCH)
        else:
            floor = bare_sql.postgresql_seconds(fresh.url, BATCH)
        name = f"import, {database}"
        yield Figure(f"{name}: activities", count, "")
        yield Figure(name, count / seconds, "activities/s", GOALS[database])
        yield Figure(f"{name}: against bare bulk SQL", seconds / floor, "times", "≤ 3")
        yield Figure(f"{name}: peak memory", memory, "MB", "≤ 500")


def _found(pattern: str, text: str) -> str:
    """The last number that the command line printed in this place."""
    return re.findall(pattern, text)[-1].replace(",", "")
