"""Without this module a leaderboard's run would never be over: its standings, written down."""

from collections.abc import Collection
from datetime import datetime

from gamification.ids import MemberId
from gamification.periods import FinalPeriod, PeriodKey
from gamification.places import Place, Ties
from models.mapping import (
    PERIOD_COLUMNS,
    PLACE_COLUMNS,
    period_to_core,
    place_to_core,
    to_micros,
)
from models.session import Scope
from models.statement import Statement

_BEGIN = Statement(
    """
    INSERT INTO period
        (program_id, board, window_key, ends_at, settled_at, version, participants, is_paid)
    VALUES ($1, $2, $3, $4, $5, $6, 0, $7) ON CONFLICT DO NOTHING RETURNING id
    """
)
# One statement sees one moment, however many take part: a board that moves meanwhile is not torn.
# The databases' three functions are the three ways to rank: the contract compares them with
# `ranking.rank_by_hand`, and so does the auditor.
_STANDINGS = Statement(
    """
    INSERT INTO period_standing
        (program_id, period_id, position, rank, tied_with, member_id, score, reached_at)
    SELECT $1, CAST($4 AS BIGINT),
        row_number() OVER (ORDER BY value DESC, reached_at, member_id),
        CASE $5
            WHEN 'competition' THEN rank() OVER (ORDER BY value DESC)
            WHEN 'dense' THEN dense_rank() OVER (ORDER BY value DESC)
            WHEN 'ordinal' THEN row_number() OVER (ORDER BY value DESC, reached_at, member_id)
        END,
        count(*) OVER (PARTITION BY value) - 1,
        member_id, value, reached_at
    FROM tally WHERE program_id = $1 AND metric = $2 AND window_key = $3 AND ranked
    """
)
_COUNTED = Statement(
    """
    UPDATE period SET participants = (
        SELECT count(*) FROM period_standing s WHERE s.period_id = $2
    )
    WHERE program_id = $1 AND id = $2
    RETURNING participants
    """
)
_NOBODY = Statement("DELETE FROM period WHERE program_id = $1 AND id = $2")
_PAID = Statement(
    "UPDATE period SET is_paid = TRUE WHERE program_id = $1 AND board = $2 AND window_key = $3"
)
_BY_KEY = Statement(
    f"""
    SELECT {PERIOD_COLUMNS} FROM {{rows}} CROSS JOIN period p
    WHERE p.program_id = $1 AND p.board = r.board AND p.window_key = r.window_key
    """,
    rows={"board": str, "window_key": str},
)
_UNPAID = Statement(
    f"""
    SELECT {PERIOD_COLUMNS} FROM period p WHERE p.program_id = $1 AND NOT p.is_paid
    ORDER BY p.ends_at, p.id LIMIT $2
    """
)
_WINDOWS = Statement(
    """
    SELECT window_key FROM period WHERE program_id = $1 AND board = $2 AND window_key < $3
    ORDER BY window_key DESC LIMIT $4
    """
)
_BEYOND_ALL_WINDOWS = "\U0010ffff"
_UNSETTLED = Statement(
    """
    WITH RECURSIVE w(window_key) AS (
        SELECT max(window_key) FROM tally WHERE program_id = $1 AND metric = $2 AND ranked
        UNION ALL
        SELECT (
            SELECT max(t.window_key) FROM tally t
            WHERE t.program_id = $1 AND t.metric = $2 AND t.ranked AND t.window_key < w.window_key
        )
        FROM w WHERE w.window_key IS NOT NULL
    )
    SELECT w.window_key FROM w WHERE w.window_key IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM period p
        WHERE p.program_id = $1 AND p.board = $3 AND p.window_key = w.window_key
    )
    ORDER BY w.window_key DESC
    """
)
_OF_PERIOD = """
    FROM period p CROSS JOIN period_standing s
    WHERE p.program_id = $1 AND p.board = $2 AND p.window_key = $3 AND s.period_id = p.id
"""
_PLACES = Statement(
    f"SELECT {PLACE_COLUMNS} {_OF_PERIOD} AND s.position > $4 ORDER BY s.position LIMIT $5"
)
_PLACES_OF = Statement(
    f"""
    SELECT {PLACE_COLUMNS} FROM {{rows}} CROSS JOIN period p CROSS JOIN period_standing s
    WHERE p.program_id = $1 AND p.board = $2 AND p.window_key = $3 AND s.period_id = p.id
        AND s.member_id = r.member_id
    """,
    rows={"member_id": int},
)
_TIE_STARTS = Statement(
    f"SELECT min(s.position) {_OF_PERIOD} AND s.position BETWEEN $4 AND $5 AND s.score = $6"
)


async def settle(
    scope: Scope,
    key: PeriodKey,
    *,
    metric: str,
    ties: Ties,
    ends_at: datetime,
    version: int,
    has_prizes: bool,
    now: datetime,
) -> FinalPeriod | None:
    """Write the standings of a window down; None if they are already, or if there are none."""
    times = to_micros(ends_at), to_micros(now)
    begun = await scope.fetch(_BEGIN, *key, *times, version, not has_prizes)
    if not begun:
        return None
    id_ = begun[0][0]
    await scope.fetch(_STANDINGS, metric, key.window, id_, ties.value)
    participants: int = (await scope.fetch(_COUNTED, id_))[0][0]
    if not participants:
        await scope.fetch(_NOBODY, id_)
        return None
    return FinalPeriod(key, ends_at, now, version, participants, not has_prizes)


async def put_paid(scope: Scope, key: PeriodKey) -> None:
    """Nothing is left to be given."""
    await scope.fetch(_PAID, *key)


async def by_key(scope: Scope, keys: Collection[PeriodKey]) -> dict[PeriodKey, FinalPeriod]:
    """Those of the runs that are final."""
    found = map(period_to_core, await scope.fetch(_BY_KEY, rows=list(set(keys))))
    return {period.key: period for period in found}


async def unsettled(scope: Scope, board: str, metric: str) -> list[str]:
    """The windows that have scores and are not final: jumps from window to window in the index."""
    return [row[0] for row in await scope.fetch(_UNSETTLED, metric, board)]


async def unpaid(scope: Scope, *, limit: int) -> list[FinalPeriod]:
    """Final runs with prizes left to give, those that ended first at the front."""
    return [period_to_core(row) for row in await scope.fetch(_UNPAID, limit)]


async def windows(scope: Scope, board: str, *, limit: int, before: str | None) -> list[str]:
    """The windows of final runs, the latest key first."""
    below = _BEYOND_ALL_WINDOWS if before is None else before
    return [row[0] for row in await scope.fetch(_WINDOWS, board, below, limit)]


async def places(scope: Scope, key: PeriodKey, *, after: int, limit: int) -> list[Place]:
    """The places that follow a position."""
    return [place_to_core(row) for row in await scope.fetch(_PLACES, *key, after, limit)]


async def places_of(
    scope: Scope, key: PeriodKey, members: Collection[MemberId]
) -> dict[MemberId, Place]:
    """The members' own places."""
    rows = [(member,) for member in set(members)]
    found = [place_to_core(row) for row in await scope.fetch(_PLACES_OF, *key, rows=rows)]
    return {place.member: place for place in found}


async def tie_starts(scope: Scope, key: PeriodKey, place: Place) -> int:
    """The first position with the place's score: as many are tied, so far ahead it can be."""
    first = place.position - place.tied_with
    return (await scope.fetch(_TIE_STARTS, *key, first, place.position, place.score))[0][0]
