"""Without this module no two members could draw on the same number without overdrawing it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from models.session import Scope
from models.statement import Statement

_BY_KEY = Statement(
    """
    SELECT s.key, s.value FROM {rows} CROSS JOIN shared_number s
    WHERE s.program_id = $1 AND s.key = r.key
    """,
    rows={"key": str},
)
_ALL = Statement("SELECT s.key, s.value FROM shared_number s WHERE s.program_id = $1")
# Inserting or touching a row locks it, and the order of the rows is that of the locks.
_LOCK = Statement(
    """
    INSERT INTO shared_number (program_id, key, value)
    SELECT $1, r.key, 0 FROM {rows} WHERE true
    ON CONFLICT (program_id, key) DO UPDATE SET value = shared_number.value
    RETURNING key, value
    """,
    rows={"key": str},
)
_PUT = Statement(
    """
    INSERT INTO shared_number (program_id, key, value)
    SELECT $1, r.key, r.value FROM {rows} WHERE true
    ON CONFLICT (program_id, key) DO UPDATE SET value = excluded.value
    """,
    rows={"key": str, "value": int},
)


async def by_key(scope: Scope, keys: Collection[str]) -> dict[str, int]:
    """The numbers with these keys; 0 where there is none."""
    rows = await scope.fetch(_BY_KEY, rows=[(key,) for key in set(keys)])
    return dict.fromkeys(keys, 0) | _numbers(rows)


async def everything(scope: Scope) -> dict[str, int]:
    """All numbers of the program."""
    return _numbers(await scope.fetch(_ALL))


async def lock(scope: Scope, keys: Collection[str]) -> dict[str, int]:
    """Lock the numbers in the order of their keys; one that is new begins with 0."""
    rows = await scope.fetch(_LOCK, rows=[(key,) for key in sorted(set(keys))])
    return _numbers(rows)


async def put(scope: Scope, numbers: Mapping[str, int]) -> None:
    """Insert or replace, in the order of the keys."""
    await scope.fetch(_PUT, rows=sorted(numbers.items()))


def _numbers(rows: Sequence[Sequence[Any]]) -> dict[str, int]:
    return {row[0]: row[1] for row in rows}
