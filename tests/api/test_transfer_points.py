"""transferPoints and convertPoints: points change hands, or become others."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gamification.use_cases.verify_program import Difference, verify_program
from tests.api.world import Deploy, World

SHOP = """
key: shop
name: Shop
activities: {purchase: {value: amount}}
points:
  stars:
    expires: {after: 1 month}
    transfers: {least: 5}
    convert: {miles: {take: 100, give: 1.5}}
  miles: {}
  coins: {transfers: true}
earning: {buying: {on: purchase, give: {stars: value, coins: value}}}
badges: {rich: {when: {points: stars, at_least: 1000}}}
"""

TRANSFER = """
mutation ($input: TransferPointsInput!) {
  transferPoints(input: $input) {
    key replayed
    account { balance }
    receiver { externalId points { unit balance expiries { amount expiresAt } } }
    entries { rule granted allocations { amount } }
    received { rule granted allocations { amount expiresAt } }
    userErrors { code field message }
  }
}
"""
CONVERT = """
mutation ($input: ConvertPointsInput!) {
  convertPoints(input: $input) {
    key entries { unit rule granted } account { balance } userErrors { code field message }
  }
}
"""
FIRST, SECOND = "2017-10-01T00:00:00Z", "2017-10-02T00:00:00Z"


@pytest.fixture
async def shop(deploy: Deploy) -> AsyncIterator[World]:
    """Ann has 30 stars to the end of September and 20 for a day longer; ben has bought for 1."""
    world = await deploy(SHOP)
    await world.did("ann", "purchase", value="30")
    world.at = world.at.replace(day=31)
    await world.did("ben", "purchase", value="1")
    world.at = world.at.replace(month=9, day=1)
    await world.did("ann", "purchase", value="20")
    yield world
    found = verify_program(world.store, world.program)
    assert [str(each) async for each in found if isinstance(each, Difference)] == []


async def give(world: World, amount: str, **more: Any) -> dict[str, Any]:
    given = {"member": "ann", "receiver": "ben", "unit": "stars", "amount": amount, **more}
    return (await world.ask(TRANSFER, input=given))["transferPoints"]


async def convert(world: World, amount: str, **more: Any) -> dict[str, Any]:
    given = {"member": "ann", "unit": "stars", "amount": amount, "to": "miles", **more}
    return (await world.ask(CONVERT, input=given))["convertPoints"]


async def balances(world: World, member: str) -> dict[str, str]:
    data = await world.ask(f'{{ member(externalId: "{member}") {{ points {{ unit balance }} }} }}')
    return {each["unit"]: each["balance"] for each in data["member"]["points"]}


async def test_points_change_hands_with_their_expiry(shop: World) -> None:
    given = await give(shop, "35", key="gift")
    assert given == {
        "key": "gift",
        "replayed": False,
        "account": {"balance": "15"},
        "receiver": {
            "externalId": "ben",
            "points": [
                {
                    "unit": "stars",
                    "balance": "36",
                    "expiries": [
                        {"amount": "31", "expiresAt": FIRST},
                        {"amount": "5", "expiresAt": SECOND},
                    ],
                },
                {"unit": "miles", "balance": "0", "expiries": []},
                {"unit": "coins", "balance": "1", "expiries": []},
            ],
        },
        "entries": [
            {
                "rule": "transfer/sent",
                "granted": "-35",
                "allocations": [{"amount": "-30"}, {"amount": "-5"}],
            }
        ],
        "received": [
            {
                "rule": "transfer/received",
                "granted": "35",
                "allocations": [
                    {"amount": "30", "expiresAt": FIRST},
                    {"amount": "5", "expiresAt": SECOND},
                ],
            }
        ],
        "userErrors": [],
    }
    assert await give(shop, "35", key="gift") == {**given, "replayed": True}
    reading = shop.store.reading(shop.program.record)
    notices = await reading.notices_after(0, member=None, public_only=False, limit=10)
    assert [(each.kind.name, each.about, dict(each.details)) for each in notices] == [
        ("POINTS_RECEIVED", "stars", {"amount": "35"})
    ]


async def test_points_without_expiry_change_hands(shop: World) -> None:
    assert (await give(shop, "50", unit="coins"))["account"] == {"balance": "0"}
    assert (await balances(shop, "ben"))["coins"] == "51"


@pytest.mark.parametrize("side", ["gift", "gift (received)"])
async def test_a_transfer_is_taken_back_on_both_sides(shop: World, side: str) -> None:
    await give(shop, "35", key="gift")
    retract = """
    mutation ($key: String!, $amount: Decimal) {
      retractActivity(input: {activityKey: $key, amount: $amount, key: "back"}) {
        userErrors { code message }
      }
    }
    """
    (error,) = (await shop.ask(retract, key=side, amount="5"))["retractActivity"]["userErrors"]
    assert error == {"code": "INVALID_INPUT", "message": "A transfer is taken back as a whole."}
    assert (await shop.ask(retract, key=side))["retractActivity"]["userErrors"] == []
    assert (await balances(shop, "ann"))["stars"] == "50"
    assert (await balances(shop, "ben"))["stars"] == "1"


async def test_nothing_is_given_that_is_not_there_or_may_not_be_given(shop: World) -> None:
    for given, code, field in (
        ({"amount": "50.5"}, "INSUFFICIENT_POINTS", "amount"),
        ({"amount": "4"}, "INVALID_INPUT", "amount"),
        ({"receiver": "ann"}, "INVALID_INPUT", "receiver"),
        ({"receiver": "nobody"}, "NOT_FOUND", "receiver"),
        ({"unit": "miles"}, "INAPPLICABLE", "unit"),
        ({"unit": "star"}, "NOT_FOUND", "unit"),
        ({"member": "nobody"}, "INSUFFICIENT_POINTS", "amount"),
    ):
        payload = await give(shop, **{"amount": "10", **given})
        (error,) = payload["userErrors"]
        assert (error["code"], error["field"]) == (code, [field])
        assert payload["receiver"] is None
    assert await shop.store.reading(shop.program.record).member_count() == 2
    assert (await balances(shop, "ann"))["stars"] == "50"
    assert (await balances(shop, "ben"))["stars"] == "1"


async def test_points_given_back_and_forth_at_once_are_neither_lost_nor_made(shop: World) -> None:
    await give(shop, "25")
    await asyncio.gather(
        *(
            give(shop, "5", **({"member": "ben", "receiver": "ann"} if number % 2 else {}))
            for number in range(20)
        )
    )
    ann, ben = await balances(shop, "ann"), await balances(shop, "ben")
    assert (ann["stars"], ben["stars"]) == ("25", "26")


async def test_points_become_others_at_the_rate_of_the_rules(shop: World) -> None:
    converted = await convert(shop, "33.33", key="swap")
    assert converted["entries"] == [
        {"unit": "stars", "rule": "convert/miles", "granted": "-33.33"},
        {"unit": "miles", "rule": "convert/stars", "granted": "0.4999"},
    ]
    assert converted["account"] == {"balance": "16.67"}
    await shop.ask('mutation { retractActivity(input: {activityKey: "swap"}) { replayed } }')
    assert await balances(shop, "ann") == {"stars": "50", "miles": "0", "coins": "50"}


async def test_what_cannot_be_converted_is_refused(shop: World) -> None:
    for given, code, field in (
        ({"to": "coins"}, "INAPPLICABLE", "to"),
        ({"unit": "miles", "to": "stars"}, "INAPPLICABLE", "to"),
        ({"amount": "0.0001"}, "INVALID_INPUT", "amount"),
        ({"amount": "51"}, "INSUFFICIENT_POINTS", "amount"),
    ):
        (error,) = (await convert(shop, **{"amount": "10", **given}))["userErrors"]
        assert (error["code"], error["field"]) == (code, [field])
    assert await balances(shop, "ann") == {"stars": "50", "miles": "0", "coins": "50"}
