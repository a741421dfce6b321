"""How much is measured: `BENCH_…` of the environment makes any of it smaller, to try things out."""

import os


def size(name: str, default: int) -> int:
    """A number of things, such as `BENCH_MEMBERS`."""
    return int(os.environ.get(f"BENCH_{name}", default))


SECONDS = float(size("SECONDS", 8))
"""How long each pass of a load lasts."""

PASSES = size("PASSES", 3)
"""How often it is repeated; the pass with the least processor time counts."""
