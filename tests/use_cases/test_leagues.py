"""Leagues: cohorts of a few, and levels that members rise and fall through week by week."""

import asyncio
from collections import Counter

import pytest

from gamification.definition.compiled import CompiledLeague, Zone
from gamification.definition.compiling import compile_program
from gamification.definition.problems import DefinitionRefused
from gamification.definition.reading import read_definition
from gamification.duties.run_leagues import run_leagues, seats_for
from gamification.ids import MemberId
from gamification.outcomes import NoticeKind
from gamification.seats import Cohort, LeagueRun, Newcomer
from gamification.tick import tick
from models.store import open_store
from tests.builders import definition, moment, rules, sent
from tests.databases import migrated_sqlite, postgresql_server, postgresql_url
from tests.scene import Scene, scene

__all__ = ["migrated_sqlite", "postgresql_server", "postgresql_url"]

RUN = LeagueRun("weekly", "w2026-03-02")


def course(**league: object) -> str:
    """A course whose weeks are played in cohorts of four: one up, one down."""
    written = {
        "leaderboard": "weekly",
        "levels": ["bronze", "silver", "gold"],
        "cohort": 4,
        "promote": 1,
        "demote": 1,
        **league,
    }
    return definition(
        metrics={"score": {"sum": "value", "of": "visit"}},
        leaderboards={"weekly": {"metric": "score", "every": "week"}},
        leagues={"weekly": written},
    )


async def ticked(here: Scene, now: str) -> int:
    """One pass; how many members were seated or moved."""
    here.now = moment(now)
    done: dict[str, int] = {}
    async for each in tick(here.store, here.bus, here.program, now=here.now):
        assert each.failure is None, each.failure
        done[each.duty] = each.count
    return done["run_leagues"]


async def visited(here: Scene, at: str, **values: int) -> None:
    """Each member visits, one second after the other."""
    here.now = max(here.now, moment(at))
    for number, (member, value) in enumerate(values.items()):
        when = moment(at).replace(second=number)
        key = f"{member} {at}"
        here.now = max(here.now, when)
        await here.recorded(sent(member=member, value=str(value), at=when, key=key))


async def seats(here: Scene, window: str) -> dict[str, tuple[int, int, int | None]]:
    """Who plays where in a run: level, cohort, and the level they took from it."""
    members = {member.id: member.external_id for member in await here.members()}
    reading = here.store.reading(here.program.record)
    found = await reading.seats([LeagueRun("weekly", window)], list(members))
    return {
        members[member]: (seat.cohort.level, seat.cohort.number, seat.next_level)
        for (_, member), seat in found.items()
    }


async def test_members_are_seated_in_the_order_in_which_they_come() -> None:
    here = await scene(course(), now=moment("2026-03-01"))
    await visited(here, "2026-03-03 10:00", ann=1, bob=1, cat=1, dan=1, eve=1)
    assert await ticked(here, "2026-03-03 10:01") == 5
    await visited(here, "2026-03-04 10:00", fay=9)
    assert await ticked(here, "2026-03-04 10:01") == 1
    assert await ticked(here, "2026-03-04 10:02") == 0
    first, second = (1, 1, None), (1, 2, None)
    assert await seats(here, "w2026-03-02") == {
        **dict.fromkeys(("ann", "bob", "cat", "dan"), first),
        **dict.fromkeys(("eve", "fay"), second),
    }
    assert await here.differences() == []


async def test_the_first_goes_up_the_last_goes_down_and_nobody_below_the_lowest() -> None:
    here = await scene(course(), now=moment("2026-03-01"))
    await visited(here, "2026-03-03 10:00", ann=9, bob=7, cat=5, dan=3)
    assert await ticked(here, "2026-03-09 01:00") == 8
    assert await seats(here, "w2026-03-02") == {
        "ann": (1, 1, 2),
        "bob": (1, 1, 1),
        "cat": (1, 1, 1),
        "dan": (1, 1, 1),
    }
    await visited(here, "2026-03-10 10:00", bob=4, ann=2, dan=6)
    assert await ticked(here, "2026-03-16 01:00") == 6
    assert await seats(here, "w2026-03-09") == {
        "ann": (2, 1, 3),
        "bob": (1, 1, 1),
        "dan": (1, 1, 2),
    }
    await visited(here, "2026-03-17 10:00", ann=1, dan=8, bob=3, cat=5)
    assert await ticked(here, "2026-03-23 01:00") == 8
    assert await seats(here, "w2026-03-16") == {
        "ann": (3, 1, 3),
        "dan": (2, 1, 3),
        "cat": (1, 1, 2),
        "bob": (1, 1, 1),
    }
    told = [
        (each.kind, each.details["level"])
        for each in await here.notices()
        if each.about == "weekly" and each.kind is not NoticeKind.PERIOD_FINAL
    ]
    assert told == [
        (NoticeKind.LEAGUE_PROMOTED, "silver"),
        (NoticeKind.LEAGUE_PROMOTED, "silver"),
        (NoticeKind.LEAGUE_PROMOTED, "gold"),
        (NoticeKind.LEAGUE_PROMOTED, "silver"),
        (NoticeKind.LEAGUE_PROMOTED, "gold"),
    ]
    assert await here.differences() == []


async def test_a_fall_is_told_and_levels_wait_for_the_run_before() -> None:
    here = await scene(course(demote=2), now=moment("2026-03-01"))
    await visited(here, "2026-03-03 10:00", ann=9)
    await visited(here, "2026-03-03 11:00", bob=8)
    await ticked(here, "2026-03-09 01:00")
    await visited(here, "2026-03-10 10:00", ann=1, bob=2)
    await ticked(here, "2026-03-16 00:30")
    await visited(here, "2026-03-16 00:40", bob=2)
    assert await ticked(here, "2026-03-16 00:50") == 0  # the week before is settling
    assert await seats(here, "w2026-03-16") == {}
    assert await ticked(here, "2026-03-16 01:00") == 3
    assert await seats(here, "w2026-03-09") == {"ann": (2, 1, 3), "bob": (1, 1, 2)}
    assert await seats(here, "w2026-03-16") == {"bob": (2, 1, None)}
    await visited(here, "2026-03-17 10:00", ann=5, cat=5)
    await ticked(here, "2026-03-17 10:01")
    await visited(here, "2026-03-24 10:00", cat=5)
    await ticked(here, "2026-03-24 10:01")
    await visited(here, "2026-03-24 11:00", bob=9, ann=1)
    await ticked(here, "2026-03-30 01:00")
    assert await seats(here, "w2026-03-23") == {
        "cat": (2, 1, 3),
        "bob": (3, 1, 3),
        "ann": (3, 1, 2),
    }
    ann = (await here.member("ann")).id
    (fall,) = [each for each in await here.notices() if each.kind is NoticeKind.LEAGUE_DEMOTED]
    assert (fall.member, fall.about, fall.is_public) == (ann, "weekly", False)
    assert fall.details == {"period": "w2026-03-23", "level": "silver"}
    assert await here.differences() == []


async def test_after_a_downtime_runs_are_played_one_after_the_other() -> None:
    stepped = await scene(course(), now=moment("2026-03-01"))
    at_once = await scene(course(), now=moment("2026-03-01"))
    for at, values in (
        ("2026-03-03 10:00", {"ann": 9, "bob": 7, "cat": 5, "dan": 3, "eve": 1}),
        ("2026-03-10 10:00", {"bob": 4, "ann": 2, "dan": 6, "eve": 9}),
        ("2026-03-17 10:00", {"eve": 1, "ann": 5, "dan": 8}),
    ):
        for here in (stepped, at_once):
            await visited(here, at, **values)
        await ticked(stepped, at)
        await ticked(stepped, at.replace(" 10:00", " 23:00"))
    for here in (stepped, at_once):
        await ticked(here, "2026-03-23 01:00")
        assert await here.differences() == []
    for window in ("w2026-03-02", "w2026-03-09", "w2026-03-16"):
        assert await seats(stepped, window) == await seats(at_once, window)


async def test_what_is_late_changes_no_level() -> None:
    here = await scene(course(), now=moment("2026-03-01"))
    await visited(here, "2026-03-03 10:00", ann=9, bob=7)
    await ticked(here, "2026-03-09 01:00")
    late = moment("2026-03-08 20:00")
    await here.recorded(
        sent(member="bob", value="99", at=late, key="late"),
        sent(member="cat", value="99", at=late, key="later"),
    )
    assert await ticked(here, "2026-03-09 02:00") == 0
    assert await seats(here, "w2026-03-02") == {"ann": (1, 1, 2), "bob": (1, 1, 1)}
    assert await here.differences() == []


async def test_a_run_is_closed_by_the_rules_in_force_at_its_end() -> None:
    here = await scene(course(), now=moment("2026-03-01"))
    await visited(here, "2026-03-03 10:00", ann=9, bob=7)
    here.now = moment("2026-03-09 00:30")
    await here.apply(course(promote=2, demote=0))
    await ticked(here, "2026-03-09 01:00")
    assert await seats(here, "w2026-03-02") == {"ann": (1, 1, 2), "bob": (1, 1, 1)}
    assert await here.differences() == []


async def test_a_wrong_level_is_found_by_the_auditor() -> None:
    here = await scene(course(), now=moment("2026-03-01"))
    await visited(here, "2026-03-03 10:00", ann=9, bob=7)
    await ticked(here, "2026-03-09 01:00")
    bob = (await here.member("bob")).id
    async with here.store.writing(here.program.record) as writing:
        await writing.put_next_levels(RUN, {bob: 3})
    (difference,) = await here.differences()
    assert str(difference) == (
        f"the next level of weekly w2026-03-02, level 1, cohort 1: stored 3 for {bob}, computed 1"
    )


async def test_four_processes_at_once_fill_cohorts_to_the_brim(postgresql_url: str) -> None:
    members = {f"m{number:02}": number + 1 for number in range(41)}
    async with open_store(postgresql_url, pool_size=8) as store:
        here = await scene(course(), store=store, now=moment("2026-03-01"))
        await here.recorded(
            *(
                sent(member=member, value=str(value), at=moment("2026-02-28"), key=member)
                for member, value in members.items()
            )
        )
        now = moment("2026-03-01")
        done = await asyncio.gather(
            *(run_leagues(store, here.bus, here.program, now=now) for _ in range(4))
        )
        assert sum(done) == 41
        sizes = await store.reading(here.program.record).cohort_sizes(
            LeagueRun("weekly", "w2026-02-23")
        )
    assert sizes == {**{Cohort(1, number): 4 for number in range(1, 11)}, Cohort(1, 11): 1}


# ------------------------------------------------------------------------------ rules of the game


def league(**parts: object) -> CompiledLeague:
    compiled, _ = compile_program(read_definition(course(**parts)))
    return compiled.leagues["weekly"]


@pytest.mark.parametrize(
    ("level", "size", "zones"),
    [
        (1, 4, "PSSS"),
        (2, 4, "PSSD"),
        (3, 4, "SSSD"),
        (2, 2, "PD"),
        (2, 1, "P"),
        (3, 1, "S"),
    ],
)
def test_zones_of_a_cohort(level: int, size: int, zones: str) -> None:
    here = league()
    found = [here.zone(level, position, size=size) for position in range(1, size + 1)]
    letters = {Zone.PROMOTION: "P", Zone.SAFE: "S", Zone.DEMOTION: "D"}
    assert "".join(letters[zone] for zone in found) == zones


def test_newcomers_fill_the_last_cohort_of_their_level_first() -> None:
    new = [Newcomer(MemberId(number), level) for number, level in enumerate([1, 9, None, 1, 3])]
    given = seats_for(league(), RUN, new, {Cohort(1, 1): 4, Cohort(1, 2): 2, Cohort(3, 1): 4})
    assert [seat.cohort for seat in given] == [
        Cohort(1, 2),
        Cohort(3, 2),
        Cohort(1, 2),
        Cohort(1, 3),
        Cohort(3, 2),
    ]
    assert Counter(seat.run for seat in given) == {RUN: 5}


@pytest.mark.parametrize(
    ("parts", "path", "message"),
    [
        ({"leaderboard": "none"}, "leagues.weekly.leaderboard", "there is no leaderboard 'none'"),
        (
            {"levels": ["bronze", "bronze"]},
            "leagues.weekly.levels",
            "name a level twice",
        ),
        ({"promote": 3, "demote": 2}, "leagues.weekly", "moves 3 up and 2 down of 4"),
    ],
)
def test_what_cannot_be_played_is_refused(
    parts: dict[str, object], path: str, message: str
) -> None:
    with pytest.raises(DefinitionRefused) as refused:
        compile_program(read_definition(course(**parts)))
    assert [(each.path, each.message) for each in refused.value.problems] == [(path, message)]


def test_a_board_without_ends_cannot_be_played_on() -> None:
    with pytest.raises(DefinitionRefused) as refused:
        rules(
            metrics={"score": {"sum": "value", "of": "visit"}},
            leaderboards={"ever": {"metric": "score"}},
            leagues={"l": {"leaderboard": "ever", "levels": ["a", "b"], "promote": 1}},
        )
    (problem,) = refused.value.problems
    assert (problem.path, problem.message) == (
        "leagues.l.leaderboard",
        "is played on a board of all time, whose run never ends",
    )
