"""Without this module activities and retractions could be neither stored nor found."""

from collections.abc import Collection, Sequence

from gamification.facts import Activity, Order, Retraction
from gamification.ids import MemberId
from gamification.ports import KeyTaken
from gamification.stored import ActivityRow
from models.mapping import (
    ACTIVITY_COLUMNS,
    RETRACTION_COLUMNS,
    activities_to_core,
    activity_to_core,
    activity_to_row,
    retraction_to_core,
    retraction_to_row,
    to_micros,
)
from models.session import Scope
from models.statement import Argument, Statement

SOURCE_ACTIVITIES_MAX = 1_000

_ADD_ACTIVITIES = Statement(
    """
    INSERT INTO activity
        (program_id, key, member_id, type, value, properties, occurred_at, received_at, source)
    SELECT $1, r.key, r.member_id, r.type, r.value, r.properties, r.occurred_at, r.received_at,
        r.source
    FROM {rows} WHERE true
    ON CONFLICT DO NOTHING
    RETURNING id, key
    """,
    rows={
        "key": str,
        "member_id": int,
        "type": str,
        "value": int,
        "properties": str,
        "occurred_at": int,
        "received_at": int,
        "source": str,
    },
    bulk=True,
)
_ADD_RETRACTIONS = Statement(
    """
    INSERT INTO retraction (program_id, key, activity_key, amount, reason, received_at)
    SELECT $1, r.key, r.activity_key, r.amount, r.reason, r.received_at FROM {rows} WHERE true
    ON CONFLICT DO NOTHING
    """,
    rows={"key": str, "activity_key": str, "amount": int, "reason": str, "received_at": int},
)
_BY_KEY = Statement(
    f"""
    SELECT a.id, {ACTIVITY_COLUMNS} FROM {{rows}} CROSS JOIN activity a
    WHERE a.program_id = $1 AND a.key = r.key
    """,
    rows={"key": str},
)
_IDS = Statement(
    """
    SELECT a.key, a.id FROM {rows} CROSS JOIN activity a
    WHERE a.program_id = $1 AND a.key = r.key
    """,
    rows={"key": str},
)
_OF_SOURCE = Statement(
    f"""
    SELECT a.id, {ACTIVITY_COLUMNS} FROM activity a WHERE a.program_id = $1 AND a.source = $2
    ORDER BY a.key LIMIT {SOURCE_ACTIVITIES_MAX}
    """
)
_RETRACTIONS = Statement(
    f"""
    SELECT {RETRACTION_COLUMNS} FROM {{rows}} CROSS JOIN retraction x
    WHERE x.program_id = $1 AND x.activity_key = r.key
    """,
    rows={"key": str},
)
_WITH_RETRACTIONS = """
    LEFT JOIN retraction x ON x.program_id = a.program_id AND x.activity_key = a.key
"""
_ROWS_BY_KEY = Statement(
    f"""
    SELECT a.id, {ACTIVITY_COLUMNS}, {RETRACTION_COLUMNS}
    FROM {{rows}} CROSS JOIN activity a {_WITH_RETRACTIONS}
    WHERE a.program_id = $1 AND a.key = r.key
    ORDER BY a.id
    """,
    rows={"key": str},
)
_HISTORIES = Statement(
    f"""
    SELECT a.id, {ACTIVITY_COLUMNS}, {RETRACTION_COLUMNS}
    FROM {{rows}} CROSS JOIN activity a {_WITH_RETRACTIONS}
    WHERE a.program_id = $1 AND a.member_id = r.member_id
    ORDER BY a.member_id, a.occurred_at, a.key
    """,
    rows={"member_id": int},
)


_OF_TYPE = Statement(
    f"""
    SELECT a.id, {ACTIVITY_COLUMNS}, {RETRACTION_COLUMNS}
    FROM {{rows}} CROSS JOIN activity a {_WITH_RETRACTIONS}
    WHERE a.program_id = $1 AND a.member_id = r.member_id AND a.type = $2
    ORDER BY a.member_id, a.occurred_at, a.key
    """,
    rows={"member_id": int},
)


def _page(condition: str, limit: str) -> Statement:
    return Statement(
        f"""
        SELECT a.id, {ACTIVITY_COLUMNS}, {RETRACTION_COLUMNS} FROM (
            SELECT * FROM activity
            WHERE program_id = $1 AND member_id = $2 {condition}
            ORDER BY occurred_at DESC, key DESC LIMIT {limit}
        ) a {_WITH_RETRACTIONS}
        ORDER BY a.occurred_at DESC, a.key DESC
        """
    )


_LATEST = _page("", "$3")
_BEFORE = _page("AND (occurred_at, key) < ($4, $5)", "$3")
_LATEST_OF_TYPES = _page("AND type {any:4}", "$3")
_BEFORE_OF_TYPES = _page("AND (occurred_at, key) < ($4, $5) AND type {any:6}", "$3")


async def add_activities(scope: Scope, activities: Sequence[Activity]) -> dict[str, int]:
    """Append, and return the rows' ids by key."""
    rows = await scope.fetch(_ADD_ACTIVITIES, rows=[activity_to_row(a) for a in activities])
    if len(rows) < len(activities):
        raise KeyTaken(*sorted({a.key for a in activities} - {key for _, key in rows}))
    return {key: id_ for id_, key in rows}


async def add_retractions(scope: Scope, retractions: Sequence[Retraction]) -> None:
    """Append those whose key is not stored yet."""
    rows = sorted((retraction_to_row(r) for r in retractions), key=lambda row: str(row[0]))
    await scope.fetch(_ADD_RETRACTIONS, rows=rows)


async def by_key(scope: Scope, keys: Collection[str]) -> list[tuple[int, Activity]]:
    """(row id, activity) for each key that is stored."""
    rows = await scope.fetch(_BY_KEY, rows=[(key,) for key in set(keys)])
    return [(row[0], activity_to_core(row[1:])) for row in rows]


async def ids(scope: Scope, keys: Collection[str]) -> dict[str, int]:
    """The row ids of stored activities."""
    rows = await scope.fetch(_IDS, rows=[(key,) for key in keys])
    return {row[0]: row[1] for row in rows}


async def of_source(scope: Scope, source: str) -> list[tuple[int, Activity]]:
    """(row id, activity) of one source, by key."""
    rows = await scope.fetch(_OF_SOURCE, source)
    return [(row[0], activity_to_core(row[1:])) for row in rows]


async def retractions(scope: Scope, keys: Collection[str]) -> dict[str, tuple[Retraction, ...]]:
    """The retractions of each activity, by key."""
    rows = await scope.fetch(_RETRACTIONS, rows=[(key,) for key in set(keys)])
    found: dict[str, list[Retraction]] = {}
    for retraction in sorted(map(retraction_to_core, rows), key=lambda r: r.key):
        found.setdefault(retraction.activity_key, []).append(retraction)
    return {key: tuple(of_key) for key, of_key in found.items()}


async def rows_by_key(scope: Scope, keys: Collection[str]) -> dict[str, ActivityRow]:
    """The activities with these keys, and their retractions."""
    rows = await scope.fetch(_ROWS_BY_KEY, rows=[(key,) for key in set(keys)])
    return {row.activity.key: row for row in activities_to_core(rows)}


async def histories(
    scope: Scope, members: Collection[MemberId]
) -> dict[MemberId, list[ActivityRow]]:
    """All facts of each member, in order."""
    rows = await scope.fetch(_HISTORIES, rows=[(member,) for member in set(members)])
    found: dict[MemberId, list[ActivityRow]] = {member: [] for member in members}
    for row in activities_to_core(rows):
        found[row.activity.member].append(row)
    return found


async def of_type(
    scope: Scope, members: Collection[MemberId], fact_type: str
) -> dict[MemberId, list[ActivityRow]]:
    """Each member's facts of one type, in order."""
    rows = await scope.fetch(_OF_TYPE, fact_type, rows=[(member,) for member in set(members)])
    found: dict[MemberId, list[ActivityRow]] = {member: [] for member in members}
    for row in activities_to_core(rows):
        found[row.activity.member].append(row)
    return found


async def page(
    scope: Scope,
    member: MemberId,
    *,
    before: Order | None,
    limit: int,
    types: Collection[str] | None = None,
) -> list[ActivityRow]:
    """A member's latest facts before a place in their order, of some types or of all."""
    of_types: tuple[Argument, ...] = () if types is None else (list(types),)
    if before is None:
        statement = _LATEST if types is None else _LATEST_OF_TYPES
        rows = await scope.fetch(statement, member, limit, *of_types)
    else:
        statement = _BEFORE if types is None else _BEFORE_OF_TYPES
        place = (to_micros(before.occurred_at), before.key)
        rows = await scope.fetch(statement, member, limit, *place, *of_types)
    return activities_to_core(rows)
