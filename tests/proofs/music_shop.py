"""Eighteen months of a music shop, lived through day by day as its server would have.

Each day's purchases arrive in the evening, and the scheduler goes by after midnight.
"""

import csv
import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from gamification.facts import NewActivity
from gamification.ports import Store
from gamification.program import Program
from gamification.tick import tick
from gamification.use_cases.apply_definition import apply_definition
from gamification.use_cases.record_activities import record_activities
from gamification.use_cases.recorded import Recorded
from server.unheard import Unheard

PROJECT = Path(__file__).resolve().parents[2]
DEFINITION = PROJECT / "programs" / "music-shop.yaml"
SLICE = PROJECT / "tests" / "data" / "cdnow-slice.csv.gz"
OPENED = datetime(1996, 12, 31, tzinfo=UTC)
CLOSED = date(1998, 7, 1)
"""The day after the last of the file."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """One row of the file: who bought how many CDs for how much, and on which day."""

    day: date
    customer: str
    cds: int
    dollars: str
    key: str


def shop_file() -> Path:
    """The whole file where SHOP_FILE names it, else the slice within the project."""
    return Path(os.environ.get("SHOP_FILE") or SLICE)


def purchases() -> list[Purchase]:
    """Every purchase, in order of time; a customer's second one of a day has a key of its own."""
    with gzip.open(shop_file(), "rt", encoding="utf-8", newline="") as lines:
        return sorted(
            (
                Purchase(
                    date.fromisoformat(row["date"]),
                    row["customer"],
                    int(row["cds"]),
                    row["dollars"],
                    f"row-{number:05d}",
                )
                for number, row in enumerate(csv.DictReader(lines), 1)
            ),
            key=attrgetter("day"),
        )


def days() -> Iterator[date]:
    """Every day of the eighteen months, and the week after, in which the last runs are settled."""
    day = OPENED.date()
    while day <= CLOSED + timedelta(days=7):
        yield day
        day += timedelta(days=1)


async def lived_through(store: Store, bought: list[Purchase]) -> Program:
    """The shop as it stands a week after the last purchase."""
    applied = await apply_definition(store, DEFINITION.read_text("utf-8"), now=OPENED)
    assert applied.program is not None
    program = applied.program
    by_day = {day: list(group) for day, group in groupby(bought, key=attrgetter("day"))}
    for day in days():
        if day in by_day:
            await _open(store, program, day, by_day[day])
        midnight = datetime.combine(day, time(), UTC) + timedelta(days=1, minutes=5)
        async for done in tick(store, Unheard(), program, now=midnight):
            assert done.failure is None, done
    return program


async def _open(store: Store, program: Program, day: date, bought: list[Purchase]) -> None:
    noon = datetime.combine(day, time(12), UTC)
    results = await record_activities(
        store,
        Unheard(),
        program,
        [
            NewActivity(
                member=each.customer,
                type="purchase",
                value=each.dollars,
                properties={"cds": each.cds},
                occurred_at=noon,
                key=each.key,
            )
            for each in bought
        ],
        now=noon + timedelta(hours=8),
        new_key=_no_key,
    )
    assert all(isinstance(each, Recorded) for each in results), results


def _no_key() -> str:
    raise AssertionError("every purchase has a key")
