"""An index that is built and fed beside writing says what each store says at the same version."""

import asyncio
import time
from collections.abc import AsyncIterator
from random import Random

import pytest

from gamification.ids import ProgramId
from gamification.ports import Board, ProgramRecord, Ranked, Store
from gamification.ranking import ahead_by_hand, sort_by_hand
from gamification.ranks.index import RankIndex
from gamification.state import Tally
from gql.freshness import Versions
from models.store import open_store
from server.ranks import checking, following, held, pace
from server.ranks.checking import RankChecks
from server.ranks.held import HeldRanks
from tests.store.builders import at, registered, standing, tally_key
from tests.store.conftest import FIRST

BOARD = Board("votes", ("",))
NAMES = [f"member-{number}" for number in range(40)]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any board is worth an index, and is read in many pages."""
    monkeypatch.setattr(held, "WORTH_FROM", 0)
    monkeypatch.setattr(held, "PAGE", 3)
    monkeypatch.setattr(checking, "PAGE", 3)


@pytest.fixture
async def ranks(store: Store) -> AsyncIterator[HeldRanks]:
    made = held_ranks(store)
    yield made
    await made.stop()


def held_ranks(store: Store, *, members_max: int = 1000) -> HeldRanks:
    versions = Versions(store.data_versions)
    return HeldRanks(store, versions.of, members_max=members_max, clock=time.monotonic)


def moved(random: Random) -> list[Ranked]:
    """Some members' scores, with many ties; a few leave the board or lose their tally."""
    return [
        Ranked(
            tally_key(name),
            Tally(random.randrange(5), 99, at(random.randrange(3)), int(random.random() > 0.1)),
            ranked=random.random() > 0.1,
        )
        for name in random.sample(NAMES, 5)
    ]


async def write(store: Store, program: ProgramRecord, random: Random) -> None:
    async with store.writing(program) as writing:
        if random.random() < 0.1:
            name = random.choice(NAMES)
            await writing.set_ranked(tally_key(name).member, {"votes": random.random() < 0.5})
        await writing.put_tallies(moved(random))


async def begun(store: Store, program: ProgramRecord) -> Random:
    random = Random(4)
    await registered(store, program, *NAMES)
    for _ in range(10):
        await write(store, program, random)
    return random


async def counted(ranks: HeldRanks, store: Store, program: ProgramRecord) -> None:
    """Let the store count, so that an index is wanted."""
    asked = await ranks.ranking(program, BOARD, store.reading(program))
    assert not isinstance(asked, RankIndex)
    await asked.participant_count(BOARD)


async def agrees(index: RankIndex, store: Store, program: ProgramRecord) -> None:
    """The whole of it, while nobody writes."""
    rows = await store.reading(program).standings(BOARD, after=None, limit=1000)
    assert rows == sort_by_hand(rows)
    assert index.following(None, limit=1000) == rows
    expected = [ahead_by_hand(rows, place) for place in range(len(rows))]
    assert await index.ahead(BOARD, rows) == expected
    assert await store.reading(program).ahead(BOARD, rows) == expected


async def test_an_index_is_built_and_fed_beside_writing(
    store: Store, program: ProgramRecord, ranks: HeldRanks
) -> None:
    random = await begun(store, program)
    await counted(ranks, store, program)
    building = asyncio.create_task(ranks.built_all())
    for _ in range(15):
        await write(store, program, random)
    await building
    assert (ranks.builds, ranks.drops, ranks.boards_held) == (1, 0, 1)
    for _ in range(15):
        await write(store, program, random)
        index = await ranks.ranking(program, BOARD, store.reading(program))
        assert isinstance(index, RankIndex)
        await agrees(index, store, program)
        assert ranks.members_held == len(index)


async def test_what_another_process_writes_is_counted_until_the_index_is_made_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "REST_SECONDS", 0.0)
    async with open_store(database_url) as store, open_store(database_url) as elsewhere:
        program = await store.create_program("forum", FIRST)
        random = await begun(store, program)
        ranks, reading = held_ranks(store), store.reading(program)
        await counted(ranks, store, program)
        await ranks.built_all()
        await write(elsewhere, program, random)
        assert await ranks.ranking(program, BOARD, reading) is reading
        await write(store, program, random)
        assert await ranks.ranking(program, BOARD, reading) is reading
        assert (ranks.boards_held, ranks.drops, ranks.answers) == (1, 0, 0)
        monkeypatch.setattr(following, "BEHIND_SECONDS_MAX", 0.0)
        assert await ranks.ranking(program, BOARD, reading) is reading
        assert (ranks.boards_held, ranks.drops) == (0, 1)
        await counted(ranks, store, program)
        await ranks.built_all()
        index = await ranks.ranking(program, BOARD, reading)
        assert isinstance(index, RankIndex)
        await agrees(index, store, program)
        assert (ranks.builds, ranks.answers) == (2, 1)
        await ranks.stop()


async def test_everybody_moving_makes_an_index_doubtful(
    store: Store, program: ProgramRecord, ranks: HeldRanks
) -> None:
    await begun(store, program)
    await counted(ranks, store, program)
    await ranks.built_all()
    async with store.writing(program) as writing:
        await writing.set_ranked(None, {"votes": False})
    assert (ranks.boards_held, ranks.drops) == (0, 1)
    ranking = await ranks.ranking(program, BOARD, store.reading(program))
    assert await ranking.participant_count(BOARD) == 0


async def test_the_check_finds_a_member_who_stands_elsewhere(
    store: Store, program: ProgramRecord, ranks: HeldRanks
) -> None:
    await begun(store, program)
    await counted(ranks, store, program)
    await ranks.built_all()
    checks = RankChecks(store, ranks, Versions(store.data_versions).of, seconds=0)
    await checks.check()
    assert (checks.differences, ranks.boards_held) == (0, 1)
    (one,) = ranks.built
    one.fed.index.put(standing(NAMES[7], 3, seconds=77))
    await checks.check()
    assert (checks.differences, ranks.boards_held, ranks.drops) == (1, 0, 1)


async def test_the_check_is_of_one_version_however_much_is_written(
    store: Store, program: ProgramRecord, ranks: HeldRanks
) -> None:
    random = await begun(store, program)
    await counted(ranks, store, program)
    await ranks.built_all()
    checks = RankChecks(store, ranks, Versions(store.data_versions).of, seconds=0)
    checking_now = asyncio.create_task(checks.check())
    for _ in range(20):
        await write(store, program, random)
    await checking_now
    assert (checks.differences, ranks.boards_held) == (0, 1)


async def test_the_board_asked_least_lately_makes_room(
    store: Store, program: ProgramRecord
) -> None:
    await begun(store, program)
    reading = store.reading(program)
    count = await reading.participant_count(BOARD)
    ticks = iter(range(10_000))
    ranks = HeldRanks(
        store,
        Versions(store.data_versions).of,
        members_max=count + 1,
        clock=lambda: float(next(ticks)),
    )
    await counted(ranks, store, program)
    await ranks.built_all()
    assert ranks.members_held == count
    other = Board("posts", ("",))
    async with store.writing(program) as writing:
        await writing.put_tallies(
            [Ranked(tally_key(name, "posts"), Tally(1, 1, at(0), 1), True) for name in NAMES[:9]]
        )
    asked = await ranks.ranking(program, other, reading)
    await asked.participant_count(other)
    await ranks.built_all()
    assert [one.fed.index.board for one in ranks.built] == [other]
    assert (ranks.members_held, ranks.drops) == (9, 1)
    await ranks.stop()


async def test_a_board_that_is_too_large_is_left_to_the_database(
    store: Store, program: ProgramRecord
) -> None:
    await begun(store, program)
    ranks = held_ranks(store, members_max=5)
    for _ in range(3):
        await counted(ranks, store, program)
        await ranks.built_all()
    assert (ranks.builds, ranks.drops, ranks.members_held) == (1, 1, 0)
    await ranks.stop()


async def test_without_room_for_anybody_the_database_counts(
    store: Store, program: ProgramRecord
) -> None:
    await begun(store, program)
    ranks = held_ranks(store, members_max=0)
    reading = store.reading(program)
    assert await ranks.ranking(program, BOARD, reading) is reading
    await ranks.stop()


async def test_boards_of_several_windows_are_left_to_the_database(
    store: Store, program: ProgramRecord, ranks: HeldRanks
) -> None:
    reading = store.reading(program)
    rolling = Board("votes", ("2017-08-21", "2017-08-22"))
    assert await ranks.ranking(program, rolling, reading) is reading


async def test_whoever_is_asked_no_more_is_given_up(
    store: Store, program: ProgramRecord, ranks: HeldRanks, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begun(store, program)
    await counted(ranks, store, program)
    await ranks.built_all()
    checks = RankChecks(store, ranks, Versions(store.data_versions).of, seconds=0)
    await checks.check()
    assert ranks.boards_held == 1
    monkeypatch.setattr(held, "UNASKED_SECONDS_MAX", -1.0)
    await checks.check()
    assert ranks.boards_held == 0


async def test_a_database_that_fails_while_an_index_is_built_leaves_none(
    store: Store, program: ProgramRecord
) -> None:
    await begun(store, program)

    async def failing(program: ProgramId) -> int:
        raise OSError("the connection is lost")

    ranks = HeldRanks(store, failing, members_max=1000, clock=time.monotonic)
    for _ in range(2):
        await counted(ranks, store, program)
        await ranks.built_all()
    assert (ranks.builds, ranks.drops, ranks.boards_held) == (1, 1, 0)
    await ranks.stop()
