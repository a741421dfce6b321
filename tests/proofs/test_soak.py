"""A server under everything at once gives back what it took, and loses and repeats nothing.

The same soak as `make soak`, short; whether memory stays flat needs the long one.
"""

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.running import Database
from benchmarks.soak.observing import Held, Moment, rendered, slope
from benchmarks.soak.run import Plan, Report, grown, soak

SECONDS_MAX = 300
SOAKED_SECONDS = 30


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


def report_of(*, seconds: float, requests: int, blocks: int, memory: tuple[int, ...]) -> Report:
    held = Held(tasks=3, threads=6, clients=1, files=11)
    return Report(Counter(), 0, seconds, requests, blocks, memory, (), held, held, ())


def test_memory_that_is_not_flat_is_named() -> None:
    flat = (160_000_000,) * 300
    rising = tuple(second * 200_000 for second in range(300))
    assert list(grown(report_of(seconds=300, requests=9000, blocks=4500, memory=flat))) == []
    assert list(grown(report_of(seconds=300, requests=9000, blocks=4501, memory=flat))) == [
        "4,501 pieces of memory are left of 9,000 requests"
    ]
    assert list(grown(report_of(seconds=300, requests=9000, blocks=0, memory=rising))) == [
        "memory grows by 12.0 MB a minute"
    ]


def test_a_short_soak_says_nothing_about_memory() -> None:
    rising = tuple(second * 200_000 for second in range(60))
    assert list(grown(report_of(seconds=60, requests=10, blocks=1000, memory=rising))) == []


def test_what_was_held_is_shown_over_the_time() -> None:
    held = Held(tasks=3, threads=6, clients=1, files=11)
    assert rendered([Moment(0, 121_400_000, held), Moment(30, 160_500_000, held)]) == (
        "| seconds | memory | tasks | threads | sockets | files |\n"
        "|---:|---:|---:|---:|---:|---:|\n"
        "| 0 | 121 MB | 3 | 6 | 1 | 11 |\n"
        "| 30 | 160 MB | 3 | 6 | 1 | 11 |"
    )
