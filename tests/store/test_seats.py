"""Seats in leagues: given once in a run, remembered with the level they lead to."""

import asyncio

from gamification.ids import MemberId
from gamification.ports import ProgramRecord, Store
from gamification.seats import Cohort, LeagueRun, Newcomer, Seat
from tests.store.builders import counted, new_program, of, ranked, registered
from tests.store.conftest import Waiting

FIRST, SECOND = LeagueRun("weekly", "w2017-08-21"), LeagueRun("weekly", "w2017-08-28")
NAMES = ("ann", "bob", "cat", "dan")
BRONZE, BRONZE_2, SILVER = Cohort(1, 1), Cohort(1, 2), Cohort(2, 1)


async def with_scores(store: Store, program: ProgramRecord) -> None:
    """Everybody has a score in the first run, cat and ann in the second."""
    await registered(store, program, *NAMES)
    for window, names in (
        (FIRST.window, ("dan", "cat", "bob", "ann")),
        (SECOND.window, ("cat", "ann")),
    ):
        puts = [
            ranked(name, 5, seconds=seconds, window=window) for seconds, name in enumerate(names)
        ]
        await counted(store, program, *puts)
    await counted(store, program, ranked("ann", 1, metric="posts", window=FIRST.window))


async def seated(store: Store, program: ProgramRecord, run: LeagueRun, **cohorts: Cohort) -> None:
    async with store.writing(program) as writing:
        assert await writing.lock_league_run(run) is True
        await writing.add_seats([Seat(run, of(name), cohort) for name, cohort in cohorts.items()])


async def closed(
    store: Store, program: ProgramRecord, run: LeagueRun, levels: dict[MemberId, int]
) -> None:
    async with store.writing(program) as writing:
        await writing.lock_league_run(run)
        await writing.put_next_levels(run, levels)
        await writing.close_league_run(run)


async def test_those_with_a_score_and_no_seat_are_found_in_their_order(
    store: Store, program: ProgramRecord
) -> None:
    await with_scores(store, program)
    reading = store.reading(program)
    names = ("dan", "cat", "bob", "ann")
    newcomers = [Newcomer(of(name), None) for name in names]
    assert await reading.newcomers(FIRST, metric="votes", limit=9) == newcomers
    assert await reading.newcomers(FIRST, metric="votes", limit=2) == newcomers[:2]
    await seated(store, program, FIRST, dan=BRONZE, cat=BRONZE)
    assert await reading.newcomers(FIRST, metric="votes", limit=9) == newcomers[2:]
    async with store.writing(program) as writing:
        assert await writing.newcomers(FIRST, metric="votes", limit=9) == newcomers[2:]
    other = FIRST._replace(league="other")
    assert await reading.newcomers(other, metric="votes", limit=9) == newcomers


async def test_cohorts_know_who_plays_in_them(store: Store, program: ProgramRecord) -> None:
    await with_scores(store, program)
    await seated(store, program, FIRST, dan=BRONZE, cat=BRONZE, bob=BRONZE_2, ann=SILVER)
    reading = store.reading(program)
    sizes = {BRONZE: 2, BRONZE_2: 1, SILVER: 1}
    assert await reading.cohort_sizes(FIRST) == sizes
    assert await reading.cohort_sizes(SECOND) == {}
    bronze = sorted([of("dan"), of("cat")])
    assert await reading.cohort_members(FIRST, [BRONZE, SILVER, Cohort(3, 1)]) == {
        BRONZE: bronze,
        SILVER: [of("ann")],
        Cohort(3, 1): [],
    }
    assert await reading.cohort_members(FIRST, []) == {}
    assert await reading.cohort_members(SECOND, [BRONZE]) == {BRONZE: []}
    async with store.writing(program) as writing:
        assert await writing.cohort_sizes(FIRST) == sizes
        assert await writing.cohort_members(FIRST, [SILVER]) == {SILVER: [of("ann")]}
    found = await reading.seats([FIRST, SECOND], [of("ann"), of("bob")])
    assert found == {
        (FIRST, of("ann")): Seat(FIRST, of("ann"), SILVER),
        (FIRST, of("bob")): Seat(FIRST, of("bob"), BRONZE_2),
    }


async def test_levels_are_taken_from_one_run_to_the_next(
    store: Store, program: ProgramRecord
) -> None:
    await with_scores(store, program)
    members = [of(name) for name in NAMES]
    await seated(store, program, FIRST, cat=BRONZE, bob=SILVER)
    reading = store.reading(program)
    levels = {("weekly", of("cat")): 1, ("weekly", of("bob")): 2}
    assert await reading.league_levels(["weekly", "other"], members) == levels
    await closed(store, program, FIRST, {of("cat"): 2, of("bob"): 1})
    levels = {("weekly", of("cat")): 2, ("weekly", of("bob")): 1}
    assert await reading.league_levels(["weekly"], members) == levels
    assert await reading.newcomers(SECOND, metric="votes", limit=9) == [
        Newcomer(of("cat"), 2),
        Newcomer(of("ann"), None),
    ]
    await seated(store, program, SECOND, cat=SILVER)
    await closed(store, program, SECOND, {of("cat"): 3})
    assert await reading.league_levels(["weekly"], [of("cat")]) == {("weekly", of("cat")): 3}
    (seat,) = (await reading.seats([FIRST], [of("cat")])).values()
    assert seat == Seat(FIRST, of("cat"), BRONZE, 2)


async def test_a_closed_run_is_no_longer_open(store: Store, program: ProgramRecord) -> None:
    await with_scores(store, program)
    reading = store.reading(program)
    windows = [FIRST.window, SECOND.window]
    assert await reading.open_league_windows("weekly", "votes") == windows
    await closed(store, program, FIRST, {})
    assert await reading.open_league_windows("weekly", "votes") == windows[1:]
    assert await reading.open_league_windows("other", "votes") == windows
    async with store.writing(program) as writing:
        assert await writing.lock_league_run(FIRST) is False
        assert await writing.lock_league_run(SECOND) is True


async def test_seats_of_another_program_are_its_own(store: Store, program: ProgramRecord) -> None:
    await with_scores(store, program)
    other = await new_program(store, "other")
    await seated(store, program, FIRST, ann=BRONZE)
    reading = store.reading(other)
    assert await reading.seats([FIRST], [of("ann")]) == {}
    assert await reading.cohort_sizes(FIRST) == {}
    assert await reading.league_levels(["weekly"], [of("ann")]) == {}
    assert await reading.open_league_windows("weekly", "votes") == []


async def test_two_that_give_seats_take_turns(
    postgresql_store: Store, until_one_waits: Waiting
) -> None:
    program = await new_program(postgresql_store, "forum")
    await with_scores(postgresql_store, program)

    async def newcomers() -> list[MemberId]:
        async with postgresql_store.writing(program) as writing:
            await writing.lock_league_run(FIRST)
            found = await writing.newcomers(FIRST, metric="votes", limit=9)
            return [each.member for each in found]

    async with postgresql_store.writing(program) as writing:
        await writing.lock_league_run(FIRST)
        second = asyncio.create_task(newcomers())
        await until_one_waits()
        await writing.add_seats([Seat(FIRST, of(name), BRONZE) for name in ("dan", "cat")])
    assert await second == [of("bob"), of("ann")]
