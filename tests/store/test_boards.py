"""Boards: one order for the list, the places before and after, and the counts."""

from itertools import groupby

import pytest
from msgspec.structs import replace

from gamification.ports import Board, ProgramRecord, Ranked, Standing, Store
from gamification.state import Tally
from gamification.stored import Ahead
from tests.store.builders import at, counted, of, ranked, registered, standing, tally, tally_key

ALL_TIME = Board("votes", ("",))
ROLLING = Board("votes", ("2017-08-21", "2017-08-22", "2017-08-23"))

_TIED = sorted(["cat", "dan", "eve"], key=of)
ORDER = [
    standing("ann", 50, seconds=9),
    standing("bob", 30, seconds=1),
    *(standing(name, 30, seconds=2) for name in _TIED),
    standing("fay", 30, seconds=3),
    standing("gus", 0),
    standing("hal", -5),
]


@pytest.fixture(params=[ALL_TIME, ROLLING], ids=["one window", "rolling"])
async def board(request: pytest.FixtureRequest, store: Store, program: ProgramRecord) -> Board:
    names = ["ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal"]
    by_member = {one.member: one for one in ORDER}
    for name in names:
        one = by_member[of(name)]
        if request.param is ALL_TIME:
            puts = [Ranked(tally_key(name), tally_of(one, one.score), True)]
        else:
            puts = [
                Ranked(
                    tally_key(name, window="2017-08-21"), tally(one.score - 3, seconds=-9), True
                ),
                Ranked(tally_key(name, window="2017-08-23"), tally_of(one, 3), True),
                Ranked(tally_key(name, window="2017-08-24"), tally(1_000), True),
            ]
        hidden = Ranked(tally_key(f"hidden {name}", window=puts[0].key.window), tally(40), False)
        other = Ranked(tally_key(name, "posts", puts[0].key.window), tally(40), True)
        await counted(store, program, *puts, hidden, other)
    return request.param


def tally_of(one: Standing, value: int) -> Tally:
    return replace(tally(value), reached_at=one.reached_at)


async def test_the_list_is_read_in_pages(
    store: Store, program: ProgramRecord, board: Board
) -> None:
    reading = store.reading(program)
    assert await reading.standings(board, after=None, limit=100) == ORDER
    for limit in (1, 2, 3):
        found: list[Standing] = []
        while page := await reading.standings(
            board, after=found[-1] if found else None, limit=limit
        ):
            assert len(page) <= limit
            found += page
        assert found == ORDER
    assert await reading.participant_count(board) == 8


async def test_the_list_is_read_with_its_members(
    store: Store, program: ProgramRecord, board: Board
) -> None:
    await registered(store, program, "ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal")
    reading = store.reading(program)
    for after in (None, *ORDER):
        found, members = await reading.standings_with_members(board, after=after, limit=3)
        assert found == await reading.standings(board, after=after, limit=3)
        assert members == await reading.members([one.member for one in found])


async def test_a_page_may_begin_at_a_place_that_is_free(
    store: Store, program: ProgramRecord, board: Board
) -> None:
    reading = store.reading(program)
    between = standing("bob", 30, seconds=2.5)
    assert await reading.standings(board, after=between, limit=2) == ORDER[5:7]
    assert await reading.standings_before(board, between, limit=2) == ORDER[3:5]


async def test_who_stands_before_and_where(
    store: Store, program: ProgramRecord, board: Board
) -> None:
    reading = store.reading(program)
    for place, one in enumerate(ORDER):
        assert (
            await reading.standings_before(board, one, limit=3) == ORDER[max(place - 3, 0) : place]
        )
        assert await reading.standing_at(board, place + 1) == one
    assert await reading.standing_at(board, 9) is None
    found = await reading.standings_of(board, [of("eve"), of("hal"), of("hidden ann")])
    assert found == {of("eve"): standing("eve", 30, seconds=2), of("hal"): ORDER[7]}


async def test_how_many_stand_ahead(store: Store, program: ProgramRecord, board: Board) -> None:
    reading = store.reading(program)
    expected = [
        Ahead(0, 0, 0, 0),
        Ahead(1, 1, 1, 4),
        Ahead(2, 1, 1, 4),
        Ahead(3, 1, 1, 4),
        Ahead(4, 1, 1, 4),
        Ahead(5, 1, 1, 4),
        Ahead(6, 6, 2, 0),
        Ahead(7, 7, 3, 0),
    ]
    assert await reading.ahead(board, ORDER) == expected
    assert await reading.ahead(board, ORDER[::-1]) == expected[::-1]
    assert await reading.ahead(board, [ORDER[5], ORDER[3], ORDER[5]]) == [
        expected[5],
        expected[3],
        expected[5],
    ]
    for one, ahead in zip(ORDER, expected, strict=True):
        assert await reading.ahead(board, [one]) == [ahead]
    assert await reading.ahead(board, []) == []
    free = standing("zoe", 20)
    assert await reading.ahead(board, [free]) == [Ahead(6, 6, 2, 0)]


async def test_an_empty_board(store: Store, program: ProgramRecord) -> None:
    reading = store.reading(program)
    for board in (Board("none", ("",)), Board("none", ("a", "b"))):
        assert await reading.standings(board, after=None, limit=3) == []
        assert await reading.standings_with_members(board, after=None, limit=3) == ([], {})
        assert await reading.standings_before(board, ORDER[0], limit=3) == []
        assert await reading.standing_at(board, 1) is None
        assert await reading.standings_of(board, [of("ann")]) == {}
        assert await reading.participant_count(board) == 0
        assert await reading.ahead(board, [ORDER[0]]) == [Ahead(0, 0, 0, 0)]


async def test_windows_are_listed_from_the_latest_key(store: Store, program: ProgramRecord) -> None:
    windows = ["", "2016", "2017", "2017-08", "season:ä", "w2017-08-21"]
    for name in ("ann", "bob"):
        await counted(store, program, *(ranked(name, 1, window=window) for window in windows))
    await counted(store, program, Ranked(tally_key(window="2018"), tally(1), False))
    await counted(store, program, ranked("ann", 1, metric="posts", window="2019"))
    reading = store.reading(program)
    assert await reading.windows("votes", limit=9, before=None) == windows[::-1]
    assert await reading.windows("votes", limit=2, before="2017-08") == ["2017", "2016"]
    assert await reading.windows("votes", limit=9, before="") == []
    assert await reading.windows("none", limit=9, before=None) == []


def test_the_example_is_in_the_order_of_boards() -> None:
    assert sorted(ORDER, key=lambda one: (-one.score, one.reached_at, one.member)) == ORDER
    assert [len(list(same)) for _, same in groupby(ORDER, lambda one: one.score)] == [1, 5, 1, 1]
    assert at(2) == ORDER[2].reached_at


async def test_the_next_higher_score_is_found(
    store: Store, program: ProgramRecord, board: Board
) -> None:
    reading = store.reading(program)
    assert await reading.scores_above(board, [-5, 0, 30, 50, 7]) == {-5: 0, 0: 30, 30: 50, 7: 30}
    assert await reading.scores_above(board, []) == {}
