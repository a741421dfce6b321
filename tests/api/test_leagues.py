"""Member.leagues: the level, the cohort, and what the end of the run would bring."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gamification.tick import tick
from tests.api.world import Deploy, World

COURSE = """
key: course
name: Course
activities:
  lesson: {value: xp}
metrics:
  xp: {sum: value, of: lesson}
leaderboards:
  weekly: {metric: xp, every: week}
leagues:
  duel: {name: The Duel, leaderboard: weekly, levels: [bronze, silver], cohort: 3, promote: 1,
    demote: 1}
"""
WEDNESDAY = datetime(2017, 8, 30, 12, tzinfo=UTC)
SUNDAY = datetime(2017, 9, 3, 12, tzinfo=UTC)
MONDAY = datetime(2017, 9, 4, 1, tzinfo=UTC)

LEAGUES = """query ($member: String!, $at: DateTime) { member(externalId: $member) {
  leagues(at: $at) {
    key name levels level nextLevel cohort promotes demotes period { key state endsAt }
    entry { position zone }
    entries { rank position score zone member { externalId } }
  }
} }"""


async def finish(world: World) -> None:
    async for each in tick(world.store, world.hub, world.program, now=world.at):
        assert each.failure is None


@pytest.fixture
async def course(deploy: Deploy) -> World:
    """Ann 9, bob 5 and cy 5 in one cohort, dora 1 in the next: bob was first to 5."""
    world = await deploy(COURSE)
    world.at = WEDNESDAY
    for member, xp in (("ann", "9"), ("bob", "5"), ("cy", "5"), ("dora", "1")):
        await world.did(member, "lesson", value=xp)
    return world


async def asked(world: World, member: str, at: datetime | None = None) -> dict[str, Any]:
    moment = at.isoformat() if at else None
    data = await world.ask(LEAGUES, member=member, at=moment)
    (league,) = data["member"]["leagues"]
    return league


async def test_before_a_seat_is_given_there_is_a_level_and_no_cohort(course: World) -> None:
    assert await asked(course, "ann") == {
        "key": "duel",
        "name": "The Duel",
        "levels": ["bronze", "silver"],
        "level": "bronze",
        "nextLevel": None,
        "cohort": None,
        "promotes": 1,
        "demotes": 1,
        "period": {"key": "w2017-08-28", "state": "OPEN", "endsAt": "2017-09-04T00:00:00Z"},
        "entry": None,
        "entries": [],
    }


async def test_a_cohort_is_ranked_among_itself_with_its_zones(course: World) -> None:
    await finish(course)
    league = await asked(course, "cy")
    assert (league["level"], league["cohort"]) == ("bronze", 1)
    assert league["entry"] == {"position": 3, "zone": "SAFE"}
    assert [
        (each["rank"], each["position"], each["score"], each["zone"], each["member"]["externalId"])
        for each in league["entries"]
    ] == [
        (1, 1, "9", "PROMOTION", "ann"),
        (2, 2, "5", "SAFE", "bob"),
        (2, 3, "5", "SAFE", "cy"),
    ]
    alone = await asked(course, "dora")
    assert (alone["cohort"], alone["entry"]) == (2, {"position": 1, "zone": "PROMOTION"})


async def test_the_end_of_the_week_moves_members_and_the_next_one_begins(course: World) -> None:
    await finish(course)
    course.at = MONDAY
    await finish(course)
    over = await asked(course, "ann", SUNDAY)
    assert (over["level"], over["nextLevel"]) == ("bronze", "silver")
    assert over["period"]["state"] == "FINAL"
    assert [each["member"]["externalId"] for each in over["entries"]] == ["ann", "bob", "cy"]
    now = await asked(course, "ann")
    assert (now["level"], now["cohort"], now["entries"]) == ("silver", None, [])
    for member, xp in (("dora", "4"), ("ann", "3"), ("bob", "8")):
        await course.did(member, "lesson", value=xp)
    await finish(course)
    rows = [
        (each["zone"], each["member"]["externalId"])
        for each in (await asked(course, "ann"))["entries"]
    ]
    assert rows == [("SAFE", "dora"), ("DEMOTION", "ann")]
    assert (await asked(course, "bob"))["entry"] == {"position": 1, "zone": "PROMOTION"}


async def test_late_activity_does_not_change_a_cohort_that_is_over(course: World) -> None:
    await finish(course)
    course.at = MONDAY
    await finish(course)
    await course.did("cy", "lesson", value="100", occurred_at=SUNDAY)
    over = await asked(course, "cy", SUNDAY)
    assert over["entry"] == {"position": 3, "zone": "SAFE"}
    assert over["nextLevel"] == "bronze"


async def test_a_program_without_leagues_has_none(world: World) -> None:
    await world.did("ann", "visit")
    data = await world.ask('{ member(externalId: "ann") { leagues { key } } }')
    assert data["member"]["leagues"] == []
