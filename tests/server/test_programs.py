"""Compiled programs are kept, and a version applied elsewhere is noticed within a second."""

import asyncio

import pytest

from gamification.ids import ProgramId
from gamification.ports import ProgramRecord, Store
from gamification.program import Program
from gamification.twin import Twin
from gamification.use_cases.apply_definition import apply_definition
from server.programs import CHECK_SECONDS, CachedPrograms
from tests.builders import after, definition


class Watched(Twin):
    """The twin; it notes when it is asked for a program."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[ProgramId] = []

    async def program_by_id(self, id: ProgramId) -> ProgramRecord | None:
        self.asked.append(id)
        return await super().program_by_id(id)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


async def applied(store: Store, name: str, minute: int = 0) -> Program:
    result = await apply_definition(store, definition(name=name), now=after(minutes=minute))
    assert result.program is not None
    return result.program


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> Watched:
    return Watched()


def name_of(program: Program | None) -> str | None:
    return program.rules.definition.name if program else None


async def test_a_program_is_loaded_once(store: Watched, clock: Clock) -> None:
    id = (await applied(store, "One")).id
    programs = CachedPrograms(store, clock=clock)
    found = await asyncio.gather(*(programs.program(id) for _ in range(10)))
    assert [name_of(each) for each in found] == ["One"] * 10
    assert all(each is found[0] for each in found)
    assert store.asked == [id]


async def test_a_version_applied_elsewhere_is_noticed(store: Watched, clock: Clock) -> None:
    id = (await applied(store, "One")).id
    programs = CachedPrograms(store, clock=clock)
    await programs.program(id)
    await applied(store, "Two", 1)
    assert name_of(await programs.program(id)) == "One"
    clock.seconds += CHECK_SECONDS
    assert name_of(await programs.program(id)) == "Two"
    assert store.asked == [id, id]


async def test_an_unchanged_program_is_not_compiled_again(store: Watched, clock: Clock) -> None:
    id = (await applied(store, "One")).id
    programs = CachedPrograms(store, clock=clock)
    before = await programs.program(id)
    clock.seconds += CHECK_SECONDS
    assert await programs.program(id) is before


async def test_a_version_applied_here_holds_at_once(store: Watched, clock: Clock) -> None:
    first = await applied(store, "One")
    programs = CachedPrograms(store, clock=clock)
    await programs.program(first.id)
    await programs.replace(await applied(store, "Two", 1))
    assert name_of(await programs.program(first.id)) == "Two"
    assert name_of(programs.current(first)) == "Two"
    assert store.asked == [first.id]


async def test_where_others_serve_the_same_it_holds_there_when_that_is_said(
    store: Watched, clock: Clock
) -> None:
    first = await applied(store, "One")
    elsewhere = CachedPrograms(store, clock=clock)
    assert name_of(await elsewhere.program(first.id)) == "One"

    async def pause(seconds: float) -> None:
        assert name_of(await elsewhere.program(first.id)) == "One", "nobody has told"
        clock.seconds += seconds

    here = CachedPrograms(store, is_shared=True, clock=clock, pause=pause)
    await here.replace(await applied(store, "Two", 1))
    assert name_of(await elsewhere.latest(first)) == "Two"
    assert name_of(await elsewhere.program(first.id)) == "Two"


async def test_whoever_cannot_wait_gets_the_news_the_next_time(
    store: Watched, clock: Clock
) -> None:
    first = await applied(store, "One")
    programs = CachedPrograms(store, clock=clock)
    assert programs.current(first) is first
    await programs.program(first.id)
    await applied(store, "Two", 1)
    clock.seconds += CHECK_SECONDS
    assert name_of(programs.current(first)) == "One"
    assert name_of(await programs.program(first.id)) == "Two"
    assert name_of(programs.current(first)) == "Two"


async def test_what_does_not_exist_is_not_remembered(store: Watched, clock: Clock) -> None:
    programs = CachedPrograms(store, clock=clock)
    missing = ProgramId(404)
    assert await programs.program(missing) is None
    assert await programs.program(missing) is None
    assert store.asked == [missing, missing]


async def test_a_version_that_is_heard_of_is_looked_for_at_once(
    store: Watched, clock: Clock
) -> None:
    id = (await applied(store, "One")).id
    programs = CachedPrograms(store, clock=clock)
    known = await programs.program(id)
    assert known is not None
    await applied(store, "Two", minute=1)
    await programs.look(id)
    assert name_of(programs.current(known)) == "Two"
    await applied(store, "Three", minute=2)
    clock.seconds += 0.1
    programs.expire(id)
    assert name_of(await programs.program(id)) == "Three"
    assert store.asked == [id, id, id]


async def test_looking_for_a_program_that_is_not_held_asks_nothing(
    store: Watched, clock: Clock
) -> None:
    programs = CachedPrograms(store, clock=clock)
    await programs.look(ProgramId(7))
    assert store.asked == []
