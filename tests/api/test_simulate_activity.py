"""simulateActivity: what recordActivity would answer, with nothing written."""

from typing import Any

import pytest

from tests.api.world import World

TOLD = """
  replayed
  awards { badge { key } badgeKey level subject evidence { criterion value atLeast } version
    member { externalId } }
  revokedAwards { badgeKey }
  entries { unit requested granted limitedBy balance rule isAdjustment }
  progress { key current target fraction subject milestones { key reachedAt } }
  userErrors { code message field }
"""
SIMULATE = (
    f"query ($input: RecordActivityInput!) {{ simulateActivity(input: $input) {{ {TOLD} }} }}"
)
RECORD = f"mutation ($input: RecordActivityInput!) {{ recordActivity(input: $input) {{ {TOLD} }} }}"

STORED = """{ members(first: 5) { edges { node { externalId
  points { balance entries { edges { node { rule granted } } } }
  badges { edges { node { badgeKey } } } progress { key current }
  activities { edges { node { key } } } } } } }"""


async def simulated_then_recorded(world: World, **activity: object) -> dict[str, Any]:
    """What both answer, once it is sure that they agree and that the first wrote nothing."""
    before = await world.ask(STORED)
    foretold = (await world.ask(SIMULATE, input=activity))["simulateActivity"]
    assert await world.ask(STORED) == before
    assert (await world.ask(RECORD, input=activity))["recordActivity"] == foretold
    return foretold


async def test_a_new_member_is_simulated_and_stays_unknown(world: World) -> None:
    told = await simulated_then_recorded(world, member="ann", type="visit", key="v1")
    assert told["awards"] == [
        {
            "badge": {"key": "first-visit"},
            "badgeKey": "first-visit",
            "level": 1,
            "subject": None,
            "evidence": [{"criterion": "visits", "value": "1", "atLeast": "1"}],
            "version": 1,
            "member": {"externalId": "ann"},
        }
    ]
    assert told["progress"] == [
        {
            "key": "first-visit",
            "current": "1",
            "target": "1",
            "fraction": "1",
            "subject": None,
            "milestones": [{"key": "first-visit", "reachedAt": "2017-08-30T12:00:00Z"}],
        },
        {
            "key": "regular",
            "current": "1",
            "target": "2",
            "fraction": "0.5",
            "subject": None,
            "milestones": [
                {"key": "bronze", "reachedAt": None},
                {"key": "silver", "reachedAt": None},
            ],
        },
    ]


async def test_caps_floors_and_gifts_are_foretold(world: World) -> None:
    await world.upvotes("ann", 3)
    told = await simulated_then_recorded(
        world, member="ann", type="upvote", key="u", properties={"post": "p2"}
    )
    assert told["entries"] == [
        {
            "unit": "reputation",
            "requested": "10",
            "granted": "10",
            "limitedBy": None,
            "balance": "41",
            "rule": "earning/upvoted",
            "isAdjustment": False,
        }
    ]
    await world.upvotes("ann", 1)
    told = await simulated_then_recorded(
        world, member="ann", type="upvote", key="v", properties={"post": "p2"}
    )
    (entry,) = told["entries"]
    assert (entry["granted"], entry["limitedBy"]) == ("0", "cap/votes")


async def test_late_activity_is_judged_by_a_replay(world: World) -> None:
    for n in range(5):
        await world.did("ann", "upvote", properties={"post": f"p{n}"}, key=f"u{n}")
    told = await simulated_then_recorded(
        world,
        member="ann",
        type="upvote",
        key="early",
        properties={"post": "p0"},
        occurredAt="2017-08-30T11:00:00Z",
    )
    assert [
        (entry["rule"], entry["granted"], entry["limitedBy"], entry["isAdjustment"])
        for entry in told["entries"]
    ] == [
        ("opening", "1", None, False),
        ("earning/upvoted", "10", None, False),
        ("earning/upvoted", "-10", "cap/votes", True),
    ]


async def test_a_known_key_is_replayed(world: World) -> None:
    await world.did("ann", "visit", key="v1", occurred_at=None)
    told = await simulated_then_recorded(world, member="ann", type="visit", key="v1")
    assert told["replayed"] is True
    assert [award["badgeKey"] for award in told["awards"]] == ["first-visit"]


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"type": "dance"}, "UNKNOWN_ACTIVITY_TYPE", ["type"]),
        ({"value": "1.00001"}, "INVALID_INPUT", ["value"]),
        ({"member": "bob", "key": "v1"}, "IDEMPOTENCY_CONFLICT", ["member"]),
        ({"occurredAt": "2017-08-30T13:00:00Z"}, "IN_THE_FUTURE", ["occurredAt"]),
    ],
    ids=lambda each: str(each)[:30],
)
async def test_refusals_are_foretold(
    world: World, wrong: dict[str, Any], code: str, field: list[str]
) -> None:
    await world.did("ann", "visit", key="v1")
    told = await simulated_then_recorded(world, **{"member": "ann", "type": "visit", **wrong})
    (error,) = told["userErrors"]
    assert (error["code"], error["field"]) == (code, field)
    assert told["awards"] == told["entries"] == told["progress"] == []


async def test_what_a_late_sum_out_of_range_does_is_a_user_error(small_world: World) -> None:
    huge = "9000000000000"
    await small_world.did("ann", "purchase", value=huge, properties={"store": "x"})
    data = await small_world.ask(
        SIMULATE,
        input={
            "member": "ann",
            "type": "purchase",
            "value": huge,
            "properties": {"store": "x"},
            "occurredAt": "2017-08-30T11:00:00Z",
        },
    )
    (error,) = data["simulateActivity"]["userErrors"]
    assert error["code"] == "OUT_OF_RANGE"
