"""Without this module leagues would have no cohorts, and no one would remember their level."""

from collections.abc import Collection, Mapping, Sequence

from gamification.ids import MemberId
from gamification.seats import Cohort, LeagueRun, Newcomer, Seat
from models.session import Scope
from models.statement import Row, Statement

# Inserting or touching the row locks it.
_LOCK = Statement(
    """
    INSERT INTO league_run AS l (program_id, league, window_key, is_closed)
    VALUES ($1, $2, $3, FALSE)
    ON CONFLICT (program_id, league, window_key) DO UPDATE SET is_closed = l.is_closed
    RETURNING is_closed
    """
)
_NEWCOMERS = Statement(
    """
    SELECT t.member_id, (
        SELECT coalesce(s.next_level, s.level) FROM league_seat s
        WHERE s.program_id = $1 AND s.league = $2 AND s.member_id = t.member_id
        ORDER BY s.id DESC LIMIT 1
    )
    FROM tally t
    WHERE t.program_id = $1 AND t.metric = $4 AND t.window_key = $3 AND t.ranked AND NOT EXISTS (
        SELECT 1 FROM league_seat s
        WHERE s.program_id = $1 AND s.league = $2 AND s.window_key = $3
            AND s.member_id = t.member_id
    )
    ORDER BY t.reached_at, t.member_id LIMIT $5
    """
)
_SIZES = Statement(
    """
    SELECT level, cohort, count(*) FROM league_seat
    WHERE program_id = $1 AND league = $2 AND window_key = $3
    GROUP BY level, cohort ORDER BY level, cohort
    """
)
_MEMBERS = Statement(
    """
    SELECT s.level, s.cohort, s.member_id FROM {rows} CROSS JOIN league_seat s
    WHERE s.program_id = $1 AND s.league = $2 AND s.window_key = $3
        AND s.level = r.level AND s.cohort = r.cohort
    ORDER BY s.member_id
    """,
    rows={"level": int, "cohort": int},
)
_ADD = Statement(
    """
    INSERT INTO league_seat (program_id, league, window_key, member_id, level, cohort)
    SELECT $1, $2, $3, r.member_id, r.level, r.cohort FROM {rows} WHERE true ORDER BY r.n
    """,
    rows={"member_id": int, "level": int, "cohort": int},
)
_NEXT = Statement(
    """
    UPDATE league_seat SET next_level = r.next_level FROM {rows}
    WHERE league_seat.program_id = $1 AND league_seat.league = $2
        AND league_seat.window_key = $3 AND league_seat.member_id = r.member_id
    """,
    rows={"member_id": int, "next_level": int},
)
_CLOSE = Statement(
    """
    UPDATE league_run SET is_closed = TRUE
    WHERE program_id = $1 AND league = $2 AND window_key = $3
    """
)
_OPEN = Statement(
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
        SELECT 1 FROM league_run l
        WHERE l.program_id = $1 AND l.league = $3 AND l.window_key = w.window_key AND l.is_closed
    )
    ORDER BY w.window_key
    """
)
_SEATS = Statement(
    """
    SELECT s.league, s.window_key, s.member_id, s.level, s.cohort, s.next_level
    FROM {rows} CROSS JOIN league_seat s
    WHERE s.program_id = $1 AND s.league = r.league AND s.window_key = r.window_key
        AND s.member_id = r.member_id
    """,
    rows={"league": str, "window_key": str, "member_id": int},
)
_LEVELS = Statement(
    """
    SELECT r.league, r.member_id, (
        SELECT coalesce(s.next_level, s.level) FROM league_seat s
        WHERE s.program_id = $1 AND s.league = r.league AND s.member_id = r.member_id
        ORDER BY s.id DESC LIMIT 1
    )
    FROM {rows}
    """,
    rows={"league": str, "member_id": int},
)


async def lock(scope: Scope, run: LeagueRun) -> bool:
    """Be alone with the run; whether it is open."""
    return not (await scope.fetch(_LOCK, *run))[0][0]


async def newcomers(scope: Scope, run: LeagueRun, *, metric: str, limit: int) -> list[Newcomer]:
    """Members with a score and without a seat."""
    return [Newcomer(*row) for row in await scope.fetch(_NEWCOMERS, *run, metric, limit)]


async def sizes(scope: Scope, run: LeagueRun) -> dict[Cohort, int]:
    """How many seats each cohort has."""
    return {Cohort(level, number): size for level, number, size in await scope.fetch(_SIZES, *run)}


async def members(
    scope: Scope, run: LeagueRun, cohorts: Collection[Cohort]
) -> dict[Cohort, list[MemberId]]:
    """Who plays in each of these cohorts."""
    found: dict[Cohort, list[MemberId]] = {cohort: [] for cohort in cohorts}
    for level, number, member in await scope.fetch(_MEMBERS, *run, rows=list(found)):
        found[Cohort(level, number)].append(MemberId(member))
    return found


async def add(scope: Scope, seats: Sequence[Seat]) -> None:
    """Give seats, all in one run."""
    if seats:
        rows: list[Row] = [(seat.member, *seat.cohort) for seat in seats]
        await scope.fetch(_ADD, *seats[0].run, rows=rows)


async def put_next(scope: Scope, run: LeagueRun, levels: Mapping[MemberId, int]) -> None:
    """The levels that members take from a run."""
    await scope.fetch(_NEXT, *run, rows=list(levels.items()))


async def close(scope: Scope, run: LeagueRun) -> None:
    """The run is over."""
    await scope.fetch(_CLOSE, *run)


async def open_windows(scope: Scope, league: str, metric: str) -> list[str]:
    """Windows with scores that are not closed."""
    return [row[0] for row in await scope.fetch(_OPEN, metric, league)]


async def of_members(
    scope: Scope, runs: Collection[LeagueRun], members: Collection[MemberId]
) -> dict[tuple[LeagueRun, MemberId], Seat]:
    """The members' seats in these runs."""
    rows: list[Row] = [(*run, member) for run in set(runs) for member in set(members)]
    found: dict[tuple[LeagueRun, MemberId], Seat] = {}
    for league, window, member, level, cohort, next_level in await scope.fetch(_SEATS, rows=rows):
        run = LeagueRun(league, window)
        found[run, member] = Seat(run, member, Cohort(level, cohort), next_level)
    return found


async def levels(
    scope: Scope, leagues: Collection[str], members: Collection[MemberId]
) -> dict[tuple[str, MemberId], int]:
    """The level each member has come to."""
    rows: list[Row] = [(league, member) for league in set(leagues) for member in set(members)]
    found = await scope.fetch(_LEVELS, rows=rows)
    return {(league, member): level for league, member, level in found if level is not None}
