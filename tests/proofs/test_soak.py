"""A server under everything at once gives back what it took, and loses and repeats nothing.

The same soak as `make soak`, short; whether memory stays flat needs the long one.
"""

from pathlib import Path

import pytest

from benchmarks.running import Database
from benchmarks.soak.observing import Held, slope
from benchmarks.soak.run import Plan, soak

SECONDS_MAX = 300
SOAKED_SECONDS = 20


@pytest.mark.timeout(SECONDS_MAX)
async def test_nothing_leaks_is_lost_or_told_twice(database_url: str, tmp_path: Path) -> None:
    plan = Plan(seconds=SOAKED_SECONDS, singles=100, batches=2, watchers=100)
    report = await soak(Database(database_url, tmp_path, None), plan)
    assert report.faults == ()
    # All of it took place.
    assert {kind for kind, times in report.done.items() if times} >= {
        "activities", "late", "repeats", "retractions", "commands", "queries",
        "resumed", "looked", "stalled", "dropped",
    }  # fmt: skip


def test_what_is_not_given_back_is_named() -> None:
    before = Held(tasks=3, threads=6, clients=1, files=11)
    assert before.beyond(before) == []
    assert Held(tasks=4, threads=5, clients=3, files=11).beyond(before) == [
        "tasks: 4 where there were 3",
        "clients: 3 where there were 1",
    ]


def test_growth_is_that_of_the_second_half() -> None:
    assert slope([0, 500_000_000, 7_000_000, 7_000_000, 7_000_000]) == 0.0
    assert slope([9, 9, 9, 9, 1_000_000, 2_000_000, 3_000_000, 4_000_000]) == 60.0
    assert slope([5]) == 0.0
