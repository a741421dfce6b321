"""Two servers with schedulers: one is killed or stands still, and what is due is done once."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

import pytest

from gamification.facts import NewActivity
from gamification.outcomes import NoticeKind
from gamification.program import Program
from gamification.quantity import parse
from gamification.use_cases.apply_definition import apply_definition
from gamification.use_cases.record_activities import record_activities
from gamification.use_cases.recorded import Recorded
from models.store import SqlStore, open_store
from server.clock import now
from server.fresh_key import fresh_key
from server.live.hub import LocalHub
from tests.builders import definition
from tests.server.running import Running, running_server

RULES = definition(
    metrics={"visits": {"count": "visit"}},
    points={"coins": {}},
    leaderboards={
        "daily": {"name": "Daily", "metric": "visits", "every": "day", "prizes": {1: {"coins": 5}}}
    },
)
LONG_AGO = range(1, 21)
"""Days, so many that whoever is stopped in their midst has paid some and left others."""
BEFORE_THAT = 21
COUNT_MAX = 1_000

LEASE_SECONDS = "2"
TAKING_OVER_SECONDS_MAX = 15
"""Of a busy machine, and half of what it would take if nobody heard of the setting."""

server = partial(running_server, scheduler_seconds="0.1", scheduler_lease_seconds=LEASE_SECONDS)


class Club:
    """A program in which a day that somebody came ends with a prize, seen from the database."""

    def __init__(self, store: SqlStore, program: Program, today: datetime) -> None:
        self._store = store
        self._program = program
        self._today = today

    def day(self, days_ago: int) -> str:
        """The key of a day that is over."""
        return f"{self._today - timedelta(days=days_ago):%Y-%m-%d}"

    async def came(self, member: str, *, days_ago: Collection[int]) -> None:
        """On each of these days a member came, and nobody else did: prizes are due at once."""
        visits = [
            NewActivity(member=member, type="visit", occurred_at=self._today - timedelta(days=ago))
            for ago in days_ago
        ]
        results = await record_activities(
            self._store, LocalHub(), self._program, visits, now=self._today, new_key=fresh_key
        )
        assert all(isinstance(result, Recorded) for result in results)

    async def all_has_happened_once(self) -> None:
        """Every day is final, paid and told of, and none of it was done twice."""
        days = {self.day(ago): 1 for ago in (*LONG_AGO, BEFORE_THAT)}
        reading = self._store.reading(self._program.record)
        assert await reading.unsettled("daily", "visits") == []
        assert await reading.unpaid_periods(limit=COUNT_MAX) == []
        assert await reading.final_windows("daily", limit=COUNT_MAX, before=None) == sorted(
            days, reverse=True
        )
        notices = await reading.notices_after(0, member=None, public_only=False, limit=COUNT_MAX)
        for kind in (NoticeKind.PERIOD_FINAL, NoticeKind.PRIZE_WON):
            assert Counter(each.details["period"] for each in notices if each.kind is kind) == days
        assert await self._prizes("anne") == {self.day(ago): [parse("5")] for ago in LONG_AGO}
        assert await self._prizes("ben") == {self.day(BEFORE_THAT): [parse("5")]}

    async def _prizes(self, member: str) -> dict[str, list[int]]:
        """What was entered in a member's account for each day."""
        reading = self._store.reading(self._program.record)
        found = await reading.members_by_external_id([member])
        rows = await reading.entries(found[member].id, "coins", before=None, limit=COUNT_MAX)
        prizes: dict[str, list[int]] = {}
        for row in rows:
            day = row.entry.posting.rule.removeprefix("prize/daily/")
            prizes.setdefault(day, []).append(row.entry.amount)
        return prizes


@pytest.fixture
async def club(postgresql_url: str) -> AsyncGenerator[Club]:
    today = now()
    async with open_store(postgresql_url) as store:
        applied = await apply_definition(store, RULES, now=today - timedelta(days=30))
        assert applied.program is not None
        yield Club(store, applied.program, today)


@asynccontextmanager
async def leader_and_follower(url: str) -> AsyncGenerator[tuple[Running, Running]]:
    async with server(url) as leader:
        await leader.logged("scheduler leads", 1)
        async with server(url) as follower:
            yield leader, follower


async def takes_over(follower: Running) -> None:
    async with asyncio.timeout(TAKING_OVER_SECONDS_MAX):
        await follower.logged("scheduler leads", 1)


async def has_paid(leader: Running, passes: int) -> None:
    """Wait until a server has given all prizes that were due, so many times."""
    await leader.logged("duty done", passes, duty="pay_prizes")


async def test_when_the_leader_is_killed_in_its_work_another_does_the_rest(
    postgresql_url: str, club: Club
) -> None:
    async with leader_and_follower(postgresql_url) as (leader, follower):
        await club.came("anne", days_ago=LONG_AGO)
        await leader.logged("duty done", 1, duty="settle_periods")  # and pays from now on
        await leader.stop(signal.SIGKILL)
        await club.came("ben", days_ago=[BEFORE_THAT])
        await takes_over(follower)
        await has_paid(follower, 1)
        await club.all_has_happened_once()


async def test_a_leader_that_stands_still_in_its_work_leads_no_more(
    postgresql_url: str, club: Club
) -> None:
    async with leader_and_follower(postgresql_url) as (leader, follower):
        await club.came("anne", days_ago=LONG_AGO)
        await leader.logged("duty done", 1, duty="settle_periods")  # and pays from now on
        leader.process.send_signal(signal.SIGSTOP)
        await club.came("ben", days_ago=[BEFORE_THAT])
        await takes_over(follower)
        leader.process.send_signal(signal.SIGCONT)  # it may hold locks that the other waits for
        await leader.logged("scheduler follows", 1)
        await has_paid(follower, 1)
        await club.all_has_happened_once()


async def test_a_leader_that_stood_still_leaves_everything_to_the_other(
    postgresql_url: str, club: Club
) -> None:
    async with leader_and_follower(postgresql_url) as (leader, follower):
        leader.process.send_signal(signal.SIGSTOP)
        await club.came("anne", days_ago=LONG_AGO)
        await takes_over(follower)
        await has_paid(follower, 1)
        leader.process.send_signal(signal.SIGCONT)
        await leader.logged("scheduler follows", 1)
        await club.came("ben", days_ago=[BEFORE_THAT])
        await has_paid(follower, 2)
        await club.all_has_happened_once()
        assert leader.lines("duty done") == []
        assert [line["count"] for line in follower.lines("duty done", duty="pay_prizes")] == [20, 1]
