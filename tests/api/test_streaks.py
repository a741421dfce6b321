"""Streaks by command: freezes granted, pauses, restores, and moves to other time zones."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api.world import NOON, Deploy, World

COURSE = """
key: course
name: Course
activities: {lesson: {}}
metrics: {lessons: {count: lesson}}
points: {gems: {start: 120}}
streaks:
  daily:
    metric: lessons
    zone: member
    freezes: {most: 2}
    pauses: {most: 5, per: year}
    restore: {within: 2, per: month, cost: {gems: 100}}
    targets: [2, 7]
  weekly: {metric: lessons, every: week}
"""

STREAK = """
streak { key length longest freezes expiresAt pausedUntil pausesLeft targets nextTarget
  restorable { length until cost unit } }
entries { rule granted balance } replayed userErrors { code field message }
"""
DAY = timedelta(days=1)


@pytest.fixture
async def course(deploy: Deploy) -> World:
    return await deploy(COURSE)


async def learn(course: World, at: datetime) -> None:
    course.at = at
    sent = 'mutation { recordActivity(input: {member: "zoe", type: "lesson"}) { replayed } }'
    assert await course.ask(sent) == {"recordActivity": {"replayed": False}}


async def command(course: World, name: str, **given: Any) -> dict[str, Any]:
    type_ = f"{name[0].upper()}{name[1:]}Input"
    query = f"mutation ($input: {type_}!) {{ {name}(input: $input) {{ {STREAK} }} }}"
    whole = {"member": "zoe", "streak": "daily", **given}
    return (await course.ask(query, input=whole))[name]


def daily(**different: Any) -> dict[str, Any]:
    usual = {
        "key": "daily",
        "length": 1,
        "longest": 1,
        "freezes": 0,
        "expiresAt": "2017-09-01T00:00:00Z",
        "pausedUntil": None,
        "pausesLeft": 5,
        "targets": [2, 7],
        "nextTarget": 2,
        "restorable": None,
    }
    return {**usual, **different}


async def test_freezes_are_granted_with_a_reason(course: World) -> None:
    await learn(course, NOON)
    by_hand = {"reason": "our outage", "actor": "support"}
    granted = await command(course, "grantFreezes", count=2, key="sorry", **by_hand)
    assert granted == {
        "streak": daily(freezes=2, expiresAt="2017-09-03T00:00:00Z"),
        "entries": [],
        "replayed": False,
        "userErrors": [],
    }
    assert (await command(course, "grantFreezes", count=2, key="sorry", **by_hand))["replayed"]
    refused = await command(course, "grantFreezes", count=1, **by_hand)
    assert refused["userErrors"] == [
        {
            "code": "LIMIT_REACHED",
            "field": ["count"],
            "message": "It has 2 freezes of at most 2: grant at most 0.",
        }
    ]
    stored = await course.ask('{ activity(key: "sorry") { type value properties } }')
    assert stored["activity"] == {
        "type": "streak:freezes_granted",
        "value": "2",
        "properties": {"streak": "daily", "reason": "our outage", "actor": "support"},
    }


async def test_a_streak_is_paused_and_resumed(course: World) -> None:
    await learn(course, NOON)
    paused = await command(course, "pauseStreak", periods=4)
    expires = "2017-09-05T00:00:00Z"
    assert paused["streak"] == daily(expiresAt=expires, pausesLeft=1)
    course.at = NOON + 2 * DAY
    (error,) = (await command(course, "pauseStreak", periods=1))["userErrors"]
    assert (error["code"], error["message"]) == (
        "INAPPLICABLE",
        "It is paused already: resume it first.",
    )
    resumed = await command(course, "resumeStreak")
    assert resumed["streak"] == daily(expiresAt="2017-09-02T00:00:00Z", pausesLeft=4)
    (error,) = (await command(course, "resumeStreak"))["userErrors"]
    assert (error["code"], error["message"]) == ("INAPPLICABLE", "It is not paused.")
    (error,) = (await command(course, "pauseStreak", periods=5))["userErrors"]
    assert (error["code"], error["field"]) == ("LIMIT_REACHED", ["periods"])
    assert error["message"] == "4 of 5 periods (each a day) are left for pauses in this year."


async def test_what_has_ended_is_restored_once_a_month_at_a_price(course: World) -> None:
    await learn(course, NOON - DAY)
    await learn(course, NOON)
    course.at = NOON + 2 * DAY
    restorable = {"length": 2, "until": "2017-09-03T00:00:00Z", "cost": "100", "unit": "gems"}
    found = await course.ask(
        '{ member(externalId: "zoe") { streaks { length restorable { length until cost unit } } } }'
    )
    assert found["member"]["streaks"][0] == {"length": 0, "restorable": restorable}
    restored = await command(course, "restoreStreak")
    assert restored == {
        "streak": daily(length=2, longest=2, expiresAt="2017-09-02T00:00:00Z", nextTarget=7),
        "entries": [
            {"rule": "opening", "granted": "120", "balance": "120"},
            {"rule": "restore/daily", "granted": "-100", "balance": "20"},
        ],
        "replayed": False,
        "userErrors": [],
    }
    course.at = NOON + 4 * DAY
    (error,) = (await command(course, "restoreStreak"))["userErrors"]
    assert (error["code"], error["message"]) == (
        "LIMIT_REACHED",
        "It may be restored 1 times in a month, and was.",
    )
    course.at = NOON + 40 * DAY
    (error,) = (await command(course, "restoreStreak"))["userErrors"]
    assert error["code"] == "INAPPLICABLE"
    await learn(course, NOON + 40 * DAY)
    course.at = NOON + 42 * DAY
    (error,) = (await command(course, "restoreStreak"))["userErrors"]
    assert (error["code"], error["message"]) == (
        "INSUFFICIENT_POINTS",
        "It costs 100 gems, and there are 20.",
    )
    data = await course.ask('{ member(externalId: "zoe") { points { balance } } }')
    assert data == {"member": {"points": [{"balance": "20"}]}}


async def test_days_follow_the_member(course: World) -> None:
    move = """mutation ($zone: String!) {
      moveMember(input: {externalId: "zoe", timeZone: $zone, key: "to Tokyo"}) {
        member { timeZone streaks { key expiresAt } } replayed userErrors { code field message }
      } }"""
    await learn(course, NOON)
    assert (await course.ask(move, zone="Asia/Tokyo"))["moveMember"] == {
        "member": {
            "timeZone": "Asia/Tokyo",
            "streaks": [
                # The day of the move is done; the next one ends at midnight in Tokyo.
                {"key": "daily", "expiresAt": "2017-08-31T15:00:00Z"},
                {"key": "weekly", "expiresAt": "2017-09-11T00:00:00Z"},
            ],
        },
        "replayed": False,
        "userErrors": [],
    }
    assert (await course.ask(move, zone="Asia/Tokyo"))["moveMember"]["replayed"]
    refused = (await course.ask(move, zone="Asia/Tokio"))["moveMember"]
    assert refused["member"] is None
    assert refused["userErrors"] == [
        {
            "code": "INVALID_INPUT",
            "field": ["timeZone"],
            "message": "'Asia/Tokio' is not a time zone: did you mean Asia/Tokyo or Asia/Tomsk or "
            "Asia/Omsk?",
        }
    ]


async def test_commands_about_what_there_is_not_are_refused(course: World) -> None:
    for name, given in {
        "grantFreezes": {"count": 1, "reason": "r", "actor": "a"},
        "pauseStreak": {"periods": 1},
        "resumeStreak": {},
        "restoreStreak": {},
    }.items():
        (error,) = (await command(course, name, streak="dayly", **given))["userErrors"]
        assert (error["code"], error["field"]) == ("NOT_FOUND", ["streak"])
        (error,) = (await command(course, name, streak="weekly", **given))["userErrors"]
        assert error["code"] == "INAPPLICABLE"
    for wrong in ({"count": 0}, {"reason": " "}, {"actor": ""}):
        whole = {"count": 1, "reason": "r", "actor": "a", **wrong}
        (error,) = (await command(course, "grantFreezes", **whole))["userErrors"]
        assert (error["code"], error["field"]) == ("INVALID_INPUT", list(wrong))
    (error,) = (await command(course, "pauseStreak", periods=6))["userErrors"]
    assert (error["code"], error["message"]) == ("INVALID_INPUT", "Pause it for 1 to 5 periods.")
    assert await course.store.reading(course.program.record).member_count() == 0


async def test_progress_bars_show_the_next_target(course: World) -> None:
    query = """{ member(externalId: "zoe") { progress {
      kind key name current target fraction remaining startsAt endsAt completedAt
      nextMilestone { key } milestones { key target isReached reachedAt }
    } } }"""
    await learn(course, NOON)
    await learn(course, NOON + DAY)
    assert (await course.ask(query))["member"]["progress"] == [
        {
            "kind": "STREAK",
            "key": "daily",
            "name": "daily",
            "current": "2",
            "target": "7",
            "fraction": "0.2857",
            "remaining": "5",
            "startsAt": None,
            "endsAt": "2017-09-02T00:00:00Z",
            "completedAt": None,
            "nextMilestone": {"key": "7"},
            "milestones": [
                {"key": "2", "target": "2", "isReached": True, "reachedAt": None},
                {"key": "7", "target": "7", "isReached": False, "reachedAt": None},
            ],
        }
    ]
    only = '{ member(externalId: "zoe") { progress(kinds: [TIER, BADGE]) { key } } }'
    assert (await course.ask(only))["member"]["progress"] == []


async def test_an_activity_tells_the_bar_that_it_moved(course: World) -> None:
    query = """mutation { recordActivity(input: {member: "zoe", type: "lesson"}) {
      progress { kind key current } } }"""
    moved = [{"kind": "STREAK", "key": "daily", "current": "1"}]
    assert (await course.ask(query))["recordActivity"]["progress"] == moved
    assert (await course.ask(query))["recordActivity"]["progress"] == []


EXPLAIN = """{ member(externalId: "zoe") { explainStreak(streak: "daily") {
  streak { length } version number atLeast endedBy { startsAt }
  periods { startsAt endsAt state amount endedLength }
} } }"""


async def explained(course: World) -> list[tuple[str, str, str, int | None]]:
    found = (await course.ask(EXPLAIN))["member"]["explainStreak"]
    return [
        (each["startsAt"][5:10], each["state"], each["amount"], each["endedLength"])
        for each in found["periods"]
    ]


async def test_each_period_is_explained(course: World) -> None:
    await learn(course, NOON)
    await command(course, "grantFreezes", count=1, reason="our outage", actor="support")
    await learn(course, NOON + 2 * DAY)
    await learn(course, NOON + 2 * DAY)
    await command(course, "pauseStreak", periods=2)
    course.at = NOON + 7 * DAY
    assert await explained(course) == [
        ("09-06", "RUNNING", "0", None),
        ("09-05", "MISSED", "0", None),
        ("09-04", "MISSED", "0", 2),
        ("09-03", "PAUSED", "0", None),
        ("09-02", "PAUSED", "0", None),
        ("09-01", "DONE", "2", None),
        ("08-31", "FROZEN", "0", None),
        ("08-30", "DONE", "1", None),
    ]
    whole = (await course.ask(EXPLAIN))["member"]["explainStreak"]
    assert (whole["streak"], whole["version"], whole["number"], whole["atLeast"]) == (
        {"length": 0}, 1, "lessons", "1",
    )  # fmt: skip
    assert whole["endedBy"] == {"startsAt": "2017-09-04T00:00:00Z"}
    assert whole["periods"][1]["endsAt"] == "2017-09-06T00:00:00Z"


async def test_what_is_late_changes_the_explanation(course: World) -> None:
    await learn(course, NOON)
    await learn(course, NOON + 2 * DAY)
    assert await explained(course) == [
        ("09-01", "DONE", "1", None),
        ("08-31", "MISSED", "0", 1),
        ("08-30", "DONE", "1", None),
    ]
    late = 'mutation { recordActivity(input: {member: "zoe", type: "lesson", occurredAt: '
    await course.ask(late + '"2017-08-31T10:00:00Z"}) { replayed } }')
    assert [state for _, state, *_ in await explained(course)] == ["DONE", "DONE", "DONE"]


async def test_a_day_that_a_flight_cut_short_asks_for_nothing(course: World) -> None:
    await learn(course, NOON)
    course.at = NOON + DAY
    flight = '{externalId: "zoe", timeZone: "Asia/Tokyo"}'
    moved = f"mutation {{ moveMember(input: {flight}) {{ replayed }} }}"
    assert await course.ask(moved) == {"moveMember": {"replayed": False}}
    await learn(course, NOON + 2 * DAY)
    assert await explained(course) == [
        ("08-31", "DONE", "1", None),
        ("08-30", "NOT_ASKED", "0", None),
        ("08-30", "DONE", "1", None),
    ]


async def test_an_unknown_streak_is_not_explained(course: World) -> None:
    await learn(course, NOON)
    asked = '{ member(externalId: "zoe") { explainStreak(streak: "dayly") { version } } }'
    answer = await course.answer(asked)
    assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
