"""Without this module members could not be registered, locked and listed."""

from collections.abc import Collection, Mapping
from datetime import datetime

from gamification.facts import Order, Scalar
from gamification.ids import MemberId, member_id
from gamification.ports import Member
from models.mapping import MEMBER_COLUMNS, member_to_core, to_json, to_micros
from models.session import Scope
from models.statement import Statement

_BY_EXTERNAL_ID = Statement(
    f"""
    SELECT {MEMBER_COLUMNS} FROM {{rows}} CROSS JOIN member m
    WHERE m.program_id = $1 AND m.external_id = r.external_id
    """,
    rows={"external_id": str},
)
_BY_ID = Statement(
    f"""
    SELECT {MEMBER_COLUMNS} FROM {{rows}} CROSS JOIN member m
    WHERE m.program_id = $1 AND m.id = r.id
    """,
    rows={"id": int},
)
_LOCK_BY_ID = Statement(
    f"""
    SELECT {MEMBER_COLUMNS} FROM {{rows}} CROSS JOIN member m
    WHERE m.program_id = $1 AND m.id = r.id
    ORDER BY m.id {{lock:m}}
    """,
    rows={"id": int},
)
_REGISTER = Statement(
    """
    INSERT INTO member (id, program_id, external_id, attributes, registered_at)
    SELECT r.id, $1, r.external_id, '{}', $2 FROM {rows} WHERE true
    ON CONFLICT DO NOTHING RETURNING id
    """,
    rows={"id": int, "external_id": str},
)
_UNREGISTER = Statement(
    "DELETE FROM member WHERE program_id = $1 AND id IN (SELECT r.id FROM {rows})",
    rows={"id": int},
)
_UPDATE = Statement(
    """
    UPDATE member SET display_name = $3, attributes = $4 WHERE program_id = $1 AND id = $2
    """
)
# The + keeps SQLite from walking all members of the program for each row.
_PUT_LAST = Statement(
    """
    UPDATE member SET last_at = r.last_at, last_key = r.last_key FROM {rows}
    WHERE +member.program_id = $1 AND member.id = r.id
    """,
    rows={"id": int, "last_at": int, "last_key": str},
)
_FIRST_PAGE = Statement(
    f"""
    SELECT {MEMBER_COLUMNS} FROM member m WHERE m.program_id = $1
    ORDER BY m.external_id LIMIT $2
    """
)
_NEXT_PAGE = Statement(
    f"""
    SELECT {MEMBER_COLUMNS} FROM member m WHERE m.program_id = $1 AND m.external_id > $2
    ORDER BY m.external_id LIMIT $3
    """
)
_COUNT = Statement("SELECT count(*) FROM member m WHERE m.program_id = $1")


async def register_and_lock(
    scope: Scope, program_key: str, external_ids: Collection[str], *, now: datetime, is_shared: bool
) -> tuple[dict[str, Member], set[MemberId]]:
    """The members with these external ids, their rows locked, and who of them was registered now.

    Everyone first inserts, in the order of ids, and then locks, in the order of ids, so that no two
    transactions wait for each other.
    """
    members = await by_external_id(scope, external_ids)
    registered: set[MemberId] = set()
    salt = 0
    while missing := [id_ for id_ in external_ids if id_ not in members]:
        # A salt beyond 0 is needed only where the id of another member is the same.
        rows = sorted((member_id(program_key, id_, salt=salt), id_) for id_ in missing)
        inserted = await scope.fetch(_REGISTER, to_micros(now), rows=rows)
        registered |= {row[0] for row in inserted}
        members |= await by_external_id(scope, missing)
        salt += 1
    if is_shared:
        locked = await lock(scope, [member.id for member in members.values()])
        members = {member.external_id: member for member in locked.values()}
    return members, registered


async def unregister(scope: Scope, ids: Collection[MemberId]) -> None:
    """Delete members of whom nothing is stored."""
    await scope.fetch(_UNREGISTER, rows=[(id_,) for id_ in sorted(ids)])


async def lock(scope: Scope, ids: Collection[MemberId]) -> dict[MemberId, Member]:
    """Lock existing members, in the order of their ids."""
    rows = await scope.fetch(_LOCK_BY_ID, rows=[(id_,) for id_ in sorted(ids)])
    return {row[0]: member_to_core(row) for row in rows}


async def by_external_id(scope: Scope, external_ids: Collection[str]) -> dict[str, Member]:
    """Members by the app's own ids."""
    rows = await scope.fetch(_BY_EXTERNAL_ID, rows=[(id_,) for id_ in set(external_ids)])
    return {row[1]: member_to_core(row) for row in rows}


async def by_id(scope: Scope, ids: Collection[MemberId]) -> dict[MemberId, Member]:
    """Members by their ids."""
    rows = await scope.fetch(_BY_ID, rows=[(id_,) for id_ in set(ids)])
    return {row[0]: member_to_core(row) for row in rows}


async def page(scope: Scope, *, after: str | None, limit: int) -> list[Member]:
    """Members in the order of their external ids."""
    if after is None:
        rows = await scope.fetch(_FIRST_PAGE, limit)
    else:
        rows = await scope.fetch(_NEXT_PAGE, after, limit)
    return [member_to_core(row) for row in rows]


async def count(scope: Scope) -> int:
    """How many members the program has."""
    return (await scope.fetch(_COUNT))[0][0]


async def update(
    scope: Scope, member: MemberId, *, display_name: str | None, attributes: Mapping[str, Scalar]
) -> None:
    """Replace a member's name and attributes."""
    await scope.fetch(_UPDATE, member, display_name, to_json(attributes))


async def put_last(scope: Scope, last: Mapping[MemberId, Order]) -> None:
    """Move the places of the members' latest facts."""
    rows = sorted((id_, to_micros(order.occurred_at), order.key) for id_, order in last.items())
    await scope.fetch(_PUT_LAST, rows=rows)
