"""How much members may give to each other at a time, and in a day, a week, …"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gamification.use_cases.verify_program import Difference, verify_program
from tests.api.world import Deploy, World

SHOP = """
key: shop
name: Shop
time_zone: Europe/Lisbon
activities: {purchase: {value: amount}}
points:
  stars:
    expires: {after: 1 year}
    transfers: {least: 5, most: 40, most_per: {day: 50, month: 90}}
  coins: {}
earning: {buying: {on: purchase, give: {stars: value}}}
"""
MORNING = datetime(2017, 8, 30, 9, tzinfo=UTC)
TOMORROW, NEXT_MONTH = "2017-08-30T23:00:00Z", "2017-08-31T23:00:00Z"
"""Midnights in Lisbon, in summer."""

TRANSFER = """mutation ($input: TransferPointsInput!) { transferPoints(input: $input) {
  replayed account { balance } userErrors { code field message } } }"""


@pytest.fixture
async def shop(deploy: Deploy) -> World:
    """Ann has 500 stars, ben has 1."""
    return await opened(await deploy(SHOP))


async def opened(world: World) -> World:
    world.at = MORNING
    await world.did("ann", "purchase", value="500")
    await world.did("ben", "purchase", value="1")
    return world


async def give(shop: World, amount: str, key: str, **more: Any) -> str:
    """What is left to ann of it, or why it was refused."""
    given = {"member": "ann", "receiver": "ben", "unit": "stars", "amount": amount, "key": key}
    answer = (await shop.ask(TRANSFER, input={**given, **more}))["transferPoints"]
    for error in answer["userErrors"]:
        assert error["field"] == ["amount"]
        return f"{error['code']}: {error['message']}"
    return answer["account"]["balance"]


async def allowed(shop: World) -> dict[str, Any]:
    answer = await shop.ask(
        """{ member(externalId: "ann") { points { unit transfers {
          least most limits { per most left renewsAt } } } } }"""
    )
    found = {each["unit"]: each["transfers"] for each in answer["member"]["points"]}
    assert found["coins"] is None
    return found["stars"]


async def left(shop: World) -> list[str]:
    return [each["left"] for each in (await allowed(shop))["limits"]]


async def is_sound(shop: World) -> bool:
    found = verify_program(shop.store, shop.program)
    return [str(each) async for each in found if isinstance(each, Difference)] == []


async def test_one_transfer_is_neither_too_small_nor_too_large(shop: World) -> None:
    before = await allowed(shop)
    assert await give(shop, "4.9999", "a") == "INVALID_INPUT: Give at least 5."
    assert await give(shop, "40.0001", "b") == "INVALID_INPUT: Give at most 40 at a time."
    assert await allowed(shop) == before
    assert before == {
        "least": "5",
        "most": "40",
        "limits": [
            {"per": "day", "most": "50", "left": "50", "renewsAt": TOMORROW},
            {"per": "month", "most": "90", "left": "90", "renewsAt": NEXT_MONTH},
        ],
    }


async def test_a_day_has_its_limit_and_a_month_another(shop: World) -> None:
    assert await give(shop, "40", "a") == "460"
    assert await left(shop) == ["10", "50"]
    day = f"can still be given before {TOMORROW}, not 11: at most 50 in a day."
    assert await give(shop, "11", "b") == f"LIMIT_REACHED: 10 {day}"
    assert await left(shop) == ["10", "50"]
    assert await give(shop, "10", "b") == "450"
    assert await give(shop, "40", "a") == "450"  # a repeat, which gives nothing again
    shop.at = MORNING + timedelta(days=1)
    assert await left(shop) == ["50", "40"]
    assert await give(shop, "40", "c") == "410"
    month = f"can still be given before {NEXT_MONTH}, not 5: at most 90 in a month."
    assert await give(shop, "5", "d") == f"LIMIT_REACHED: 0 {month}"
    shop.at = MORNING + timedelta(days=2)
    assert await left(shop) == ["50", "90"]
    assert await give(shop, "5", "d") == "405"
    assert await is_sound(shop)


async def test_what_is_taken_back_may_be_given_again(shop: World) -> None:
    await give(shop, "40", "a")
    query = 'mutation { retractActivity(input: {activityKey: "a"}) { userErrors { code } } }'
    assert await shop.ask(query) == {"retractActivity": {"userErrors": []}}
    assert await left(shop) == ["50", "90"]
    assert await give(shop, "40", "b") == "460"
    assert await is_sound(shop)


async def test_a_replay_honours_what_was_accepted(shop: World) -> None:
    """Also where stricter rules are in force by then: they judge what comes after them."""
    await give(shop, "40", "a")
    early = MORNING - timedelta(hours=1)
    await shop.did("ann", "purchase", value="7", occurred_at=early)
    await shop.ask(
        "mutation ($input: ApplyDefinitionInput!) { applyDefinition(input: $input) {"
        " userErrors { code } } }",
        input={"definition": SHOP.replace("day: 50", "day: 20"), "backfill": "SILENT"},
    )
    assert await left(shop) == ["0", "50"]
    assert (await give(shop, "5", "b")).startswith("LIMIT_REACHED: 0 can still be given before")
    await shop.did("ann", "purchase", value="2", occurred_at=early)
    assert await shop.ask('{ member(externalId: "ben") { points { balance } } }') == {
        "member": {"points": [{"balance": "41"}, {"balance": "0"}]}
    }
    assert await is_sound(shop)


async def test_many_at_once_stop_at_the_limit_exactly(deploy_on_postgresql: Deploy) -> None:
    shop = await opened(await deploy_on_postgresql(SHOP))
    answers = await asyncio.gather(*(give(shop, "10", f"gift {n}") for n in range(12)))
    refused = [each for each in answers if each.startswith("LIMIT_REACHED: 0 can still be given")]
    assert len(refused) == 7
    assert await left(shop) == ["0", "40"]
    assert await is_sound(shop)
