"""Points that had matured when their activity was taken back stay, and the explanation says so."""

from datetime import timedelta
from typing import Any

import pytest

from gamification.use_cases.verify_program import Difference, verify_program
from tests.api.world import Deploy, World

SHOP = """
key: shop
name: Shop
activities:
  buy: {value: amount, properties: {order: string}}
  delivered: {properties: {order: string}}
points:
  stars:
    pending: {until: delivered, per: properties.order}
    negative: only_pending
metrics: {spent: {sum: value, of: buy}}
badges: {spender: {when: {metric: spent, at_least: 1000}}}
earning: {buy: {on: buy, give: {stars: value * 2}}}
campaigns: {large: {on: buy, when: value >= 20, give: {stars: 5}, budget: {stars: 100}}}
"""
DAY = timedelta(days=1)

EXPLAIN = """query ($key: String!) { activity(key: $key) { explanation { left
  earnings { rule base requested granted silent isKept }
  campaigns { campaign requested granted silent isKept } } } }"""


@pytest.fixture
async def shop(deploy: Deploy) -> World:
    return await deploy(SHOP)


async def bought(shop: World, order: str, *, value: str = "20") -> None:
    await shop.did("ann", "buy", value=value, key=f"buy {order}", properties={"order": order})


async def delivered(shop: World, order: str) -> None:
    await shop.did("ann", "delivered", key=f"box {order}", properties={"order": order})


async def take_back(shop: World, order: str, **more: Any) -> list[dict[str, Any]]:
    shop.at += timedelta(seconds=1)
    query = """mutation ($input: RetractActivityInput!) { retractActivity(input: $input) {
      entries { rule granted } userErrors { code message } } }"""
    answer = await shop.ask(query, input={"activityKey": f"buy {order}", **more})
    assert answer["retractActivity"]["userErrors"] == []
    return answer["retractActivity"]["entries"]


async def shown(shop: World) -> tuple[str, str, str]:
    """What is available and pending, and what counts as spent in the shop."""
    answer = await shop.ask(
        """{ member(externalId: "ann") { points { available pending }
          activities { edges { node { explanation { contributions { amount } } } } } } }"""
    )
    (account,) = answer["member"]["points"]
    explained = [each["node"]["explanation"] for each in answer["member"]["activities"]["edges"]]
    counted = [each["amount"] for one in explained for each in one["contributions"]]
    return account["available"], account["pending"], " ".join(counted)


async def explained(shop: World, order: str) -> tuple[Any, ...]:
    found = (await shop.ask(EXPLAIN, key=f"buy {order}"))["activity"]["explanation"]
    (rule,), (campaign,) = found["earnings"], found["campaigns"]
    assert rule["isKept"] == campaign["isKept"]
    return found["left"], rule["base"], rule["granted"], campaign["granted"], rule["isKept"]


async def is_sound(shop: World) -> bool:
    found = verify_program(shop.store, shop.program)
    return [str(each) async for each in found if isinstance(each, Difference)] == []


async def test_what_had_been_released_stays_and_what_waited_goes(shop: World) -> None:
    for order in ("one", "two"):
        await bought(shop, order)
    await delivered(shop, "one")
    assert await shown(shop) == ("45", "45", "20 20")
    assert await take_back(shop, "one") == []
    assert await take_back(shop, "two") == [
        {"rule": "campaign/large", "granted": "-5"},
        {"rule": "earning/buy", "granted": "-40"},
    ]
    assert await shown(shop) == ("45", "0", "")
    assert await explained(shop, "one") == (None, "40", "40", "5", True)
    assert await explained(shop, "two") == (None, "0", "0", "0", False)
    assert await is_sound(shop)


async def test_a_release_that_is_told_late_is_seen_by_the_retraction_before_it(
    shop: World,
) -> None:
    await bought(shop, "one")
    left_at = shop.at + timedelta(seconds=1)
    shop.at += timedelta(hours=1)
    assert len(await take_back(shop, "one")) == 2
    assert await shown(shop) == ("0", "0", "")
    parcel = {"key": "box one", "properties": {"order": "one"}, "occurred_at": left_at}
    await shop.did("ann", "delivered", **parcel)
    assert await shown(shop) == ("45", "0", "")
    assert await explained(shop, "one") == (None, "40", "40", "5", True)
    assert await is_sound(shop)


async def test_a_part_that_comes_too_late_leaves_the_points(shop: World) -> None:
    await bought(shop, "one", value="25")
    await take_back(shop, "one", amount="5", key="broken cup")
    await delivered(shop, "one")
    await take_back(shop, "one", amount="15", key="wrong tea")
    assert await shown(shop) == ("45", "0", "5")
    assert await explained(shop, "one") == ("5", "40", "40", "5", True)
    assert await is_sound(shop)
