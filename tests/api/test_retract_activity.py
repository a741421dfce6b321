"""retractActivity: what was done is undone, with all that followed from it."""

from tests.api.world import World

RETRACT = """
mutation ($input: RetractActivityInput!) {
  retractActivity(input: $input) {
    activities { key retractions { key amount reason } }
    isWaiting replayed
    awards { badge { key } }
    revokedAwards { badge { key } level }
    entries { unit granted isAdjustment }
    userErrors { code field }
  }
}
"""
BALANCE = '{ member(externalId: "ann") { points { balance } badges { totalCount } } }'


async def test_awards_and_points_go_with_the_activity(world: World) -> None:
    await world.did("ann", "visit", key="v1")
    await world.did("ann", "visit", key="v2")
    data = await world.ask(RETRACT, input={"activityKey": "v2", "reason": "by mistake"})
    assert data["retractActivity"] == {
        "activities": [
            {
                "key": "v2",
                "retractions": [
                    {"key": "retraction of v2", "amount": None, "reason": "by mistake"}
                ],
            }
        ],
        "isWaiting": False,
        "replayed": False,
        "awards": [],
        "revokedAwards": [{"badge": {"key": "regular"}, "level": 1}],
        "entries": [{"unit": "reputation", "granted": "-5", "isAdjustment": True}],
        "userErrors": [],
    }
    assert await world.ask(BALANCE) == {
        "member": {"points": [{"balance": "1"}], "badges": {"totalCount": 1}}
    }


async def test_sending_a_retraction_again_changes_nothing_and_says_so(world: World) -> None:
    await world.did("ann", "visit", key="v1")
    input = {"activityKey": "v1", "reason": "by mistake", "key": "r1"}
    first = (await world.ask(RETRACT, input=input))["retractActivity"]
    again = (await world.ask(RETRACT, input=input))["retractActivity"]
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["revokedAwards"] == again["entries"] == []
    assert again["activities"] == first["activities"]


async def test_a_retraction_may_come_first_and_waits(world: World) -> None:
    data = await world.ask(RETRACT, input={"activityKey": "later", "reason": "cancelled"})
    assert data["retractActivity"]["isWaiting"] is True
    await world.did("ann", "visit", key="later")
    assert await world.ask(BALANCE) == {
        "member": {"points": [{"balance": "1"}], "badges": {"totalCount": 0}}
    }


async def test_something_must_be_named(world: World) -> None:
    data = await world.ask(RETRACT, input={"reason": "no reason"})
    (error,) = data["retractActivity"]["userErrors"]
    assert error["code"] == "INVALID_INPUT"
    missing = await world.ask(RETRACT, input={"source": "order:1", "reason": "unknown"})
    (error,) = missing["retractActivity"]["userErrors"]
    assert (error["code"], error["field"]) == ("NOT_FOUND", ["source"])
