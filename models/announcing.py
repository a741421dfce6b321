"""Without this module a subscriber that reads on from a cursor could miss a notice."""

from collections.abc import Sequence

from gamification.ids import MemberId
from gamification.outcomes import Notice
from models.mapping import NOBODY, NOTICE_COLUMNS, notice_to_core, notice_to_row
from models.session import Scope
from models.statement import Statement

_ONE_AT_A_TIME = Statement("SELECT pg_advisory_xact_lock(7310589, CAST($1 AS INTEGER))")
"""PostgreSQL gives out ids before transactions commit, so that a later id may be seen first. From
here to its commit, a transaction with notices is alone in its program, and ids are seen in order.
"""

_ADD = Statement(
    """
    INSERT INTO notice
        (program_id, kind, member_id, badge, level, window_key, subject, noticed_at, is_public,
        about, details, once)
    SELECT $1, r.kind, r.member_id, r.badge, r.level, r.window_key, r.subject, r.noticed_at,
        r.is_public, r.about, r.details, r.once
    FROM {rows} WHERE true ORDER BY r.n
    RETURNING id
    """,
    rows={
        "kind": str,
        "member_id": int,
        "badge": str,
        "level": int,
        "window_key": str,
        "subject": str,
        "noticed_at": int,
        "is_public": bool,
        "about": str,
        "details": str,
        "once": str,
    },
)
_KNOWN = Statement(
    """
    SELECT o.member_id, o.once FROM {rows} CROSS JOIN notice o
    WHERE o.program_id = $1 AND o.member_id = r.member_id AND o.once = r.once
    """,
    rows={"member_id": int, "once": str},
)
_LATEST_ID = Statement("SELECT coalesce(max(id), 0) FROM notice WHERE program_id = $1")


def _after(condition: str) -> Statement:
    return Statement(
        f"""
        SELECT {NOTICE_COLUMNS} FROM notice o
        WHERE o.program_id = $1 AND o.id > $2 {condition} ORDER BY o.id LIMIT $3
        """
    )


_AFTER = _after("")
_AFTER_PUBLIC = _after("AND o.is_public")
_AFTER_OF_MEMBER = _after("AND o.member_id = $4")
_AFTER_PUBLIC_OF_MEMBER = _after("AND o.is_public AND o.member_id = $4")


async def add(scope: Scope, notices: Sequence[Notice], *, is_shared: bool) -> list[Notice]:
    """Append, and return the notices with their ids, without those that were announced before."""
    if is_shared and notices:
        await scope.fetch(_ONE_AT_A_TIME)
    new = await _new(scope, notices)
    rows = await scope.fetch(_ADD, rows=[notice_to_row(notice) for notice in new])
    ids = sorted(row[0] for row in rows)  # given out in the order of the rows
    return [notice._replace(id=id_) for notice, id_ in zip(new, ids, strict=True)]


async def _new(scope: Scope, notices: Sequence[Notice]) -> list[Notice]:
    """The notices without those that are given once only, and were. Nobody else adds
    notices to the program meanwhile."""
    asked = {(notice.member or NOBODY, notice.once) for notice in notices if notice.once}
    known = {tuple(row) for row in await scope.fetch(_KNOWN, rows=sorted(asked))}
    new: list[Notice] = []
    for notice in notices:
        if notice.once:
            name = notice.member or NOBODY, notice.once
            if name in known:
                continue
            known.add(name)
        new.append(notice)
    return new


async def after(
    scope: Scope, id_: int, *, member: MemberId | None, public_only: bool, limit: int
) -> list[Notice]:
    """Notices with larger ids, oldest first."""
    if member is None:
        rows = await scope.fetch(_AFTER_PUBLIC if public_only else _AFTER, id_, limit)
    else:
        statement = _AFTER_PUBLIC_OF_MEMBER if public_only else _AFTER_OF_MEMBER
        rows = await scope.fetch(statement, id_, limit, member)
    return [notice_to_core(row) for row in rows]


async def latest_id(scope: Scope) -> int:
    """The largest id, 0 if there is none."""
    return (await scope.fetch(_LATEST_ID))[0][0]
