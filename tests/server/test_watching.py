"""Subscribers hear of what other processes do: at once over Redis, within a second without it."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest

from gamification.ids import ProgramId, member_id
from gamification.live import Changes
from gamification.ports import Store
from gamification.twin import Twin
from gamification.use_cases.apply_definition import apply_definition
from server.clock import now
from server.live.shared_hub import SharedHub
from server.live.watching import Watch
from server.programs import CachedPrograms
from tests.builders import NOON, definition
from tests.server.processes import Process, heard, process
from tests.server.terminal import CLUB
from tests.valkey import Valkey, valkey

__all__ = ["valkey"]

ANNE, BEN = member_id("club", "anne"), member_id("club", "ben")


@pytest.fixture
async def url(database_url: str) -> str:
    """A database with the club."""
    async with process(database_url, runs=False) as one:
        await apply_definition(one.store, CLUB, now=NOON)
    return database_url


class Looking:
    """A process whose watch looks when it is told to."""

    def __init__(self, here: Process) -> None:
        services = here.services
        self.hub = services.hub
        self.paused: list[float] = []
        self.at = NOON
        self.watch = Watch(
            here.store,
            services.hub,
            services.programs,
            now=lambda: self.at,
            pause=self._pause,
        )

    async def _pause(self, seconds: float) -> None:
        self.paused.append(seconds)

    async def doubts(self) -> int:
        """How many programs' subscribers one look wakes."""
        before = self.watch.doubted
        await self.watch.look()
        return self.watch.doubted - before


async def test_who_has_just_come_looks_once(url: str) -> None:
    async with process(url, runs=False) as here:
        looking, program = Looking(here), await here.program()
        assert await looking.doubts() == 0
        with looking.hub.listen(program.id, member=ANNE) as ear:
            assert await looking.doubts() == 1
            assert await heard(ear) == Changes(
                program.id, frozenset(), frozenset(), (), in_doubt=True
            )
            assert await looking.doubts() == 0
            assert not ear.is_awake


async def test_what_this_process_did_is_no_reason_to_look(url: str) -> None:
    async with process(url, runs=False) as here:
        looking, program = Looking(here), await here.program()
        with looking.hub.listen(program.id, board="all") as ear:
            await looking.doubts()
            await ear.changed()
            for _ in range(3):
                await here.visit()
            assert (await heard(ear)).boards == {"all"}
            assert await looking.doubts() == 0


async def test_what_another_process_did_wakes_everybody_once(url: str) -> None:
    async with process(url, runs=False) as here, process(url, runs=False) as there:
        looking, program = Looking(here), await here.program()
        with (
            looking.hub.listen(program.id, board="all") as one,
            looking.hub.listen(program.id, member=BEN) as other,
        ):
            await looking.doubts()
            await asyncio.gather(one.changed(), other.changed())
            await here.visit()
            await there.visit()
            await here.visit()
            await one.changed()
            assert await looking.doubts() == 1
            assert [(await heard(ear)).in_doubt for ear in (one, other)] == [True, True]
            assert await looking.doubts() == 0
            await here.visit()
            assert await looking.doubts() == 0


async def test_a_commit_of_which_nothing_is_told_is_looked_for(url: str) -> None:
    async with process(url, runs=False) as here:
        looking, program = Looking(here), await here.program()
        with looking.hub.listen(program.id, board="all"):
            await looking.doubts()
            async with here.store.writing(program.record) as writing:
                await writing.lock_members(["carl"], NOON)
            await here.visit()
            assert await looking.doubts() == 1


async def test_a_commit_is_not_taken_for_one_that_another_task_tells_of(url: str) -> None:
    async with process(url, runs=False) as here:
        looking, program = Looking(here), await here.program()

        async def tell_of_something_else() -> None:
            looking.hub.publish(Changes(program.id, frozenset({ANNE}), frozenset(), ()))

        with looking.hub.listen(program.id, board="all"):
            await looking.doubts()
            async with here.store.writing(program.record) as writing:
                await writing.lock_members(["carl"], NOON)
            await asyncio.create_task(tell_of_something_else())
            assert await looking.doubts() == 1


class Unreadable(CachedPrograms):
    """Finds the rules of programs only after it has failed for each of these reasons."""

    def __init__(self, store: Store, *reasons: Exception) -> None:
        super().__init__(store)
        self._reasons = list(reasons)

    async def look(self, id: ProgramId) -> None:
        if self._reasons:
            raise self._reasons.pop(0)
        await super().look(id)


async def test_who_is_to_be_woken_is_not_forgotten_when_the_database_is_lost(url: str) -> None:
    async with process(url, runs=False) as here:
        programs = Unreadable(here.store, ConnectionResetError(), ConnectionResetError())
        watch = Watch(here.store, here.services.hub, programs, now=now)
        program = await here.program()
        with here.services.hub.listen(program.id, board="all") as ear:
            for _ in range(2):
                with pytest.raises(ConnectionResetError):
                    await watch.look()
                assert (watch.doubted, ear.is_awake) == (0, False)
            await watch.look()
            assert (watch.doubted, (await heard(ear)).in_doubt) == (1, True)
            await watch.look()
            assert watch.doubted == 1


async def test_rules_that_cannot_be_read_keep_nobody_asleep(url: str) -> None:
    async with process(url, runs=False) as here:
        watch = Watch(here.store, here.services.hub, Unreadable(here.store, ValueError()), now=now)
        program = await here.program()
        with here.services.hub.listen(program.id, board="all") as ear:
            await watch.look()
            assert (watch.doubted, (await heard(ear)).in_doubt) == (1, True)


class Failing(Twin):
    """Fails once to tell data versions, for a reason that nobody foresaw."""

    has_failed = False

    async def data_versions(self, programs: Collection[ProgramId]) -> dict[ProgramId, int]:
        if not self.has_failed:
            self.has_failed = True
            raise ValueError("nobody foresaw this")
        return await super().data_versions(programs)


async def test_a_look_that_fails_is_not_the_last() -> None:
    store = Failing()
    applied = await apply_definition(store, CLUB, now=NOON)
    assert applied.program is not None
    hub = SharedHub(store, None)
    watch = Watch(store, hub, CachedPrograms(store), now=now)
    with hub.listen(applied.program.id, board="all") as ear:
        watch.start()
        assert (await heard(ear)).in_doubt
        assert store.has_failed
        await watch.stop()


@pytest.mark.parametrize(
    ("every", "turns_at"),
    [
        ("week", datetime(2026, 3, 9, tzinfo=UTC)),
        ("month", datetime(2026, 4, 1, tzinfo=UTC)),
        ("7 days", datetime(2026, 3, 3, tzinfo=UTC)),
    ],
)
async def test_where_a_run_of_a_leaderboard_ends_all_look_once(
    database_url: str, every: str, turns_at: datetime
) -> None:
    board = {"points": "stars", "every": every}
    async with process(database_url, runs=False) as here:
        await apply_definition(
            here.store, definition(points={"stars": {}}, leaderboards={"turning": board}), now=NOON
        )
        looking, program = Looking(here), await here.program()
        await here.services.programs.program(program.id)
        with looking.hub.listen(program.id, board="turning") as ear:
            assert await looking.doubts() == 1  # it has just come
            await ear.changed()
            looking.at = turns_at - timedelta(microseconds=1)
            assert (await looking.doubts(), ear.is_awake) == (0, False)
            looking.at = turns_at
            assert (await looking.doubts(), (await heard(ear)).in_doubt) == (1, True)
            assert (await looking.doubts(), ear.is_awake) == (0, False)


async def test_a_leaderboard_of_all_time_never_turns(url: str) -> None:
    async with process(url, runs=False) as here:
        looking, program = Looking(here), await here.program()
        await here.services.programs.program(program.id)
        with looking.hub.listen(program.id, board="all"):
            assert await looking.doubts() == 1
            looking.at += timedelta(days=1000)
            assert await looking.doubts() == 0


async def test_many_are_woken_bit_by_bit(url: str) -> None:
    async with process(url, runs=False) as here:
        looking, program = Looking(here), await here.program()
        ears = [looking.hub.listen(program.id, board="all") for _ in range(120)]
        for ear in ears:
            ear.__enter__()
        await looking.doubts()
        assert looking.paused == [0.2, 0.02, 0.02]
        for ear in ears:
            ear.__exit__(None, None, None)


async def test_without_redis_a_subscriber_hears_within_two_seconds(url: str) -> None:
    async with process(url) as here, process(url) as there:
        program = await here.program()
        with here.services.hub.listen(program.id, member=ANNE) as ear:
            assert (await heard(ear)).in_doubt
            loop = asyncio.get_running_loop()
            began = loop.time()
            await there.visit()
            assert await heard(ear) == Changes(program.id, frozenset(), frozenset(), (), True)
            assert loop.time() - began < 2


async def test_over_redis_exactly_those_concerned_hear_at_once(url: str, valkey: Valkey) -> None:
    async with (
        process(url, redis_url=valkey.url, runs=False) as here,
        process(url, redis_url=valkey.url, runs=False) as there,
    ):
        for each in (here, there):
            each.services.live.start()
            await each.services.live.watch.stop()
            await each.until_connected()
        looking, program = Looking(here), await here.program()
        with (
            looking.hub.listen(program.id, member=ANNE) as anne,
            looking.hub.listen(program.id, member=BEN) as ben,
            looking.hub.listen(program.id, board="all") as board,
            looking.hub.listen(program.id, feed=True) as feed,
        ):
            await looking.doubts()
            for ear in (anne, ben, board, feed):
                await ear.changed()
            for _ in range(3):
                await there.visit()  # the third is a badge, which is announced to everybody
            assert (await heard(anne)).members == {ANNE}
            assert (await heard(board)).boards == {"all"}
            assert (await heard(feed)).in_doubt
            assert not ben.is_awake
            assert await looking.doubts() == 0


async def test_other_rules_are_in_force_everywhere_at_once(url: str, valkey: Valkey) -> None:
    async with (
        process(url, redis_url=valkey.url) as here,
        process(url, redis_url=valkey.url) as there,
    ):
        await asyncio.gather(here.until_connected(), there.until_connected())
        program = await here.program()
        known = await here.services.programs.program(program.id)
        assert known is not None
        with here.services.hub.listen(program.id, feed=True) as ear:
            assert (await heard(ear)).in_doubt
            applied = await apply_definition(
                there.store, definition(name="Another"), now=NOON, dry_run=False
            )
            assert applied.program is not None
            await there.services.programs.replace(applied.program)
            assert (await heard(ear)).in_doubt
            assert here.services.programs.current(known).rules.definition.name == "Another"


async def test_what_another_process_commits_is_as_old_as_its_commit(
    url: str, valkey: Valkey
) -> None:
    clock = asyncio.get_running_loop().time
    async with (
        process(url, redis_url=valkey.url) as here,
        process(url, redis_url=valkey.url) as there,
    ):
        for each in (here, there):
            await each.until_connected()
        program = await here.program()
        with here.services.hub.listen(program.id, member=ANNE) as ear:
            before = clock()
            await there.visit()
            after = clock()
            while not (await heard(ear)).members:  # it has just come, and may be in doubt
                pass
            assert ear.changed_at is not None
            # It was told by another clock than the loop's.
            assert before - 0.01 < ear.changed_at < after + 0.01
