"""While a past is imported nothing of it becomes final: also beside a server that ticks, and after
an import that broke off."""

import asyncio
import signal
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gamification.duties.settle_periods import settle_periods
from gamification.periods import PeriodKey
from gamification.ports import Store
from gamification.program import Program
from gamification.twin import Twin
from gamification.use_cases.apply_definition import apply_definition
from gamification.use_cases.record_activities import record_activities
from models.driver import connected
from models.store import open_store
from server.importing.lease import LEASE_SECONDS, RENEWAL_SECONDS, ImportLease
from server.live.hub import LocalHub
from server.programs import CachedPrograms
from server.scheduling import Lease, Scheduler
from server.unheard import Unheard
from tests.builders import definition, moment, sent
from tests.server.terminal import Terminal

RANKED = definition(
    points={"stars": {}},
    metrics={"score": {"sum": "value", "of": "visit"}},
    leaderboards={"weekly": {"metric": "score", "every": "week", "prizes": {"1": {"stars": 5}}}},
)
WEEK = PeriodKey("weekly", "w2026-03-02")
SUNDAY, MONDAY = moment("2026-03-08 20:00"), moment("2026-03-09 02:00")
WAITS = "club: an import is going on: nothing becomes final until it is done\n"


class Clock:
    """A clock that is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


async def with_a_visit(store: Store) -> Program:
    """A program with a score in a week that is over on Monday."""
    applied = await apply_definition(store, RANKED, now=SUNDAY)
    assert applied.program is not None
    visit = sent(member="ann", value="5", at=SUNDAY, key="a")
    await record_activities(
        store, Unheard(), applied.program, [visit], now=SUNDAY, new_key=lambda: "none"
    )
    return applied.program


def lease(store: Store, program: Program, clock: Clock, file: str = "past.csv") -> ImportLease:
    return ImportLease(store, program, Path(file), clock=clock, attempts_max=1)


async def final_runs(store: Store, program: Program) -> Sequence[str]:
    return await store.reading(program.record).final_windows("weekly", limit=9, before=None)


def scheduler(store: Store, clock: Clock) -> Scheduler:
    return Scheduler(
        store,
        LocalHub(),
        CachedPrograms(store),
        lease=Lease(store, "a server", clock=clock),
        clock=clock,
        seconds=5.0,
    )


async def test_a_server_beside_an_import_waits_and_says_so_once() -> None:
    store, clock = Twin(), Clock(MONDAY)
    program = await with_a_visit(store)
    mine, server = lease(store, program, clock), scheduler(store, clock)
    with capture_logs() as logs:
        await mine.renew()
        for _ in range(3):
            assert await server.once() is True
            assert await final_runs(store, program) == []
        await mine.give_back()
        for _ in range(2):
            assert await server.once() is True
    assert await final_runs(store, program) == [WEEK.window]
    assert [(each["event"], each.get("duty")) for each in logs] == [
        ("scheduler leads", None),
        ("import going on: nothing becomes final", None),
        ("duty done", "settle_periods"),
        ("duty done", "pay_prizes"),
        ("import over: what waited for it is done", None),
    ]


async def test_the_lease_of_an_import_that_died_expires() -> None:
    store, clock = Twin(), Clock(MONDAY)
    program = await with_a_visit(store)
    await lease(store, program, clock).renew()
    server = scheduler(store, clock)
    clock.now += timedelta(seconds=LEASE_SECONDS - 1)
    await server.once()
    assert await final_runs(store, program) == []
    clock.now += timedelta(seconds=1)
    await server.once()
    assert await final_runs(store, program) == [WEEK.window]


async def test_an_import_at_work_renews_its_lease_once_in_a_while() -> None:
    store, clock = Twin(), Clock(MONDAY)
    program = await with_a_visit(store)
    mine = lease(store, program, clock)
    await mine.renew()
    clock.now += timedelta(seconds=RENEWAL_SECONDS - 1)
    await mine.renew()  # too early to be written down
    await store.drop_expired_leases(now=MONDAY + timedelta(seconds=LEASE_SECONDS))
    assert await store.reading(program.record).is_importing() is False
    clock.now += timedelta(seconds=1)
    await mine.renew()
    await store.drop_expired_leases(now=clock.now + timedelta(seconds=LEASE_SECONDS - 1))
    assert await store.reading(program.record).is_importing() is True


async def test_an_import_that_is_run_again_ends_the_waiting_for_both() -> None:
    store, clock = Twin(), Clock(MONDAY)
    program = await with_a_visit(store)
    await lease(store, program, clock).renew()  # and dies
    again, other = lease(store, program, clock), lease(store, program, clock, "other.csv")
    await again.renew()
    await other.renew()
    await again.give_back()
    assert await store.reading(program.record).is_importing() is True
    await other.give_back()
    assert await store.reading(program.record).is_importing() is False


async def test_a_pass_that_has_begun_settles_nothing_once_an_import_is_there() -> None:
    """The duty itself asks within the transaction: what `tick` has asked before may be old."""
    store, clock = Twin(), Clock(MONDAY)
    program = await with_a_visit(store)
    mine = lease(store, program, clock)
    await mine.renew()
    assert await settle_periods(store, Unheard(), program, now=MONDAY) == 0
    assert await final_runs(store, program) == []
    await mine.give_back()
    assert await settle_periods(store, Unheard(), program, now=MONDAY) == 1


async def test_an_import_begins_when_what_was_settling_is_done(postgresql_url: str) -> None:
    """A transaction that has not seen the lease ends before the first batch is written."""
    async with (
        open_store(postgresql_url) as server,
        open_store(postgresql_url) as importer,
        connected(postgresql_url) as connection,
    ):
        program = await with_a_visit(server)
        mine = lease(importer, program, Clock(MONDAY))
        async with server.writing(program.record) as writing:
            assert await writing.is_importing() is False
            beginning = asyncio.create_task(mine.renew())
            while not await connection.fetch("SELECT 1 FROM pg_locks WHERE NOT granted"):
                assert not beginning.done()
            assert await writing.is_importing() is True
        await beginning


@pytest.fixture
def long_file(any_terminal: Terminal) -> Path:
    """A file that takes long enough to be interrupted: everybody's week in March."""
    any_terminal.write("club.yaml", RANKED)
    assert any_terminal.run("apply", "club.yaml").status == 0
    rows = "".join(
        f"2026-03-{2 + n // 20000:02}T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}Z,"
        f"v{n},m{n % 3},visit,1\n"
        for n in range(60_000)
    )
    return any_terminal.write("visits.csv", "occurred_at,key,member,type,value\n" + rows)


def test_half_an_import_makes_nothing_final(any_terminal: Terminal, long_file: Path) -> None:
    process = any_terminal.start("import", "--program", "club", "--batch", "250", long_file.name)

    def is_importing() -> bool:
        return any_terminal.ask(importing)

    async def importing(store: Store) -> bool:
        record = await store.program("club")
        assert record is not None
        windows = await store.reading(record).unsettled("weekly", "score")
        return windows == [WEEK.window]

    while not is_importing():
        assert process.poll() is None
    said = any_terminal.run("tick")
    assert (said.status, said.out, said.err) == (0, WAITS, "")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 130
    said = any_terminal.run("tick")
    assert (said.status, said.out) == (0, WAITS)

    assert any_terminal.run("import", "--program", "club", long_file.name).status == 0
    said = any_terminal.run("tick")
    assert (said.status, said.out) == (0, "club: settle periods: 1\nclub: pay prizes: 3\n")
    said = any_terminal.run("verify", "--program", "club")
    assert said.status == 0
