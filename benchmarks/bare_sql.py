"""The floor under an import: the same activities and tallies, written by nothing but bulk SQL.

What is to be written is worked out beforehand; only the statements and commits are timed.
"""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import orjson

from benchmarks import forum
from gamification.admission import Admission
from gamification.definition.compiled import Timeline
from gamification.definition.compiling import compile_program
from gamification.definition.reading import read_definition
from gamification.engine import decide, evolve
from gamification.facts import Activity
from gamification.ids import ProgramId
from gamification.outcomes import TallyChanged
from gamification.ports import ProgramRecord
from gamification.program import Program
from gamification.state import State, Tally, TallyKey
from models.driver import asyncpg

TABLES = """
CREATE TABLE activity (id {serial}, program_id bigint, key text, member_id bigint, type text,
    value bigint, properties text, occurred_at bigint, received_at bigint, source text);
CREATE UNIQUE INDEX activity_key ON activity (program_id, key);
CREATE INDEX activity_order ON activity (member_id, occurred_at, key);
CREATE TABLE tally (id {serial}, program_id bigint, member_id bigint, metric text, window_key text,
    subject text, value bigint, peak bigint, reached_at bigint, touches bigint);
CREATE UNIQUE INDEX tally_key ON tally (member_id, metric, window_key, subject);
"""
ACTIVITY_COLUMNS = (
    "program_id, key, member_id, type, value, properties, occurred_at, received_at, source"
)
TALLY_COLUMNS = (
    "program_id, member_id, metric, window_key, subject, value, peak, reached_at, touches"
)
UPSERT = """ON CONFLICT (member_id, metric, window_key, subject) DO UPDATE SET
    value = excluded.value, peak = excluded.peak, reached_at = excluded.reached_at,
    touches = excluded.touches"""
ACTIVITY_TYPES = ["bigint", "text", "bigint", "text", "bigint", "text", "bigint", "bigint", "text"]
TALLY_TYPES = ["bigint", "bigint", "text", "text", "text", "bigint", "bigint", "bigint", "bigint"]


class Batch(NamedTuple):
    """The rows that one transaction writes."""

    activities: list[tuple[object, ...]]
    tallies: list[tuple[object, ...]]


def batches(size: int) -> Iterator[Batch]:
    """The whole file in batches: each activity, and each tally as the batch leaves it."""
    rules, _ = compile_program(read_definition(forum.DEFINITION.read_text("utf-8")))
    program = Program(ProgramRecord(ProgramId(1), "forum", ()), Timeline(((None, rules),)))
    admission = Admission(program, datetime.now(UTC), str, True)
    state, file = State(), forum.activities(10**9)
    while new := list(islice(file, size)):
        activities: list[Activity] = []
        changed: dict[TallyKey, Tally] = {}
        for each in new:
            activities.append(admission.admit(each))
            for outcome in decide(rules, state, activities[-1]):
                state = evolve(state, outcome)
                if isinstance(outcome, TallyChanged):
                    changed[outcome.key] = outcome.after
        yield Batch(
            [_activity_row(activity) for activity in activities],
            [_tally_row(key, tally) for key, tally in changed.items()],
        )


def sqlite_seconds(path: Path, size: int) -> float:
    """Seconds that SQLite takes to write the whole file in batches."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -65536")
    connection.executescript(TABLES.format(serial="integer primary key"))
    marks = ", ".join("?" * 9)
    seconds = 0.0
    for batch in batches(size):
        started = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            f"INSERT INTO activity ({ACTIVITY_COLUMNS}) VALUES ({marks})", batch.activities
        )
        connection.executemany(
            f"INSERT INTO tally ({TALLY_COLUMNS}) VALUES ({marks}) {UPSERT}", batch.tallies
        )
        connection.execute("COMMIT")
        seconds += time.perf_counter() - started
    connection.close()
    return seconds


def postgresql_seconds(url: str, size: int) -> float:
    """Seconds that PostgreSQL takes to write the whole file in batches."""
    return asyncio.run(_postgresql_seconds(url, size))


async def _postgresql_seconds(url: str, size: int) -> float:
    connection = await asyncpg.connect(url)  # typed as Any, as asyncpg has no types
    await connection.execute("CREATE SCHEMA floor; SET search_path TO floor")
    await connection.execute(TABLES.format(serial="bigserial primary key"))
    activity = _unnest("activity", ACTIVITY_COLUMNS, ACTIVITY_TYPES)
    tally = f"{_unnest('tally', TALLY_COLUMNS, TALLY_TYPES)} {UPSERT}"
    seconds = 0.0
    for batch in batches(size):
        started = time.perf_counter()
        async with connection.transaction():
            await connection.execute(activity, *map(list, zip(*batch.activities, strict=True)))
            await connection.execute(tally, *map(list, zip(*batch.tallies, strict=True)))
        seconds += time.perf_counter() - started
    await connection.close()
    return seconds


def _unnest(table: str, columns: str, types: list[str]) -> str:
    arrays = ", ".join(f"${number}::{type_}[]" for number, type_ in enumerate(types, 1))
    return f"INSERT INTO {table} ({columns}) SELECT * FROM unnest({arrays})"


def _activity_row(activity: Activity) -> tuple[object, ...]:
    return (
        1,
        activity.key,
        activity.member,
        activity.type,
        activity.value,
        orjson.dumps(activity.properties).decode(),
        _micros(activity.occurred_at),
        _micros(activity.received_at),
        activity.source,
    )


def _tally_row(key: TallyKey, tally: Tally) -> tuple[object, ...]:
    return (
        1,
        key.member,
        key.metric,
        key.window,
        key.subject,
        tally.value,
        tally.peak,
        _micros(tally.reached_at),
        tally.touches,
    )


def _micros(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000
