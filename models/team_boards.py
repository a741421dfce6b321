"""Without this module nobody could see how the teams of a challenge stand to each other."""

from collections.abc import Collection

from gamification.ids import MemberId
from gamification.ports import Standing
from gamification.team_boards import TeamBoard, TeamPlace, TeamStanding
from gamification.teams import MEMBERS_MAX, MEMBERS_METRIC, windows_of_teams
from models.mapping import from_micros
from models.session import Scope
from models.statement import Statement

_IN_EACH = Statement(
    """
    SELECT s.window_key, s.member_id, s.value, s.reached_at FROM (
        SELECT t.window_key, t.member_id, t.value, t.reached_at,
            row_number() OVER (
                PARTITION BY t.window_key ORDER BY t.value DESC, t.reached_at, t.member_id
            ) AS n
        FROM {rows} CROSS JOIN tally t
        WHERE t.program_id = $1 AND t.metric = $2 AND t.window_key = r.window_key AND t.ranked
    ) AS s
    WHERE s.n <= $3 ORDER BY s.window_key, s.n
    """,
    rows={"window_key": str},
)

# The numbers of all teams in a run are those of one stretch of the ranking's index.
_SHARES = """
    FROM tally
    WHERE program_id = $1 AND metric = $2 AND window_key >= $3 AND window_key < $4 AND ranked
"""
_ADDED_UP = f"""
    SELECT window_key, CAST(sum(value) AS BIGINT) AS score
    FROM (
        SELECT window_key, value,
            row_number() OVER (PARTITION BY window_key ORDER BY value DESC) AS n
        {_SHARES}
    ) AS share
    WHERE n <= $5 GROUP BY window_key
"""
# As `combining.combined` has it; a quotient below zero is rounded down, as Python does it.
_MEANS = f"""
    SELECT window_key, CASE size WHEN 0 THEN 0 ELSE (score - (score % size + size) % size) / size
        END AS score
    FROM (
        SELECT w.window_key, count(m.member_id) AS size,
            CAST(coalesce(sum(t.value), 0) AS BIGINT) AS score
        FROM (SELECT DISTINCT window_key {_SHARES}) AS w
        LEFT JOIN (
            SELECT window_key AS team, member_id, row_number() OVER (
                PARTITION BY window_key ORDER BY reached_at, member_id
            ) AS n
            FROM tally
            WHERE program_id = $1 AND metric = '{MEMBERS_METRIC}' AND ranked AND value > 0
        ) AS m ON m.team = substr(w.window_key, $6) AND m.n <= $5
        LEFT JOIN tally t ON t.program_id = $1 AND t.metric = $2
            AND t.window_key = w.window_key AND t.member_id = m.member_id AND t.ranked = TRUE
        GROUP BY w.window_key
    ) AS summed
"""


def _page(numbers: str) -> Statement:
    return Statement(
        f"""
        WITH team AS ({numbers}), numbered AS (
            SELECT window_key, score, rank() OVER (ORDER BY score DESC) AS place,
                row_number() OVER (ORDER BY score DESC, window_key) AS n
            FROM team
        )
        SELECT substr(window_key, $6), place, n, score, (
            SELECT count(*) FROM tally m
            WHERE m.program_id = $1 AND m.metric = '{MEMBERS_METRIC}'
                AND m.window_key = substr(numbered.window_key, $6) AND m.ranked AND m.value > 0
        )
        FROM numbered WHERE score < $7 OR (score = $7 AND window_key > $8)
        ORDER BY n LIMIT $9
        """
    )


_SUMS_PAGE, _MEANS_PAGE = _page(_ADDED_UP), _page(_MEANS)
_HIGHEST = 2**63 - 1
_ALL = 2**62
"""More than there are members."""


async def in_each(
    scope: Scope, metric: str, windows: Collection[str], *, limit: int
) -> dict[str, list[Standing]]:
    """The first standings in each window."""
    found: dict[str, list[Standing]] = {window: [] for window in windows}
    rows = await scope.fetch(_IN_EACH, metric, limit, rows=[(window,) for window in found])
    for window, member, value, reached_at in rows:
        found[window].append(Standing(MemberId(member), value, from_micros(reached_at)))
    return found


async def page(
    scope: Scope, board: TeamBoard, *, after: TeamPlace | None, limit: int
) -> list[TeamStanding]:
    """How the teams of a run stand, from a place on."""
    first, beyond = windows_of_teams(board.run)
    score, window = (_HIGHEST, "") if after is None else (after.current, first + after.team)
    statement = _MEANS_PAGE if board.is_mean else _SUMS_PAGE
    considered = MEMBERS_MAX if board.is_mean else board.best or _ALL
    arguments = (board.metric, first, beyond, considered, len(first) + 1, score, window, limit)
    return [TeamStanding(*row) for row in await scope.fetch(statement, *arguments)]
