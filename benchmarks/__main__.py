"""Runs the measurements named on the command line (without one all but the soak), and prints one
table."""

import sys
from collections.abc import Callable, Iterable

from benchmarks import crowd, engine, fanout, forum_import, http, ranks, ranks_beside
from benchmarks.machine import described
from benchmarks.peers import floors
from benchmarks.peers import measure as peers
from benchmarks.soak import run as soak
from benchmarks.table import Figure, rendered

MEASUREMENTS: dict[str, Callable[[], Iterable[Figure]]] = {
    "engine": engine.measure,
    "import-sqlite": lambda: forum_import.measure("sqlite"),
    "import-postgresql": lambda: forum_import.measure("postgresql"),
    "http": http.measure,
    "ranks": ranks.measure,
    "ranks-beside": ranks_beside.measure,
    "fanout": fanout.measure,
    "crowd": crowd.measure,
    "floors": floors.measure,
    "peers": peers.measure,
}
ALONE: dict[str, Callable[[], Iterable[Figure]]] = {"soak": soak.measure}
"""What runs only when it is named: it takes long, and is about faults more than about speed."""


def main() -> None:
    """Run and print. Each measurement says what it does on standard error while it runs."""
    names = sys.argv[1:] or list(MEASUREMENTS)
    known = MEASUREMENTS | ALONE
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"There is no {', '.join(unknown)}. Choose from {', '.join(known)}.")
    figures: list[Figure] = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        figures += known[name]()
    print(described(), rendered(figures), sep="\n\n")


main()
