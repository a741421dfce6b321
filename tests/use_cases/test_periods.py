"""Runs of leaderboards come to an end: settled once, paid once, and left alone by what is late."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import pytest

from gamification.live import Changes
from gamification.outcomes import Notice, NoticeKind
from gamification.periods import PeriodKey
from gamification.ports import Store
from gamification.tick import DUTIES, tick
from gamification.use_cases.apply_definition import Backfill
from models.store import open_store
from tests.builders import definition, moment, sent, units
from tests.databases import migrated_sqlite, postgresql_server, postgresql_url
from tests.scene import HeardBus, Scene, scene

__all__ = ["migrated_sqlite", "postgresql_server", "postgresql_url"]

WEEK_1, WEEK_2, WEEK_3 = "w2026-03-02", "w2026-03-09", "w2026-03-16"


def club(**weekly: object) -> str:
    """A club whose weeks are ranked by what members do, and pay stars."""
    board = {
        "metric": "score",
        "every": "week",
        "settle_for": "12 hours",
        "prizes": {"1": {"stars": 500}, "2-3": {"stars": 50, "tickets": 1}},
        **weekly,
    }
    return definition(
        activities={"visit": {}},
        metrics={"score": {"sum": "value", "of": "visit"}},
        points={"stars": {}, "tickets": {}},
        leaderboards={"weekly": board},
    )


async def ticked(here: Scene, now: str) -> dict[str, int]:
    """One pass at a time: what each duty did. None may fail."""
    here.now = moment(now)
    done: dict[str, int] = {}
    async for each in tick(here.store, here.bus, here.program, now=here.now):
        assert each.failure is None, each.failure
        done[each.duty] = each.count
    return done


def passed(settled: int, paid: int) -> dict[str, int]:
    """What a pass over programs of leaderboards does: other duties have nothing to do."""
    nothing = dict.fromkeys((duty.__name__ for duty in DUTIES), 0)
    return {**nothing, "settle_periods": settled, "pay_prizes": paid}


async def visited(here: Scene, at: str, **values: str) -> None:
    """Each member visits once, worth a value; the clock of the server is a second later."""
    here.now = max(here.now, moment(at))
    await here.recorded(
        *(
            sent(member=member, value=value, at=moment(at), key=f"{member} {at}")
            for member, value in values.items()
        )
    )


async def standings(here: Scene, window: str) -> list[tuple[str, int, int]]:
    """A final run: who, rank, score in whole units."""
    reading = here.store.reading(here.program.record)
    places = await reading.final_places(PeriodKey("weekly", window), after=0, limit=1000)
    names = await reading.members([place.member for place in places])
    return [
        (names[place.member].external_id, place.rank, place.score // units(1)) for place in places
    ]


async def balances(here: Scene, unit: str = "stars") -> dict[str, int]:
    """Who has how many of a unit, in whole ones."""
    members = {member.id: member.external_id for member in await here.members()}
    accounts = await here.store.reading(here.program.record).accounts(list(members))
    return {
        members[key.member]: account.balance // units(1)
        for key, account in accounts.items()
        if key.unit == unit
    }


async def test_a_run_is_final_when_its_settling_time_is_over() -> None:
    here = await scene(club(), now=moment("2026-03-01"))
    await visited(here, "2026-03-03 10:00", anne="5", ben="7")
    await visited(here, "2026-03-03 11:00", cleo="5")
    assert await ticked(here, "2026-03-08 23:59") == passed(0, 0)
    await visited(here, "2026-03-09 11:59", dan="1")
    assert await ticked(here, "2026-03-09 11:59") == passed(0, 0)
    assert await ticked(here, "2026-03-09 12:00") == passed(1, 5)
    assert await standings(here, WEEK_1) == [("ben", 1, 7), ("anne", 2, 5), ("cleo", 2, 5)]
    assert await balances(here) == {"ben": 500, "anne": 50, "cleo": 50}
    assert await balances(here, "tickets") == {"anne": 1, "cleo": 1}
    assert await ticked(here, "2026-03-09 12:01") == passed(0, 0)
    assert await here.differences() == []


async def test_late_activity_counts_while_the_run_settles_and_not_after() -> None:
    here = await scene(club(), now=moment("2026-03-01"))
    await visited(here, "2026-03-03 10:00", anne="5", ben="7")
    here.now = moment("2026-03-09 11:00")
    await here.recorded(sent(member="anne", value="3", at=moment("2026-03-08 23:00"), key="late"))
    await ticked(here, "2026-03-09 12:00")
    await here.recorded(sent(member="ben", value="90", at=moment("2026-03-08 23:30"), key="later"))
    await here.retract("anne 2026-03-03 10:00")
    assert await ticked(here, "2026-03-09 12:30") == passed(0, 0)
    assert await standings(here, WEEK_1) == [("anne", 1, 8), ("ben", 2, 7)]
    assert await balances(here) == {"anne": 500, "ben": 50}
    assert await here.differences() == []


async def test_after_a_downtime_every_missed_run_is_settled_in_order() -> None:
    here = await scene(club(), now=moment("2026-03-01"))
    await visited(here, "2026-03-03 10:00", anne="5", ben="7")
    await visited(here, "2026-03-12 10:00", anne="9")
    await visited(here, "2026-03-20 10:00", ben="2", cleo="1")
    assert await ticked(here, "2026-03-23 12:00") == passed(3, 7)
    assert await standings(here, WEEK_1) == [("ben", 1, 7), ("anne", 2, 5)]
    assert await standings(here, WEEK_2) == [("anne", 1, 9)]
    assert await standings(here, WEEK_3) == [("ben", 1, 2), ("cleo", 2, 1)]
    assert await balances(here) == {"anne": 550, "ben": 1000, "cleo": 50}
    final = [each for each in await here.notices() if each.kind is NoticeKind.PERIOD_FINAL]
    assert [each.details["period"] for each in final] == [WEEK_1, WEEK_2, WEEK_3]
    assert await here.differences() == []


async def test_what_is_stepped_through_weeks_is_what_one_pass_makes() -> None:
    stepped = await scene(club(), now=moment("2026-03-01"))
    at_once = await scene(club(), now=moment("2026-03-01"))
    for at, values in (
        ("2026-03-03 10:00", {"anne": "5", "ben": "7"}),
        ("2026-03-12 10:00", {"anne": "9"}),
        ("2026-03-31 10:00", {"cleo": "4", "ben": "3"}),
    ):
        await ticked(stepped, at)
        await visited(stepped, at, **values)
        await visited(at_once, at, **values)
    assert await ticked(stepped, "2026-04-06 12:00") == passed(1, 3)
    assert await ticked(at_once, "2026-04-06 12:00") == passed(3, 7)
    for window in (WEEK_1, WEEK_2, WEEK_3, "w2026-03-30"):
        assert await standings(stepped, window) == await standings(at_once, window)
    assert await balances(stepped) == await balances(at_once)
    assert await balances(stepped) == {"anne": 550, "ben": 550, "cleo": 500}


async def test_everybody_with_a_rank_wins_its_prize() -> None:
    here = await scene(club(prizes={"1": {"stars": 9}, "3": {"stars": 2}}))
    await visited(here, "2026-03-03 10:00", anne="5", ben="5", cleo="4", dan="4", eve="3")
    await ticked(here, "2026-03-09 12:00")
    assert await balances(here) == {"anne": 9, "ben": 9, "cleo": 2, "dan": 2}
    assert await here.differences() == []


async def test_winners_are_told_and_the_feed_hears_who_won() -> None:
    here = await scene(club(), now=moment("2026-03-01"))
    await visited(here, "2026-03-03 10:00", anne="5", ben="7")
    await ticked(here, "2026-03-09 12:00")
    anne, ben = (await here.member("anne")).id, (await here.member("ben")).id
    now = moment("2026-03-09 12:00")
    won = {"period": WEEK_1, "rank": 1, "unit": "stars", "amount": "500"}

    def told(number: int, kind: NoticeKind, member: int, **details: object) -> Notice:
        return Notice(
            number,
            kind,
            member,  # pyright: ignore[reportArgumentType]
            None,
            now,
            is_public=kind is NoticeKind.PERIOD_FINAL,
            about="weekly",
            details=details,  # pyright: ignore[reportArgumentType]
        )

    notices = [each._replace(once="") for each in await here.notices()]
    assert notices == [
        told(1, NoticeKind.PERIOD_FINAL, ben, period=WEEK_1, participants=2),
        told(2, NoticeKind.PRIZE_WON, ben, **won),
        told(3, NoticeKind.PRIZE_WON, anne, **{**won, "rank": 2, "amount": "50"}),
        told(4, NoticeKind.PRIZE_WON, anne, **{**won, "rank": 2, "unit": "tickets", "amount": "1"}),
    ]
    heard = [notice.id for changes in here.bus.heard for notice in changes.notices]
    assert heard == [1, 2, 3, 4]


async def test_what_ended_long_ago_is_settled_and_paid_in_silence() -> None:
    here = await scene(club(), now=moment("2026-03-01"))
    await visited(here, "2026-03-03 10:00", anne="5")
    assert await ticked(here, "2026-04-09 00:01") == passed(1, 1)
    assert await here.notices() == []
    assert await balances(here) == {"anne": 500}


@dataclass(slots=True)
class FailingBus(HeardBus):
    """Breaks off what publishes for the nth time: where a process may die, after a commit."""

    left: int = 0

    def publish(self, changes: Changes) -> None:
        if not self.left:
            raise RuntimeError("killed")
        self.left -= 1


async def test_a_crash_at_any_point_pays_nothing_twice_and_leaves_nobody_out() -> None:
    """450 winners are three pages: each is given, then told, and any of these may be the last."""
    winners = {f"m{number:03}": str(1000 - number) for number in range(450)}
    crashes = 0
    for survived in range(100):
        here = await scene(club(prizes={"1-500": {"stars": 3}}), now=moment("2026-03-01"))
        await visited(here, "2026-03-03 10:00", **winners)
        now, bus = moment("2026-03-09 12:00"), FailingBus(left=survived)
        failed = [
            each
            async for each in tick(here.store, bus, here.program, now=now)
            if each.failure is not None
        ]
        await ticked(here, "2026-03-09 12:05")
        await ticked(here, "2026-03-09 12:10")
        assert Counter((await balances(here)).values()) == {3: 450}
        kinds = Counter(notice.kind for notice in await here.notices())
        assert kinds == {NoticeKind.PERIOD_FINAL: 1, NoticeKind.PRIZE_WON: 450}
        assert await here.store.reading(here.program.record).unpaid_periods(limit=9) == []
        if not failed:
            break
        crashes += 1
    assert crashes == 7  # the run, and three pages given and told


async def test_a_prize_that_cannot_be_given_keeps_no_other_from_being_given() -> None:
    here = await scene(club(), now=moment("2026-03-01"))
    await visited(here, "2026-03-03 10:00", anne="5", ben="7")
    ben = (await here.member("ben")).id
    taken = f"prize weekly {WEEK_1} {ben} stars"
    here.now = moment("2026-03-09 02:00")
    await here.recorded(sent(member="ben", at=moment("2026-03-09 01:00"), key=taken))
    done = [
        each
        async for each in tick(here.store, here.bus, here.program, now=moment("2026-03-09 12:00"))
    ]
    assert {each.duty: each.count for each in done} == passed(1, 0)
    assert str(done[1].failure).startswith(f"The key '{taken}' was used before with another")
    assert await balances(here) == {"anne": 50}
    assert await balances(here, "tickets") == {"anne": 1}
    unpaid = await here.store.reading(here.program.record).unpaid_periods(limit=9)
    assert [period.key for period in unpaid] == [PeriodKey("weekly", WEEK_1)]


async def test_a_run_is_judged_by_the_rules_in_force_at_its_end() -> None:
    here = await scene(club(), now=moment("2026-03-01"))
    await visited(here, "2026-03-03 10:00", anne="5")
    here.now = moment("2026-03-09 03:00")
    await here.apply(club(prizes={"1": {"stars": 7}}, settle_for="1 hour"))
    assert await ticked(here, "2026-03-09 11:59") == passed(0, 0)
    await visited(here, "2026-03-12 10:00", anne="5")
    assert await ticked(here, "2026-03-16 01:00") == passed(2, 2)
    assert await balances(here) == {"anne": 507}
    reading = here.store.reading(here.program.record)
    keys = [PeriodKey("weekly", WEEK_1), PeriodKey("weekly", WEEK_2)]
    found = await reading.periods(keys)
    assert [found[key].version for key in keys] == [1, 2]


async def test_a_board_that_is_ranked_by_something_else_has_no_final_run_of_the_old_kind() -> None:
    here = await scene(club(), now=moment("2026-03-01"))
    await visited(here, "2026-03-03 10:00", anne="5")
    here.now = moment("2026-03-09 03:00")
    await here.apply(club(metric=None, points="tickets", prizes={}))
    assert await ticked(here, "2026-03-09 12:00") == passed(0, 0)
    here.now = moment("2026-03-09 13:00")
    await here.apply(definition(activities={"visit": {}}, points={"stars": {}, "tickets": {}}))
    assert await ticked(here, "2026-03-09 14:00") == passed(0, 0)


async def test_prizes_added_later_are_not_owed_for_the_past_without_a_backfill() -> None:
    for backfill, paid in ((Backfill.NONE, 0), (Backfill.SILENT, 1)):
        here = await scene(club(prizes={}), now=moment("2026-03-01"))
        await visited(here, "2026-03-03 10:00", anne="5")
        here.now = moment("2026-03-09 03:00")
        await here.apply(club(), backfill=backfill)
        assert await ticked(here, "2026-03-09 12:00") == passed(1, paid)


async def test_boards_without_ends_are_never_final() -> None:
    for every in ("all time", "7 days"):
        here = await scene(club(every=every, prizes={}), now=moment("2026-03-01"))
        await visited(here, "2026-03-03 10:00", anne="5")
        assert await ticked(here, "2027-03-09 12:00") == passed(0, 0)


async def test_days_of_settling_end_with_the_day_where_the_members_live() -> None:
    """In São Paulo a day begins at 03:00 of UTC."""
    document = club(every="month", settle_for="2 days").replace(
        '"name": "Club"', '"name": "Club", "time_zone": "America/Sao_Paulo"'
    )
    here = await scene(document, now=moment("2026-03-01"))
    await visited(here, "2026-03-03 10:00", anne="5")
    assert await ticked(here, "2026-04-03 02:59") == passed(0, 0)
    assert await ticked(here, "2026-04-03 03:00") == passed(1, 1)


async def test_two_schedulers_at_once_pay_once(postgresql_url: str) -> None:
    """Four processes that all believe to be the leader, on one PostgreSQL."""
    winners = {f"m{number:03}": str(1000 - number) for number in range(250)}
    async with open_store(postgresql_url, pool_size=8) as store:
        here = await scene(
            club(prizes={"1-500": {"stars": 3}}), store=store, now=moment("2026-03-01")
        )
        await visited(here, "2026-03-03 10:00", **winners)
        now = moment("2026-03-09 12:00")
        passes = await asyncio.gather(*(_pass(here, store, now) for _ in range(4)))
        assert [sum(done[0] for done in passes), sum(done[1] for done in passes)] == [1, 250]
        assert Counter((await balances(here)).values()) == {3: 250}
        kinds = Counter(notice.kind for notice in await here.notices())
        assert kinds == {NoticeKind.PERIOD_FINAL: 1, NoticeKind.PRIZE_WON: 250}
        assert await here.differences() == []


async def _pass(here: Scene, store: Store, now: datetime) -> tuple[int, int]:
    """Tick until a pass meets nobody who is in the way: what it settled, what it paid."""
    settled = paid = 0
    for _ in range(20):
        done = [each async for each in tick(store, here.bus, here.program, now=now)]
        settled += done[0].count
        paid += done[1].count
        if not any(each.failure for each in done):
            return settled, paid
    pytest.fail("it was kept from passing 20 times")
