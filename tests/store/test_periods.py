"""Final runs: written down as of one moment, ranked as the board's ties say, and never changed."""

import asyncio

import pytest

from gamification.periods import FinalPeriod, PeriodKey
from gamification.places import Place, Ties
from gamification.ports import Board, ProgramRecord, Store
from gamification.ranking import rank_by_hand
from tests.store.builders import at, counted, new_program, of, ranked, registered
from tests.store.conftest import Waiting

WEEK = "w2017-08-21"
KEY = PeriodKey("weekly", WEEK)
NAMES = ("ann", "bob", "cat", "dan", "eve", "fay")
SCORES = {"ann": 9, "bob": 7, "cat": 7, "dan": 7, "eve": 5, "fay": -2}
FINAL = FinalPeriod(KEY, at(10), at(20), 3, 6, True)


async def with_scores(store: Store, program: ProgramRecord) -> None:
    """The week's scores; beside them, what does not stand on the board."""
    await registered(store, program, *NAMES)
    seconds = {"bob": 2, "cat": 1, "dan": 1}
    await counted(
        store,
        program,
        *(
            ranked(name, score, seconds=seconds.get(name, 0), window=WEEK)
            for name, score in SCORES.items()
        ),
        ranked("ann", 100, window="w2017-08-28"),
        ranked("bob", 100, metric="posts", window=WEEK),
    )
    async with store.writing(program) as writing:
        hidden = ranked("gus", 8, window=WEEK)
        await writing.lock_members(["gus"], at(0))
        await writing.put_tallies([type(hidden)(hidden.key, hidden.tally, False)])


async def settled(
    store: Store,
    program: ProgramRecord,
    key: PeriodKey = KEY,
    *,
    ties: Ties = Ties.COMPETITION,
    has_prizes: bool = False,
    ends: int = 10,
) -> FinalPeriod | None:
    async with store.writing(program) as writing:
        return await writing.settle(
            key,
            metric="votes",
            ties=ties,
            ends_at=at(ends),
            version=3,
            has_prizes=has_prizes,
            now=at(20),
        )


async def by_hand(store: Store, program: ProgramRecord, ties: Ties) -> list[Place]:
    board = Board("votes", (WEEK,))
    standings = await store.reading(program).standings(board, after=None, limit=100)
    return rank_by_hand(standings, ties)


@pytest.mark.parametrize("ties", Ties)
async def test_standings_are_those_of_the_board(
    store: Store, program: ProgramRecord, ties: Ties
) -> None:
    await with_scores(store, program)
    assert await settled(store, program, ties=ties) == FINAL
    reading = store.reading(program)
    places = await reading.final_places(KEY, after=0, limit=100)
    assert places == await by_hand(store, program, ties)
    assert await reading.periods([KEY, PeriodKey("weekly", "w2017-08-28")]) == {KEY: FINAL}


async def test_a_final_run_does_not_change(store: Store, program: ProgramRecord) -> None:
    await with_scores(store, program)
    await settled(store, program)
    reading = store.reading(program)
    before = await reading.final_places(KEY, after=0, limit=100)
    await counted(store, program, ranked("fay", 1000, window=WEEK))
    assert await settled(store, program, ties=Ties.DENSE, has_prizes=True) is None
    assert await reading.final_places(KEY, after=0, limit=100) == before
    assert await reading.periods([KEY]) == {KEY: FINAL}


async def test_where_nobody_stands_nothing_is_written(store: Store, program: ProgramRecord) -> None:
    await with_scores(store, program)
    empty = PeriodKey("weekly", "w2017-08-14")
    assert await settled(store, program, empty) is None
    reading = store.reading(program)
    assert await reading.periods([empty]) == {}
    assert await reading.final_windows("weekly", limit=9, before=None) == []
    await counted(store, program, ranked("ann", 1, window=empty.window))
    assert await settled(store, program, empty) == FinalPeriod(empty, at(10), at(20), 3, 1, True)


async def test_places_are_read_in_pages_and_one_by_one(
    store: Store, program: ProgramRecord
) -> None:
    await with_scores(store, program)
    await settled(store, program)
    reading = store.reading(program)
    whole = await by_hand(store, program, Ties.COMPETITION)
    assert await reading.final_places(KEY, after=2, limit=3) == whole[2:5]
    assert await reading.final_places(KEY, after=6, limit=3) == []
    async with store.writing(program) as writing:
        assert await writing.final_places(KEY, after=0, limit=1) == whole[:1]
    members = [of(name) for name in (*NAMES, "gus")]
    assert await reading.final_places_of(KEY, members) == {each.member: each for each in whole}
    assert await reading.final_places_of(KEY, []) == {}
    starts = [await reading.final_tie_starts(KEY, place) for place in whole]
    assert starts == [1, 2, 2, 2, 5, 6]


async def test_what_is_left_to_settle_is_found(store: Store, program: ProgramRecord) -> None:
    await with_scores(store, program)
    reading = store.reading(program)
    assert await reading.unsettled("weekly", "votes") == ["w2017-08-28", WEEK]
    await settled(store, program)
    assert await reading.unsettled("weekly", "votes") == ["w2017-08-28"]
    assert await reading.unsettled("other", "votes") == ["w2017-08-28", WEEK]
    assert await reading.unsettled("weekly", "none") == []


async def test_what_is_left_to_pay_is_found_until_it_is_paid(
    store: Store, program: ProgramRecord
) -> None:
    await with_scores(store, program)
    later, earlier = PeriodKey("weekly", "w2017-08-28"), KEY
    await settled(store, program, later, has_prizes=True, ends=17)
    await settled(store, program, earlier, has_prizes=True)
    reading = store.reading(program)
    unpaid = [period.key for period in await reading.unpaid_periods(limit=9)]
    assert unpaid == [earlier, later]
    assert [period.key for period in await reading.unpaid_periods(limit=1)] == [earlier]
    async with store.writing(program) as writing:
        await writing.put_paid(earlier)
    assert [period.key for period in await reading.unpaid_periods(limit=9)] == [later]
    assert (await reading.periods([earlier]))[earlier].is_paid is True


async def test_the_windows_of_final_runs_are_read_in_pages(
    store: Store, program: ProgramRecord
) -> None:
    await with_scores(store, program)
    await settled(store, program)
    await settled(store, program, PeriodKey("weekly", "w2017-08-28"))
    await settled(store, program, PeriodKey("other", WEEK))
    reading = store.reading(program)
    assert await reading.final_windows("weekly", limit=9, before=None) == ["w2017-08-28", WEEK]
    assert await reading.final_windows("weekly", limit=1, before=None) == ["w2017-08-28"]
    assert await reading.final_windows("weekly", limit=9, before="w2017-08-28") == [WEEK]


async def test_runs_of_another_program_are_its_own(store: Store, program: ProgramRecord) -> None:
    await with_scores(store, program)
    other = await new_program(store, "other")
    await settled(store, program, has_prizes=True)
    assert await settled(store, other) is None
    reading = store.reading(other)
    assert await reading.periods([KEY]) == {}
    assert await reading.final_places(KEY, after=0, limit=9) == []
    assert await reading.unpaid_periods(limit=9) == []
    assert await reading.final_windows("weekly", limit=9, before=None) == []


async def test_of_two_that_settle_at_once_one_does(
    postgresql_store: Store, until_one_waits: Waiting
) -> None:
    program = await new_program(postgresql_store, "forum")
    await with_scores(postgresql_store, program)
    async with postgresql_store.writing(program) as writing:
        first = await writing.settle(
            KEY,
            metric="votes",
            ties=Ties.COMPETITION,
            ends_at=at(10),
            version=3,
            has_prizes=False,
            now=at(20),
        )
        second = asyncio.create_task(settled(postgresql_store, program))
        await until_one_waits()
    assert (first, await second) == (FINAL, None)
    places = await postgresql_store.reading(program).final_places(KEY, after=0, limit=100)
    assert len(places) == 6
