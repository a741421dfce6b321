"""Runs the measurements named on the command line (all without one) and prints one table."""

import sys
from collections.abc import Callable, Iterable

from benchmarks import engine, fanout, forum_import, http
from benchmarks.machine import described
from benchmarks.table import Figure, rendered

MEASUREMENTS: dict[str, Callable[[], Iterable[Figure]]] = {
    "engine": engine.measure,
    "import-sqlite": lambda: forum_import.measure("sqlite"),
    "import-postgresql": lambda: forum_import.measure("postgresql"),
    "http": http.measure,
    "fanout": fanout.measure,
}


def main() -> None:
    """Run and print. Each measurement says what it does on standard error while it runs."""
    names = sys.argv[1:] or list(MEASUREMENTS)
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        sys.exit(f"There is no {', '.join(unknown)}. Choose from {', '.join(MEASUREMENTS)}.")
    figures: list[Figure] = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        figures += MEASUREMENTS[name]()
    print(described(), rendered(figures), sep="\n\n")


main()
