"""Without this module no leaderboard could be read.

The order of a board is score down, reached_at up, member up: the order of the partial index
`tally_ranking`. A place in it is continued by three ranges (same score and time, same score, other
score), each of which is a range of the index; one comparison of all three columns is not, because
they do not run in the same direction.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import add

from gamification.ids import MemberId
from gamification.ports import Board, Member, Standing
from gamification.stored import Ahead
from models.mapping import MEMBER_COLUMNS, Fetched, from_micros, member_to_core, to_micros
from models.session import Scope
from models.statement import Argument, Row, Statement

_ONE_WINDOW = """
    WITH board AS {hint} (
        SELECT member_id, value AS score, reached_at FROM tally
        WHERE program_id = $1 AND metric = $2 AND window_key = $3 AND ranked
    )
"""
_SEVERAL_WINDOWS = """
    WITH board AS MATERIALIZED (
        SELECT member_id, CAST(sum(value) AS BIGINT) AS score, max(reached_at) AS reached_at
        FROM tally
        WHERE program_id = $1 AND metric = $2 AND window_key {any:3} AND ranked
        GROUP BY member_id
    )
"""
_STANDING = "member_id, score, reached_at"
_FORWARD = "score DESC, reached_at, member_id"
_BACKWARD = "score, reached_at DESC, member_id DESC"

_TOP = f"SELECT {_STANDING} FROM board ORDER BY {_FORWARD} LIMIT $4"
_AT = f"SELECT {_STANDING} FROM board ORDER BY {_FORWARD} LIMIT 1 OFFSET $4"
_COUNT = "SELECT count(*) FROM board"
_OF = """
    SELECT b.member_id, b.score, b.reached_at FROM {rows} CROSS JOIN board b
    WHERE b.member_id = r.member_id
"""
# `= TRUE` keeps SQLite from reading the whole ranking instead of the members' own rows.
_OF_ONE_WINDOW = """
    SELECT t.member_id, t.value, t.reached_at FROM {rows} CROSS JOIN tally t
    WHERE t.program_id = $1 AND t.metric = $2 AND t.window_key = $3 AND t.ranked = TRUE
        AND t.member_id = r.member_id
"""
_AHEAD = """
    SELECT
        (SELECT count(*) FROM board b WHERE b.score > r.score AND b.score <= r.score_above),
        (SELECT count(DISTINCT b.score) FROM board b
            WHERE b.score > r.score AND b.score <= r.score_above),
        (SELECT count(*) FROM board b WHERE r.is_first AND b.score = r.score),
        (SELECT count(*) FROM board b WHERE b.score = r.score AND (
            b.reached_at < r.reached_at
            OR (b.reached_at = r.reached_at AND b.member_id < r.member_id)
        ))
    FROM {rows} ORDER BY r.n
"""
_ABOVE = """
    SELECT r.score, (SELECT min(b.score) FROM board b WHERE b.score > r.score)
    FROM {rows}
"""
_AHEAD_ROWS = {
    "score": int,
    "score_above": int,
    "reached_at": int,
    "member_id": int,
    "is_first": bool,
}
_HIGHEST = 2**63 - 1


def _beyond(order: str, *, later: str, lower: str) -> str:
    """The standings beyond the place ($4 score, $5 reached_at, $6 member), in `order`."""
    ranges = (
        f"score = $4 AND reached_at = $5 AND member_id {later} $6",
        f"score = $4 AND reached_at {later} $5",
        f"score {lower} $4",
    )
    parts = (
        f"SELECT {_STANDING} FROM board WHERE {range_} ORDER BY {order} LIMIT $7"
        for range_ in ranges
    )
    union = " UNION ALL ".join(f"SELECT * FROM ({part}) AS x" for part in parts)
    return f"{union} ORDER BY {order} LIMIT $7"


def _with_members(forward: str) -> str:
    """The standings of another statement, each with its member."""
    return f"""
        SELECT s.*, {MEMBER_COLUMNS} FROM ({forward}) AS s CROSS JOIN member m
        WHERE m.program_id = $1 AND m.id = s.member_id
        ORDER BY {_FORWARD}
    """


@dataclass(frozen=True, slots=True)
class _Statements:
    """What is asked of a board, for one way of making it from tallies."""

    top: Statement
    top_with_members: Statement
    after: Statement
    after_with_members: Statement
    before: Statement
    at: Statement
    of: Statement
    ahead: Statement
    above: Statement
    count: Statement


def _statements(board: str, of: str) -> _Statements:
    top = board + _TOP
    after = board + _beyond(_FORWARD, later=">", lower="<")
    return _Statements(
        top=Statement(top),
        top_with_members=Statement(_with_members(top)),
        after=Statement(after),
        after_with_members=Statement(_with_members(after)),
        before=Statement(board + _beyond(_BACKWARD, later="<", lower=">")),
        at=Statement(board + _AT),
        of=Statement(of, rows={"member_id": int}),
        ahead=Statement(board + _AHEAD, rows=_AHEAD_ROWS),
        above=Statement(board + _ABOVE, rows={"score": int}),
        count=Statement(board + _COUNT),
    )


_FIXED = _statements(_ONE_WINDOW.format(hint="NOT MATERIALIZED"), _OF_ONE_WINDOW)
_ROLLING = _statements(_SEVERAL_WINDOWS, _SEVERAL_WINDOWS + _OF)

_WINDOWS = Statement(
    """
    WITH RECURSIVE w(window_key) AS (
        SELECT max(window_key) FROM tally
        WHERE program_id = $1 AND metric = $2 AND ranked AND window_key < $3
        UNION ALL
        SELECT (
            SELECT max(t.window_key) FROM tally t
            WHERE t.program_id = $1 AND t.metric = $2 AND t.ranked AND t.window_key < w.window_key
        )
        FROM w WHERE w.window_key IS NOT NULL
    )
    SELECT window_key FROM w WHERE window_key IS NOT NULL LIMIT $4
    """
)
_BEYOND_ALL_WINDOWS = "\U0010ffff"


async def top(scope: Scope, board: Board, *, after: Standing | None, limit: int) -> list[Standing]:
    """The next standings after a place, or from the top."""
    if after is None:
        return _standings(await scope.fetch(_of(board).top, *_tallies(board), limit))
    rows = await scope.fetch(_of(board).after, *_tallies(board), *_place(after), limit)
    return _standings(rows)


async def top_with_members(
    scope: Scope, board: Board, *, after: Standing | None, limit: int
) -> tuple[list[Standing], dict[MemberId, Member]]:
    """As `top`, and who they are: a statement less than asking for them afterwards."""
    of = _of(board)
    if after is None:
        rows = await scope.fetch(of.top_with_members, *_tallies(board), limit)
    else:
        place = _place(after)
        rows = await scope.fetch(of.after_with_members, *_tallies(board), *place, limit)
    return _standings(rows), {row[0]: member_to_core(row[3:]) for row in rows}


async def just_before(
    scope: Scope, board: Board, before: Standing, *, limit: int
) -> list[Standing]:
    """The standings just ahead of a place, best first."""
    rows = await scope.fetch(_of(board).before, *_tallies(board), *_place(before), limit)
    return _standings(rows)[::-1]


async def at(scope: Scope, board: Board, position: int) -> Standing | None:
    """Who stands at a position, counted from 1."""
    found = _standings(await scope.fetch(_of(board).at, *_tallies(board), position - 1))
    return found[0] if found else None


async def of_members(
    scope: Scope, board: Board, members: Collection[MemberId]
) -> dict[MemberId, Standing]:
    """The members' own standings."""
    rows = [(member,) for member in set(members)]
    found = _standings(await scope.fetch(_of(board).of, *_tallies(board), rows=rows))
    return {standing.member: standing for standing in found}


async def ahead(scope: Scope, board: Board, standings: Sequence[Standing]) -> list[Ahead]:
    """Counted from one standing to the next, so that no part of the board is read twice."""
    ordered = sorted(set(standings), key=_place_in_order)
    scores = [standing.score for standing in ordered]
    rows: list[Row] = [
        (score, above, to_micros(standing.reached_at), standing.member, score != above)
        for standing, score, above in zip(ordered, scores, [_HIGHEST, *scores], strict=False)
    ]
    counted = await scope.fetch(_of(board).ahead, *_tallies(board), rows=rows)
    higher = accumulate((row[0] for row in counted), add)
    higher_scores = accumulate((row[1] for row in counted), add)
    found: dict[Standing, Ahead] = {}
    tied = 0
    for standing, above, scores_above, row in zip(
        ordered, higher, higher_scores, counted, strict=True
    ):
        tied = row[2] or tied  # counted only for the first of each score
        found[standing] = Ahead(above + row[3], above, scores_above, max(tied - 1, 0))
    return [found[standing] for standing in standings]


async def scores_above(scope: Scope, board: Board, scores: Collection[int]) -> dict[int, int]:
    """The lowest of the higher scores, where there are any."""
    rows = [(score,) for score in set(scores)]
    found = await scope.fetch(_of(board).above, *_tallies(board), rows=rows)
    return {score: above for score, above in found if above is not None}


async def participant_count(scope: Scope, board: Board) -> int:
    """How many stand on a board."""
    return (await scope.fetch(_of(board).count, *_tallies(board)))[0][0]


async def windows(scope: Scope, metric: str, *, limit: int, before: str | None) -> list[str]:
    """Jumps from window to window in the index, however many tallies each has."""
    below = _BEYOND_ALL_WINDOWS if before is None else before
    return [row[0] for row in await scope.fetch(_WINDOWS, metric, below, limit)]


def _of(board: Board) -> _Statements:
    return _FIXED if len(board.windows) == 1 else _ROLLING


def _tallies(board: Board) -> tuple[Argument, ...]:
    """The arguments $2 and $3: which tallies the board is made of."""
    if len(board.windows) == 1:
        return (board.metric, board.windows[0])
    return (board.metric, board.windows)


def _place(standing: Standing) -> tuple[int, int, int]:
    return (standing.score, to_micros(standing.reached_at), standing.member)


def _place_in_order(standing: Standing) -> tuple[int, int, int]:
    return (-standing.score, to_micros(standing.reached_at), standing.member)


def _standings(rows: Sequence[Fetched]) -> list[Standing]:
    """Rows that begin with _STANDING."""
    return [Standing(row[0], row[1], from_micros(row[2])) for row in rows]
