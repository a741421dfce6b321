"""How a statement's rows reach both databases: unchanged, in their order, in one statement."""

from collections.abc import AsyncIterator

import pytest

from models.database import open_database
from models.session import Database
from models.statement import Row, Statement

ECHO = Statement(
    "SELECT r.n, r.name, r.number, r.note FROM {rows} ORDER BY r.n",
    rows={"name": str, "number": int, "note": str},
)
TEXTS = [
    "", " ", "a", '"', "\\", '\\"', '","', "{}", "{a,b}", "NULL", "null", "None", "'", "$1", "a,b",
    "two\nlines", "\ttab", "\x01\x1f\x7f", "ünï→😀", '{"json": "\\u0001 \\\\ \\""}',
]  # fmt: skip


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url) as opened:
        yield opened


async def echoed(database: Database, rows: list[Row]) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await database.reader.fetch(ECHO, rows=rows)]


async def test_any_text_arrives_as_it_is(database: Database) -> None:
    rows: list[Row] = [(text, place, text) for place, text in enumerate(TEXTS)]
    assert await echoed(database, rows) == [(n, *row) for n, row in enumerate(rows, 1)]


async def test_nulls_arrive_among_texts_and_numbers(database: Database) -> None:
    rows: list[Row] = [
        (text, None, None if place % 2 else text) for place, text in enumerate(TEXTS)
    ]
    assert await echoed(database, rows) == [(n, *row) for n, row in enumerate(rows, 1)]


async def test_the_largest_numbers_arrive(database: Database) -> None:
    rows: list[Row] = [("a", -(2**63), None), ("b", 2**63 - 1, None)]
    assert await echoed(database, rows) == [(1, *rows[0]), (2, *rows[1])]


@pytest.mark.parametrize("rows", [[("a\0b", 1, "")], [("a", 1, ""), ("b\0", 2, None)]])
async def test_postgresql_refuses_a_nul(postgresql_url: str, rows: list[Row]) -> None:
    async with open_database(postgresql_url) as database:
        with pytest.raises(Exception, match="invalid byte sequence"):
            await echoed(database, rows)
