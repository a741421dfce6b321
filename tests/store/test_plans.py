"""How the databases run the statements that must stay fast when a board or a table is large."""

import copy
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from gamification.facts import Order
from gamification.ports import Board
from gamification.seats import Cohort, LeagueRun, Seat
from models import announcing, boards, facts, numbers, seats
from models.database import open_database
from models.driver import connected
from models.session import Scope, Session
from models.statement import Argument, Row, Statement
from models.store import SqlStore
from tests.store.builders import (
    activity,
    at,
    award_key,
    counted,
    new_program,
    notice,
    of,
    ranked,
    recorded,
    registered,
    standing,
    tally_key,
)

BOARD = Board("votes", ("",))
LEAGUE_RUN = LeagueRun("weekly", "2018")
PLACE = standing("member 5", 150, seconds=3)


class Explaining:
    """Asks how a statement would be run, instead of running it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.plan = ""

    async def fetch(
        self, statement: Statement, *args: Argument, rows: Sequence[Row] = ()
    ) -> Sequence[Sequence[Any]]:
        explained = copy.copy(statement)
        explained.postgresql = f"EXPLAIN {statement.postgresql}"
        explained.sqlite = f"EXPLAIN QUERY PLAN {statement.sqlite}"
        lines = await self._session.fetch(explained, *args, rows=rows)
        self.plan = "\n".join(str(line[-1]) for line in lines)
        return ()


@pytest.fixture
async def explained(database_url: str) -> AsyncIterator[tuple[Explaining, Scope]]:
    """A board of 2,000 members in three windows; of each a fact, a notice, and a seat."""
    names = [f"member {number}" for number in range(2_000)]
    async with open_database(database_url) as database:
        store = SqlStore(database)
        program = await new_program(store, "forum")
        await registered(store, program, *names)
        for window in ("", "2017", "2018"):
            puts = [
                ranked(name, number % 300, seconds=number % 7, window=window)
                for number, name in enumerate(names)
            ]
            await counted(store, program, *puts)
        await recorded(
            store,
            program,
            *(activity(f"k{n}", name, seconds=n) for n, name in enumerate(names)),
        )
        async with store.writing(program) as writing:
            await writing.add_notices([notice(award_key(name)) for name in names])
            await writing.lock_league_run(LEAGUE_RUN)
            await writing.add_seats(
                [Seat(LEAGUE_RUN, of(name), Cohort(1, n // 20)) for n, name in enumerate(names)]
            )
        if database.is_shared:
            async with connected(database_url) as connection:
                await connection.execute("ANALYZE")
        explaining = Explaining(database.reader)
        yield explaining, Scope(explaining, program.id)


async def test_the_top_is_read_from_the_index_in_its_order(
    explained: tuple[Explaining, Scope],
) -> None:
    explaining, scope = explained
    await boards.top(scope, BOARD, after=None, limit=100)
    assert "tally_ranking" in explaining.plan
    assert "Seq Scan" not in explaining.plan
    assert "Sort" not in explaining.plan
    assert "TEMP B-TREE" not in explaining.plan


async def test_pages_go_on_from_a_place_in_the_index(
    explained: tuple[Explaining, Scope],
) -> None:
    explaining, scope = explained
    for reading in (
        boards.top(scope, BOARD, after=PLACE, limit=20),
        boards.just_before(scope, BOARD, PLACE, limit=20),
    ):
        await reading
        assert explaining.plan.count("tally_ranking") == 3
        assert "Seq Scan" not in explaining.plan
        assert "SCAN tally" not in explaining.plan


async def test_members_are_looked_up_for_the_standings_of_the_page_only(
    explained: tuple[Explaining, Scope],
) -> None:
    explaining, scope = explained
    for after, ranges in ((None, 1), (PLACE, 3)):
        await boards.top_with_members(scope, BOARD, after=after, limit=20)
        assert explaining.plan.count("tally_ranking") == ranges
        assert "Seq Scan on tally" not in explaining.plan
        assert "SCAN tally" not in explaining.plan
        assert "SCAN m" not in explaining.plan


async def test_windows_are_jumped_to(explained: tuple[Explaining, Scope]) -> None:
    explaining, scope = explained
    await boards.windows(scope, "votes", limit=9, before=None)
    assert explaining.plan.count("tally_ranking") >= 1
    assert "Seq Scan" not in explaining.plan
    assert "SCAN tally" not in explaining.plan


async def test_single_rows_are_found_by_their_keys(explained: tuple[Explaining, Scope]) -> None:
    explaining, scope = explained
    members = [of("member 1"), of("member 2")]
    for reading, index in (
        (boards.of_members(scope, BOARD, members), "tally"),
        (numbers.tallies(scope, [tally_key("member 1")]), "tally"),
        (facts.by_key(scope, ["k1", "k2"]), "activity"),
        (facts.page(scope, members[0], before=Order(at(9), "k"), limit=20), "activity"),
    ):
        await reading
        names = (f"sqlite_autoindex_{index}_1", f"uid_{index}", "activity_in_order")
        assert any(name in explaining.plan for name in names), explaining.plan
        assert f"Seq Scan on {index}" not in explaining.plan
        assert f"SCAN {index}" not in explaining.plan
        assert "tally_ranking" not in explaining.plan


async def test_notices_are_read_on_from_their_place(explained: tuple[Explaining, Scope]) -> None:
    explaining, scope = explained
    for member in (None, of("member 1")):
        await announcing.after(scope, 7, member=member, public_only=member is None, limit=1_001)
        assert "Seq Scan" not in explaining.plan
        assert "Sort" not in explaining.plan
        assert "SCAN o" not in explaining.plan
        assert "TEMP B-TREE" not in explaining.plan
    assert "notice_of_member" in explaining.plan


async def test_who_plays_in_a_cohort_is_found_without_reading_the_run(
    explained: tuple[Explaining, Scope],
) -> None:
    explaining, scope = explained
    await seats.members(scope, LEAGUE_RUN, [Cohort(1, 7), Cohort(1, 8)])
    assert "league_seat_of_cohort" in explaining.plan
    assert "Seq Scan" not in explaining.plan
    assert "SCAN s" not in explaining.plan
