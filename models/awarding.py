"""Without this module awards could be neither kept nor shown."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from msgspec.structs import astuple

from gamification.ids import MemberId
from gamification.state import OF_CHALLENGE, Award, AwardKey
from gamification.stored import AwardRow
from models.mapping import AWARD_COLUMNS, award_to_core, award_to_row, from_micros
from models.session import Scope
from models.statement import Statement

_KEY = {"member_id": int, "badge": str, "level": int, "window_key": str, "subject": str}
_SAME_KEY = """
    w.program_id = $1 AND w.member_id = r.member_id AND w.badge = r.badge AND w.level = r.level
    AND w.window_key = r.window_key AND w.subject = r.subject
"""
_CAUSE = "LEFT JOIN activity a ON a.id = w.activity_id"

_ADD = Statement(
    """
    INSERT INTO award (program_id, member_id, badge, level, window_key, subject, earned_at,
        activity_id, about, evidence, version)
    SELECT $1, r.member_id, r.badge, r.level, r.window_key, r.subject, r.earned_at,
        r.activity_id, r.about, r.evidence, r.version
    FROM {rows} WHERE true ORDER BY r.n
    ON CONFLICT (member_id, badge, level, window_key, subject) DO UPDATE SET
        earned_at = excluded.earned_at, activity_id = excluded.activity_id,
        about = excluded.about, evidence = excluded.evidence, version = excluded.version
    """,
    rows={
        **_KEY,
        "earned_at": int,
        "activity_id": int,
        "about": str,
        "evidence": str,
        "version": int,
    },
)
_DELETE = Statement(
    f"""
    DELETE FROM award WHERE id IN (
        SELECT w.id FROM {{rows}} CROSS JOIN award w WHERE {_SAME_KEY}
    )
    """,
    rows=_KEY,
)
_BY_KEY = Statement(
    f"SELECT {AWARD_COLUMNS} FROM {{rows}} CROSS JOIN award w {_CAUSE} WHERE {_SAME_KEY}",
    rows=_KEY,
    bulk=True,
)
_BY_ID = Statement(
    f"""
    SELECT {AWARD_COLUMNS} FROM {{rows}} CROSS JOIN award w {_CAUSE}
    WHERE w.program_id = $1 AND w.id = r.id
    """,
    rows={"id": int},
)
_OF_ACTIVITIES = Statement(
    f"""
    SELECT {AWARD_COLUMNS} FROM {{rows}} CROSS JOIN activity a CROSS JOIN award w
    WHERE a.program_id = $1 AND a.key = r.key AND w.program_id = $1 AND w.activity_id = a.id
    ORDER BY w.id
    """,
    rows={"key": str},
)
_EARNED = Statement(
    """
    SELECT w.member_id, w.badge, w.level, w.window_key, w.subject, w.earned_at
    FROM {rows} CROSS JOIN award w
    WHERE w.program_id = $1 AND w.member_id = r.member_id AND w.badge {any:2}
    """,
    rows={"member_id": int},
)
_HOLDERS = Statement(
    """
    SELECT w.badge, w.level, count(DISTINCT w.member_id) FROM award w
    WHERE w.program_id = $1 AND w.badge {any:2} GROUP BY w.badge, w.level
    """
)


def _newest(condition: str) -> Statement:
    return Statement(
        f"""
        SELECT {AWARD_COLUMNS} FROM (
            SELECT w.*, row_number() OVER (PARTITION BY w.member_id ORDER BY w.id DESC) AS place
            FROM {{rows}} CROSS JOIN award w
            WHERE w.program_id = $1 AND w.member_id = r.member_id AND w.id < $2 {condition}
        ) w {_CAUSE}
        WHERE w.place <= $3 ORDER BY w.member_id, w.id DESC
        """,
        rows={"member_id": int},
    )


def _counts(condition: str) -> Statement:
    return Statement(
        f"""
        SELECT w.member_id, count(*) FROM {{rows}} CROSS JOIN award w
        WHERE w.program_id = $1 AND w.member_id = r.member_id {condition} GROUP BY w.member_id
        """,
        rows={"member_id": int},
    )


_NO_CHALLENGE = f"AND w.badge NOT LIKE '{OF_CHALLENGE}%'"
_NEWEST, _NEWEST_OF_BADGES = _newest(_NO_CHALLENGE), _newest("AND w.badge {any:4}")
_COUNTS, _COUNTS_OF_BADGES = _counts(_NO_CHALLENGE), _counts("AND w.badge {any:2}")
_BEYOND_ALL_IDS = 2**63 - 1


async def add(scope: Scope, awards: Sequence[Award], activity_id: Callable[[str], int]) -> None:
    """Insert, or replace where the key exists."""
    last = {award.key: award for award in awards}
    rows = [award_to_row(award, activity_id=activity_id(award.cause)) for award in last.values()]
    await scope.fetch(_ADD, rows=rows)


async def delete(scope: Scope, keys: Collection[AwardKey]) -> None:
    """Take awards back."""
    await scope.fetch(_DELETE, rows=list(map(astuple, sorted(keys))))


async def by_key(scope: Scope, keys: Collection[AwardKey]) -> dict[AwardKey, AwardRow]:
    """The awards with these keys."""
    rows = map(award_to_core, await scope.fetch(_BY_KEY, rows=list(map(astuple, set(keys)))))
    return {row.award.key: row for row in rows}


async def by_id(scope: Scope, ids: Collection[int]) -> dict[int, AwardRow]:
    """The awards with these places in the listing."""
    rows = map(award_to_core, await scope.fetch(_BY_ID, rows=[(id_,) for id_ in set(ids)]))
    return {row.id: row for row in rows}


async def of_activities(scope: Scope, keys: Collection[str]) -> dict[str, list[AwardRow]]:
    """The awards that each activity completed, oldest first."""
    found: dict[str, list[AwardRow]] = {key: [] for key in keys}
    for row in await scope.fetch(_OF_ACTIVITIES, rows=[(key,) for key in found]):
        award = award_to_core(row)
        found[award.award.cause].append(award)
    return found


async def newest(
    scope: Scope,
    members: Collection[MemberId],
    badges: Collection[str] | None,
    *,
    before: int | None,
    limit: int,
) -> dict[MemberId, list[AwardRow]]:
    """Each member's newest awards below `before`, at most `limit` each: of these badges, or of all
    that are badges."""
    rows = [(member,) for member in set(members)]
    below = _BEYOND_ALL_IDS if before is None else before
    if badges is None:
        fetched = await scope.fetch(_NEWEST, below, limit, rows=rows)
    else:
        fetched = await scope.fetch(_NEWEST_OF_BADGES, below, limit, list(badges), rows=rows)
    found: dict[MemberId, list[AwardRow]] = {member: [] for member in members}
    for row in map(award_to_core, fetched):
        found[row.award.key.member].append(row)
    return found


async def counts(
    scope: Scope, members: Collection[MemberId], badges: Collection[str] | None
) -> dict[MemberId, int]:
    """How many awards each member has, of these badges, or of all that are badges."""
    rows = [(member,) for member in set(members)]
    if badges is None:
        fetched = await scope.fetch(_COUNTS, rows=rows)
    else:
        fetched = await scope.fetch(_COUNTS_OF_BADGES, list(badges), rows=rows)
    return dict.fromkeys(members, 0) | {MemberId(member): count for member, count in fetched}


async def earned(
    scope: Scope, members: Collection[MemberId], badges: Collection[str]
) -> dict[AwardKey, datetime]:
    """When the members earned what they hold of these badges."""
    rows = [(member,) for member in set(members)]
    fetched = await scope.fetch(_EARNED, list(badges), rows=rows)
    return {AwardKey(*row[:5]): from_micros(row[5]) for row in fetched}


async def holders(scope: Scope, badges: Collection[str]) -> dict[tuple[str, int], int]:
    """How many members hold each (badge, level)."""
    rows = await scope.fetch(_HOLDERS, list(badges))
    return {(badge, level): count for badge, level, count in rows}
