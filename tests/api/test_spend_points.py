"""spendPoints: points are given for something, those that expire soonest first."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.world import Deploy, World

SHOP = """
key: shop
name: Shop
time_zone: Europe/Lisbon
activities:
  purchase: {value: amount}
  delivered: {}
metrics:
  bought: {count: purchase}
points:
  stars: {name: Stars, expires: {after: 6 months, at: end of month, warn: 7 days}, pending: 14 days}
  credit: {minimum: 2, start: 10}
earning:
  buying: {on: purchase, give: {stars: value, credit: value}}
badges:
  first: {when: {metric: bought, at_least: 1}}
"""

SPEND = """
mutation ($input: SpendPointsInput!) {
  spendPoints(input: $input) {
    member { externalId }
    account { balance available pending held expiries { amount expiresAt } }
    replayed
    key
    entries { rule granted requested limitedBy allocations { amount expiresAt isDebt } }
    userErrors { code field message }
  }
}
"""

ACCOUNT = """
{ member(externalId: "ann") { points {
  unit balance available pending held
  lots { amount expiresAt maturesAt isPending }
  expiries { amount expiresAt }
  explanation { total expired available pending balance isBalanced
    rules { rule granted } }
} } }
"""

AUGUST, SEPTEMBER = "2026-07-31T23:00:00Z", "2026-08-31T23:00:00Z"
"""The beginnings of months in Lisbon."""


@pytest.fixture
async def shop(deploy: Deploy) -> World:
    """Ann bought in January for 30 and in February for 20; it is the 15th of February."""
    world = await deploy(SHOP)
    for at, value in ((datetime(2026, 1, 15, 18, tzinfo=UTC), "30"), (day(2, 1), "20")):
        world.at = at
        await world.did("ann", "purchase", value=value)
    world.at = day(2, 15)
    return world


def day(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


async def spend(world: World, amount: str, **more: Any) -> dict[str, Any]:
    given = {"member": "ann", "unit": "stars", "amount": amount, **more}
    return (await world.ask(SPEND, input=given))["spendPoints"]


async def stars(world: World) -> dict[str, Any]:
    return (await world.ask(ACCOUNT))["member"]["points"][0]


async def test_what_expires_soonest_goes_first_and_the_payload_tells_which(shop: World) -> None:
    shop.at = day(2, 16)
    assert await spend(shop, "35", key="mug", reason="a mug", source="order 7") == {
        "member": {"externalId": "ann"},
        "account": {
            "balance": "15",
            "available": "15",
            "pending": "0",
            "held": "0",
            "expiries": [{"amount": "15", "expiresAt": SEPTEMBER}],
        },
        "replayed": False,
        "key": "mug",
        "entries": [
            {
                "rule": "spend",
                "granted": "-35",
                "requested": "-35",
                "limitedBy": None,
                "allocations": [
                    {"amount": "-30", "expiresAt": AUGUST, "isDebt": False},
                    {"amount": "-5", "expiresAt": SEPTEMBER, "isDebt": False},
                ],
            }
        ],
        "userErrors": [],
    }
    stored = await shop.ask('{ activity(key: "mug") { type value properties source } }')
    assert stored["activity"] == {
        "type": "points:spent",
        "value": "35",
        "properties": {"unit": "stars", "reason": "a mug"},
        "source": "order 7",
    }


async def test_pending_points_are_shown_and_cannot_be_spent(shop: World) -> None:
    account = await stars(shop)
    assert (account["balance"], account["available"], account["pending"]) == ("50", "30", "20")
    assert account["lots"] == [
        {"amount": "30", "expiresAt": AUGUST, "maturesAt": None, "isPending": False},
        {
            "amount": "20",
            "expiresAt": SEPTEMBER,
            "maturesAt": "2026-02-16T00:00:00Z",
            "isPending": True,
        },
    ]
    (error,) = (await spend(shop, "30.5"))["userErrors"]
    assert error == {
        "code": "INSUFFICIENT_POINTS",
        "field": ["amount"],
        "message": "30 can be spent, not 30.5.",
    }
    assert await stars(shop) == account


async def test_a_retry_spends_nothing_more(shop: World) -> None:
    first = await spend(shop, "10", key="mug")
    again = await spend(shop, "10", key="mug")
    assert again == {**first, "replayed": True}
    (conflict,) = (await spend(shop, "11", key="mug"))["userErrors"]
    assert (conflict["code"], conflict["field"]) == ("IDEMPOTENCY_CONFLICT", ["value"])
    assert (await stars(shop))["balance"] == "40"


async def test_a_refund_fills_the_same_lots_again_wholly_or_in_part(shop: World) -> None:
    shop.at = day(2, 16)
    await spend(shop, "35", key="mug")
    retract = """
    mutation ($amount: Decimal, $key: String) {
      retractActivity(input: {activityKey: "mug", amount: $amount, key: $key}) {
        entries { rule granted allocations { amount expiresAt } }
        userErrors { code }
      }
    }
    """
    part = (await shop.ask(retract, amount="15", key="part"))["retractActivity"]
    assert part["entries"] == [
        {
            "rule": "spend",
            "granted": "15",
            "allocations": [{"amount": "-20", "expiresAt": AUGUST}],
        }
    ]
    assert (await stars(shop))["expiries"] == [
        {"amount": "10", "expiresAt": AUGUST},
        {"amount": "20", "expiresAt": SEPTEMBER},
    ]
    rest = (await shop.ask(retract))["retractActivity"]
    assert [entry["granted"] for entry in rest["entries"]] == ["20"]
    assert (await stars(shop))["expiries"] == [
        {"amount": "30", "expiresAt": AUGUST},
        {"amount": "20", "expiresAt": SEPTEMBER},
    ]


async def test_what_has_expired_is_gone_at_once_and_a_refund_does_not_revive_it(
    shop: World,
) -> None:
    await spend(shop, "10", key="mug")
    shop.at = datetime(2026, 7, 31, 22, 59, 59, tzinfo=UTC)
    assert (await stars(shop))["available"] == "40"
    shop.at = datetime(2026, 7, 31, 23, tzinfo=UTC)
    account = await stars(shop)
    assert (account["balance"], account["available"]) == ("20", "20")
    assert account["explanation"] == {
        "total": "40",
        "expired": "20",
        "available": "20",
        "pending": "0",
        "balance": "20",
        "isBalanced": True,
        "rules": [
            {"rule": "earning/buying", "granted": "50"},
            {"rule": "spend", "granted": "-10"},
        ],
    }
    await shop.ask('mutation { retractActivity(input: {activityKey: "mug"}) { replayed } }')
    assert (await stars(shop))["balance"] == "20"
    (error,) = (await spend(shop, "21"))["userErrors"]
    assert error["code"] == "INSUFFICIENT_POINTS"


async def test_points_taken_back_that_were_spent_leave_a_debt(shop: World) -> None:
    """Ann's first purchase is returned after its points have been spent."""
    shop.at = day(2, 17)
    await shop.did("ann", "purchase", value="1")
    shop.at = day(2, 18)
    await spend(shop, "50")
    await shop.ask('mutation { retractActivity(input: {activityKey: "made-0001"}) { replayed } }')
    account = await stars(shop)
    assert (account["balance"], account["available"], account["pending"]) == ("-29", "-30", "1")


async def test_a_unit_without_lots_is_spent_down_to_its_floor(shop: World) -> None:
    account = (await spend(shop, "58", unit="credit"))["account"]
    assert (account["balance"], account["available"]) == ("2", "2")
    (error,) = (await spend(shop, "0.0001", unit="credit"))["userErrors"]
    assert error["message"] == "0 can be spent, not 0.0001."


async def test_what_cannot_be_done_is_refused_and_leaves_nothing(shop: World) -> None:
    for field, text in {"unit": "star", "amount": "0", "reason": " ", "member": ""}.items():
        (error,) = (await spend(shop, **{"amount": "1", field: text}))["userErrors"]
        assert error["field"] == [field]
        assert error["code"] == ("NOT_FOUND" if field == "unit" else "INVALID_INPUT")
    (error,) = (await spend(shop, "1", member="nobody"))["userErrors"]
    assert error["code"] == "INSUFFICIENT_POINTS"
    assert await shop.store.reading(shop.program.record).member_count() == 1
    assert (await stars(shop))["balance"] == "50"
