"""placeInTier, and what holds a level."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.world import NOON, Deploy, World

HOTEL = """
key: hotel
name: Hotel
activities: {stay: {value: nights}}
metrics: {nights: {sum: value, of: stay}, stays: {count: stay}}
tiers:
  status:
    any_of: [{metric: nights}, {metric: stays}]
    rollover: true
    levels:
      member: 0
      silver: {at: {nights: 10, stays: 4}}
      gold: {at: {nights: 40}, for_life: {metric: nights, at_least: 60}}
"""

TIER = """
tier { level { key thresholds lifeThreshold } heldBy holdsUntil projected { key } pointsToKeep
  pointsToNext numbers { key value rolledOver toKeep toNext } levelForLife { key }
  placedIn { key } placedUntil }
"""
PLACE = f"""
mutation ($input: PlaceInTierInput!) {{
  placeInTier(input: $input) {{ {TIER} replayed userErrors {{ code field message }} }}
}}
"""
BY_HAND = {"tier": "status", "reason": "status match", "actor": "desk"}


@pytest.fixture
async def hotel(deploy: Deploy) -> World:
    return await deploy(HOTEL)


async def place(hotel: World, **given: Any) -> dict[str, Any]:
    whole = {"member": "ann", **BY_HAND, **given}
    return (await hotel.ask(PLACE, input=whole))["placeInTier"]


async def tier(hotel: World) -> dict[str, Any]:
    found = await hotel.ask(
        f'{{ member(externalId: "ann") {{ {TIER.replace("tier", "tiers", 1)} }} }}'
    )
    return found["member"]["tiers"][0]


async def test_a_member_is_placed_until_a_time(hotel: World) -> None:
    await hotel.did("ann", "stay", value="3")
    placed = await place(hotel, level="silver", until="2017-12-01T00:00:00Z", key="match")
    assert placed == {
        "tier": {
            "level": {"key": "silver", "thresholds": ["10", "4"], "lifeThreshold": None},
            "heldBy": "PLACEMENT",
            "holdsUntil": "2017-12-01T00:00:00Z",
            "projected": {"key": "member"},
            "pointsToKeep": "7",
            "pointsToNext": "37",
            "numbers": [
                {"key": "nights", "value": "3", "rolledOver": "0", "toKeep": "7", "toNext": "37"},
                {"key": "stays", "value": "1", "rolledOver": "0", "toKeep": "3", "toNext": None},
            ],
            "levelForLife": None,
            "placedIn": {"key": "silver"},
            "placedUntil": "2017-12-01T00:00:00Z",
        },
        "replayed": False,
        "userErrors": [],
    }
    again = await place(hotel, level="silver", until="2017-12-01T00:00:00Z", key="match")
    assert again["replayed"]
    hotel.at = NOON.replace(month=12)
    now = await tier(hotel)
    assert (now["level"]["key"], now["heldBy"], now["placedIn"]) == ("member", "NUMBERS", None)


async def test_it_never_lowers_and_is_taken_back(hotel: World) -> None:
    await hotel.did("ann", "stay", value="12")
    lower = await place(hotel, level="member")
    assert (lower["tier"]["level"]["key"], lower["tier"]["heldBy"]) == ("silver", "NUMBERS")
    assert (await place(hotel, level="gold"))["tier"]["holdsUntil"] is None
    back = (await place(hotel))["tier"]
    assert (back["level"]["key"], back["placedIn"]) == ("silver", None)


async def test_what_is_left_over_and_what_is_for_life(hotel: World) -> None:
    await hotel.did("ann", "stay", value="30")
    hotel.at += timedelta(days=200)
    await hotel.did("ann", "stay", value="31")
    found = await tier(hotel)
    assert found["numbers"][0] == {
        "key": "nights", "value": "51", "rolledOver": "20", "toKeep": "0", "toNext": None,
    }  # fmt: skip
    assert (found["level"]["key"], found["holdsUntil"]) == ("gold", None)
    assert found["levelForLife"] == {"key": "gold"}
    assert found["level"]["lifeThreshold"] == "60"
    hotel.at += timedelta(days=2000)
    later = await tier(hotel)
    assert (later["level"]["key"], later["heldBy"]) == ("gold", "FOR_LIFE")


async def test_what_there_is_not_is_refused_and_leaves_nothing(hotel: World) -> None:
    for given, code, field in (
        ({"tier": "statos"}, "NOT_FOUND", "tier"),
        ({"level": "golden"}, "NOT_FOUND", "level"),
        ({"level": "gold", "reason": ""}, "INVALID_INPUT", "reason"),
        ({"level": "gold", "actor": " "}, "INVALID_INPUT", "actor"),
    ):
        refused = await place(hotel, **given)
        (error,) = refused["userErrors"]
        assert (error["code"], error["field"]) == (code, [field])
        assert refused["tier"] is None
    assert await hotel.store.reading(hotel.program.record).member_count() == 0


async def test_progress_bars_show_the_level_above(hotel: World) -> None:
    await hotel.did("ann", "stay", value="12")
    found = await hotel.ask(
        """{ member(externalId: "ann") { progress(kinds: [TIER]) {
          kind key current target fraction remaining startsAt endsAt nextMilestone { key }
          milestones { key target isReached reachedAt } criteria { name current target }
        } } }"""
    )
    assert found["member"]["progress"] == [
        {
            "kind": "TIER",
            "key": "status",
            "current": "12",
            "target": "40",
            "fraction": "0.3",
            "remaining": "28",
            "startsAt": "2017-01-01T00:00:00Z",
            "endsAt": "2018-01-01T00:00:00Z",
            "nextMilestone": {"key": "gold"},
            "milestones": [
                {"key": "member", "target": "0", "isReached": True, "reachedAt": None},
                {"key": "silver", "target": "10", "isReached": True, "reachedAt": None},
                {"key": "gold", "target": "40", "isReached": False, "reachedAt": None},
            ],
            "criteria": [{"name": "nights", "current": "12", "target": "40"}],
        }
    ]


async def test_a_placement_moves_the_bar(hotel: World) -> None:
    await place(hotel, level="silver")
    query = '{ member(externalId: "ann") { progress { current target } } }'
    assert (await hotel.ask(query))["member"]["progress"] == [{"current": "0", "target": "40"}]


EXPLAIN = """{ member(externalId: "ann") { explainTier(tier: "status") {
  version nextLevel { key } earned { key } earnedUntil levelsFallen
  tier { level { key } heldBy holdsUntil numbers { key toKeep toNext } }
  windows { startsAt level { key } numbers { key value rolledOver level { key } } }
  heldFrom { startsAt }
  floors { level { key } value atLeast isReached }
  placement { level until reason actor placedAt key stands }
  activities { activity { key } version reached moved { key amount } }
} } }"""


async def explained(hotel: World) -> dict[str, Any]:
    return (await hotel.ask(EXPLAIN))["member"]["explainTier"]


async def test_a_level_is_explained_to_the_end(hotel: World) -> None:
    await hotel.did("ann", "stay", value="30", key="first")
    hotel.at += timedelta(days=200)  # 2018-03-18
    await hotel.did("ann", "stay", value="2", key="second")
    await place(hotel, level="gold", until="2018-06-01T00:00:00Z", key="match")
    found = await explained(hotel)
    silver, gold = {"key": "silver"}, {"key": "gold"}
    assert found == {
        "version": 1,
        "nextLevel": None,
        "earned": silver,
        "earnedUntil": "2020-01-01T00:00:00Z",
        "levelsFallen": 0,
        "tier": {
            "level": gold,
            "heldBy": "PLACEMENT",
            "holdsUntil": "2018-06-01T00:00:00Z",
            "numbers": [
                {"key": "nights", "toKeep": "18", "toNext": None},
                {"key": "stays", "toKeep": None, "toNext": None},
            ],
        },
        "windows": [
            {
                "startsAt": "2018-01-01T00:00:00Z",
                "level": silver,
                "numbers": [
                    {"key": "nights", "value": "22", "rolledOver": "20", "level": silver},
                    {"key": "stays", "value": "1", "rolledOver": "0", "level": {"key": "member"}},
                ],
            },
            {
                "startsAt": "2017-01-01T00:00:00Z",
                "level": silver,
                "numbers": [
                    {"key": "nights", "value": "30", "rolledOver": "0", "level": silver},
                    {"key": "stays", "value": "1", "rolledOver": "0", "level": {"key": "member"}},
                ],
            },
        ],
        "heldFrom": {"startsAt": "2018-01-01T00:00:00Z"},
        "floors": [{"level": gold, "value": "32", "atLeast": "60", "isReached": False}],
        "placement": {
            "level": "gold",
            "until": "2018-06-01T00:00:00Z",
            "reason": "status match",
            "actor": "desk",
            "placedAt": "2018-03-18T12:00:02.000001Z",
            "key": "match",
            "stands": True,
        },
        "activities": [
            {
                "activity": {"key": "second"},
                "version": 1,
                "reached": None,
                "moved": [{"key": "nights", "amount": "2"}, {"key": "stays", "amount": "1"}],
            },
            {
                "activity": {"key": "first"},
                "version": 1,
                "reached": "silver",
                "moved": [{"key": "nights", "amount": "30"}, {"key": "stays", "amount": "1"}],
            },
        ],
    }


async def test_an_explanation_knows_what_has_ended(hotel: World) -> None:
    await hotel.did("ann", "stay", value="10", key="first")
    await place(hotel, level="gold", key="match")
    await place(hotel, key="back")
    hotel.at += timedelta(days=500)  # 2019-01-12
    found = await explained(hotel)
    assert (found["earned"], found["earnedUntil"]) == ({"key": "member"}, None)
    assert (found["heldFrom"], found["nextLevel"]) == (None, {"key": "silver"})
    assert found["placement"]["level"] is None
    assert not found["placement"]["stands"]
    levels = [each["level"]["key"] for each in found["windows"]]
    assert levels == ["member", "member", "silver"]  # the oldest is read for what rolls over
    assert [each["activity"]["key"] for each in found["activities"]] == ["first"]


async def test_an_unknown_ladder_is_not_explained(hotel: World) -> None:
    await hotel.did("ann", "stay", value="10")
    (error,) = (await hotel.answer(EXPLAIN.replace('"status"', '"statos"')))["errors"]
    assert error["message"] == "there is no tier 'statos'"
    assert error["extensions"]["code"] == "NOT_FOUND"
