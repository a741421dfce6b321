"""adjustPoints: points given and taken by hand, as facts like any other."""

from typing import Any

from tests.api.world import World

ADJUST = """
mutation ($input: AdjustPointsInput!) {
  adjustPoints(input: $input) {
    member { externalId points { unit balance } }
    replayed
    entries { rule granted balance }
    awards { badge { key } }
    userErrors { code field message }
  }
}
"""


async def adjust(world: World, amount: str, **more: Any) -> dict[str, Any]:
    given = {"member": "ann", "unit": "reputation", "reason": "sorry", "actor": "support", **more}
    return (await world.ask(ADJUST, input={**given, "amount": amount}))["adjustPoints"]


async def test_points_are_given_and_taken_with_a_reason(world: World) -> None:
    assert await adjust(world, "7.5", key="gift") == {
        "member": {
            "externalId": "ann",
            "points": [{"unit": "reputation", "balance": "8.5"}],
        },
        "replayed": False,
        "entries": [
            {"rule": "opening", "granted": "1", "balance": "1"},
            {"rule": "adjustment", "granted": "7.5", "balance": "8.5"},
        ],
        "awards": [],
        "userErrors": [],
    }
    taken = await adjust(world, "-7.5")
    assert taken["entries"] == [{"rule": "adjustment", "granted": "-7.5", "balance": "1"}]
    stored = await world.ask('{ activity(key: "gift") { type value properties } }')
    assert stored["activity"] == {
        "type": "points:adjusted",
        "value": "7.5",
        "properties": {"unit": "reputation", "reason": "sorry", "actor": "support"},
    }


async def test_a_retry_changes_nothing(world: World) -> None:
    await adjust(world, "7.5", key="gift")
    again = await adjust(world, "7.5", key="gift")
    assert again["replayed"]
    assert again["member"]["points"] == [{"unit": "reputation", "balance": "8.5"}]
    assert again["entries"] == [{"rule": "adjustment", "granted": "7.5", "balance": "8.5"}]
    conflict = await adjust(world, "8", key="gift")
    assert [error["code"] for error in conflict["userErrors"]] == ["IDEMPOTENCY_CONFLICT"]


async def test_points_are_taken_back_by_retracting_the_gift(world: World) -> None:
    await adjust(world, "7.5", key="gift")
    retract = 'mutation { retractActivity(input: {activityKey: "gift"}) { entries { granted } } }'
    data = await world.ask(retract)
    assert data == {"retractActivity": {"entries": [{"granted": "-7.5"}]}}
    data = await world.ask('{ member(externalId: "ann") { points { balance } } }')
    assert data == {"member": {"points": [{"balance": "1"}]}}


async def test_what_cannot_be_done_is_refused_and_leaves_nothing(world: World) -> None:
    await adjust(world, "4")
    (error,) = (await adjust(world, "-4.5"))["userErrors"]
    assert error == {
        "code": "INSUFFICIENT_POINTS",
        "field": ["amount"],
        "message": "The balance is 5 and may not fall below 1: take at most 4.",
    }
    (error,) = (await adjust(world, "1", unit="reputaton"))["userErrors"]
    assert (error["code"], error["field"]) == ("NOT_FOUND", ["unit"])
    (error,) = (await adjust(world, "0"))["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID_INPUT", ["amount"])
    for field, text in {"reason": " ", "actor": "", "member": ""}.items():
        (error,) = (await adjust(world, "1", **{field: text}))["userErrors"]
        assert (error["code"], error["field"]) == ("INVALID_INPUT", [field])
    entries = "entries { edges { node { granted } } }"
    data = await world.ask(f'{{ member(externalId: "ann") {{ points {{ balance {entries} }} }} }}')
    (account,) = data["member"]["points"]
    assert account["balance"] == "5"
    assert [each["node"]["granted"] for each in account["entries"]["edges"]] == ["4", "1"]


async def test_activities_may_not_be_sent_as_commands(world: World) -> None:
    send = """
    mutation { recordActivity(input: {member: "ann", type: "points:adjusted", value: "100"}) {
      activity { key } userErrors { code field }
    } }
    """
    data = await world.ask(send)
    assert data["recordActivity"] == {
        "activity": None,
        "userErrors": [{"code": "UNKNOWN_ACTIVITY_TYPE", "field": ["type"]}],
    }
