"""Rank indexes of several processes: each follows what all of them commit, whatever Redis loses."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from random import Random

import pytest

from gamification.ports import Board
from gamification.ranks.fed import Move, Moves
from gamification.ranks.index import RankIndex
from gamification.use_cases.apply_definition import apply_definition
from server.ranks import following, held, pace
from server.ranks.held import HeldRanks
from tests.builders import ANNE, NOON
from tests.server.processes import SECONDS_MAX, Process, process
from tests.server.terminal import CLUB
from tests.valkey import Valkey, valkey

__all__ = ["valkey"]

NAMES = [f"member-{number}" for number in range(30)]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any board is worth an index, and may be built again at once; a message may take long."""
    monkeypatch.setattr(held, "WORTH_FROM", 0)
    monkeypatch.setattr(held, "PAGE", 7)
    monkeypatch.setattr(pace, "REST_SECONDS", 0.0)
    monkeypatch.setattr(following, "BEHIND_SECONDS_MAX", float(SECONDS_MAX))


@pytest.fixture
async def url(database_url: str) -> str:
    """A database with the club."""
    async with process(database_url, runs=False) as one:
        await apply_definition(one.store, CLUB, now=NOON)
    return database_url


@asynccontextmanager
async def two(url: str, valkey: Valkey) -> AsyncGenerator[tuple[Process, Process]]:
    """Two processes that hear each other, each with an index of the board."""
    async with (
        process(url, redis_url=valkey.url) as here,
        process(url, redis_url=valkey.url) as there,
    ):
        await asyncio.gather(here.until_connected(), there.until_connected())
        await visits(here, Random(1), 10)
        for one in (here, there):
            await built(one)
        yield here, there


def ranks_of(one: Process) -> HeldRanks:
    return one.services.ranks.held


async def board_of(one: Process) -> Board:
    return Board((await one.program()).rules.boards["all"].metric, ("",))


async def visits(one: Process, random: Random, count: int) -> None:
    for _ in range(count):
        await one.visit(random.choice(NAMES))


async def asked(one: Process) -> RankIndex | None:
    """What is asked now about the board: its index, or (None) the database, which counts."""
    program, board = await one.program(), await board_of(one)
    reading = one.store.reading(program.record)
    ranking = await ranks_of(one).ranking(program.record, board, reading)
    if isinstance(ranking, RankIndex):
        return ranking
    await ranking.participant_count(board)
    return None


async def built(one: Process) -> RankIndex:
    """Ask until there is an index, and it has heard of all that is stored."""
    async with asyncio.timeout(SECONDS_MAX):
        while (index := await asked(one)) is None:
            await ranks_of(one).built_all()
    return index


async def agrees(index: RankIndex, one: Process) -> None:
    """The whole of it, while nobody writes."""
    program, board = await one.program(), await board_of(one)
    reading = one.store.reading(program.record)
    rows = await reading.standings(board, after=None, limit=1000)
    assert index.following(None, limit=1000) == rows
    assert await index.ahead(board, rows) == await reading.ahead(board, rows)


async def all_agree(processes: Sequence[Process]) -> None:
    """Each answers from its index what the database says, and no comparison finds fault."""
    for one in processes:
        await agrees(await built(one), one)
        checks = one.services.ranks.checks
        await checks.check()
        assert (checks.differences, ranks_of(one).boards_held) == (0, 1)


async def test_two_that_write_at_once_both_answer_from_their_index(
    url: str, valkey: Valkey
) -> None:
    async with two(url, valkey) as both:
        answers = [ranks_of(one).answers for one in both]
        await asyncio.gather(*(visits(one, Random(n), 25) for n, one in enumerate(both)))
        await all_agree(both)
        assert [ranks_of(one).answers for one in both] == [count + 1 for count in answers]
        assert [(ranks_of(one).builds, ranks_of(one).drops) for one in both] == [(1, 0), (1, 0)]


async def test_each_question_between_others_commits_is_answered_by_the_index(
    url: str, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PATIENCE_SECONDS", float(SECONDS_MAX))
    async with two(url, valkey) as (here, there):
        for number in range(20):
            await visits(there, Random(number), 1)
            index = await asked(here)
            assert index is not None
            await agrees(index, here)
        assert (ranks_of(here).behind, ranks_of(here).drops) == (0, 0)


async def test_an_index_comes_back_by_itself_after_redis_was_away(
    url: str, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "BEHIND_SECONDS_MAX", 0.0)
    async with two(url, valkey) as both:
        valkey.kill()
        for one in both:
            await one.until_disconnected()
        await visits(both[0], Random(2), 5)
        assert await asked(both[1]) is None
        assert (ranks_of(both[1]).behind, ranks_of(both[1]).drops) == (1, 1)
        await agrees(await built(both[0]), both[0])
        await visits(both[1], Random(3), 5)
        valkey.start()
        for one in both:
            await one.until_connected()
        await all_agree(both)
        monkeypatch.setattr(following, "BEHIND_SECONDS_MAX", float(SECONDS_MAX))
        builds = [ranks_of(one).builds for one in both]
        await asyncio.gather(*(visits(one, Random(n), 10) for n, one in enumerate(both)))
        await all_agree(both)
        assert [ranks_of(one).builds for one in both] == builds


async def test_without_redis_the_database_counts_what_others_have_moved(url: str) -> None:
    async with process(url) as here, process(url) as there:
        await visits(here, Random(1), 10)
        await built(here)
        await visits(here, Random(2), 5)
        await agrees(await built(here), here)
        assert ranks_of(here).behind == 0
        await visits(there, Random(3), 1)
        assert await asked(here) is None
        assert ranks_of(here).behind == 1


async def test_a_commit_that_moves_too_many_is_told_as_everybody(
    url: str, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.live.messages.MOVES_MAX", 0)
    async with two(url, valkey) as (here, there):
        await visits(there, Random(1), 1)
        await agrees(await built(here), here)
        assert (ranks_of(here).builds, ranks_of(here).drops) == (2, 1)
        assert (ranks_of(there).builds, ranks_of(there).drops) == (1, 0)


async def test_an_index_that_is_ahead_of_the_database_is_about_another_one(url: str) -> None:
    async with process(url) as here:
        await visits(here, Random(1), 3)
        version = (await built(here), ranks_of(here).built[0].fed.version)[1]
        board, program = await board_of(here), await here.program()
        move = Move(ANNE, 10**9, NOON)
        told = Moves(program.id, version + 1, {(board.metric, ""): (move,)})
        ranks_of(here).hear(told)
        assert await asked(here) is None
        assert (ranks_of(here).behind, ranks_of(here).drops) == (1, 1)
        await agrees(await built(here), here)
