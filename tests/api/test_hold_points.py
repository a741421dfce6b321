"""holdPoints, capturePoints, releasePoints: points put aside for something under way."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gamification.duties.expire_points import expire_points
from tests.api.world import Deploy, World

SHOP = """
key: shop
name: Shop
activities: {purchase: {value: amount}}
points:
  stars: {expires: {after: 1 month, warn: 7 days}, holds: 2 days}
  plain: {}
earning: {buying: {on: purchase, give: {stars: value, plain: value}}}
"""

HOLD = "mutation ($input: HoldPointsInput!) { holdPoints(input: $input) { ...told } }"
CAPTURE = "mutation ($input: CapturePointsInput!) { capturePoints(input: $input) { ...told } }"
RELEASE = "mutation ($input: ReleasePointsInput!) { releasePoints(input: $input) { ...told } }"
TOLD = """
fragment told on %s {
  key replayed
  account { balance available held holds { key amount until } }
  entries { rule granted allocations { amount expiresAt } }
  userErrors { code field message }
}
"""
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATEST = "2026-03-05T00:00:00Z"


@pytest.fixture
async def shop(deploy: Deploy) -> World:
    """Ann has 30 stars that expire on the 3rd of April, and 20 for a day longer."""
    world = await deploy(SHOP)
    for days, value in ((0, "30"), (1, "20")):
        world.at = NOON + timedelta(days=days - 1, hours=6)
        await world.did("ann", "purchase", value=value)
    world.at = NOON + timedelta(hours=10)
    return world


async def ask(world: World, mutation: str, **given: Any) -> dict[str, Any]:
    name = mutation.partition("{ ")[2].partition("(")[0]
    payload = TOLD % f"{name[0].upper()}{name[1:]}Payload"
    return (await world.ask(mutation + payload, input=given))[name]


async def hold(world: World, amount: str, **more: Any) -> dict[str, Any]:
    return await ask(world, HOLD, **{"member": "ann", "unit": "stars", "amount": amount, **more})


async def told(world: World) -> list[dict[str, Any]]:
    """The notices about ann, without those about badges."""
    notices = await world.store.reading(world.program.record).notices_after(
        0, member=None, public_only=False, limit=100
    )
    return [{"kind": each.kind.name, **each.details} for each in notices]


async def tick(world: World) -> int:
    return await expire_points(world.store, world.hub, world.program, now=world.at)


async def test_held_points_stay_in_the_balance_and_cannot_be_spent(shop: World) -> None:
    held = await hold(shop, "35", key="h")
    assert held == {
        "key": "h",
        "replayed": False,
        "account": {
            "balance": "50",
            "available": "15",
            "held": "35",
            "holds": [{"key": "h", "amount": "35", "until": LATEST}],
        },
        "entries": [],
        "userErrors": [],
    }
    (error,) = (await hold(shop, "15.5"))["userErrors"]
    assert error == {
        "code": "INSUFFICIENT_POINTS",
        "field": ["amount"],
        "message": "15 can be spent, not 15.5.",
    }


async def test_a_hold_is_captured_in_parts(shop: World) -> None:
    await hold(shop, "35", key="h")
    part = await ask(shop, CAPTURE, hold="h", amount="10", key="c1")
    assert part["account"] == {
        "balance": "40",
        "available": "15",
        "held": "25",
        "holds": [{"key": "h", "amount": "25", "until": LATEST}],
    }
    assert part["entries"] == [
        {
            "rule": "capture",
            "granted": "-10",
            "allocations": [{"amount": "-10", "expiresAt": "2026-04-02T00:00:00Z"}],
        }
    ]
    (error,) = (await ask(shop, CAPTURE, hold="h", amount="26"))["userErrors"]
    assert (error["code"], error["message"]) == ("INSUFFICIENT_POINTS", "25 are held, not 26.")
    rest = await ask(shop, CAPTURE, hold="h", amount="22", releaseRest=True, key="c2")
    assert [entry["allocations"] for entry in rest["entries"]] == [
        [
            {"amount": "-20", "expiresAt": "2026-04-02T00:00:00Z"},
            {"amount": "-2", "expiresAt": "2026-04-03T00:00:00Z"},
        ]
    ]
    assert rest["account"] == {"balance": "18", "available": "18", "held": "0", "holds": []}
    assert await told(shop) == [{"kind": "HOLD_RELEASED", "hold": "h", "amount": "3"}]
    again = await ask(shop, CAPTURE, hold="h", amount="22", releaseRest=True, key="c2")
    assert again == {**rest, "replayed": True}


async def test_all_that_is_held_is_captured_and_a_refund_holds_it_again(shop: World) -> None:
    await hold(shop, "35", key="h")
    all_of_it = await ask(shop, CAPTURE, hold="h", key="c")
    assert all_of_it["account"]["balance"] == "15"
    assert (await ask(shop, CAPTURE, hold="h", key="c"))["replayed"]
    (error,) = (await ask(shop, CAPTURE, hold="h"))["userErrors"]
    assert (error["code"], error["field"]) == ("NOT_FOUND", ["hold"])
    await shop.ask('mutation { retractActivity(input: {activityKey: "c"}) { replayed } }')
    data = await shop.ask('{ member(externalId: "ann") { points { balance held } } }')
    assert data["member"]["points"][0] == {"balance": "50", "held": "35"}


async def test_a_released_hold_is_available_again(shop: World) -> None:
    await hold(shop, "35", key="h")
    released = await ask(shop, RELEASE, hold="h")
    assert released["account"] == {"balance": "50", "available": "50", "held": "0", "holds": []}
    (error,) = (await ask(shop, RELEASE, hold="h"))["userErrors"]
    assert (error["code"], error["field"]) == ("NOT_FOUND", ["hold"])


async def test_a_hold_that_has_timed_out_is_free_before_anybody_notes_it(shop: World) -> None:
    until = shop.at + timedelta(minutes=30)
    await hold(shop, "35", key="h", until=until.isoformat())
    shop.at = until
    data = await shop.ask('{ member(externalId: "ann") { points { available held } } }')
    assert data["member"]["points"][0] == {"available": "50", "held": "0"}
    (error,) = (await ask(shop, CAPTURE, hold="h"))["userErrors"]
    assert error["code"] == "NOT_FOUND"
    assert await told(shop) == []
    assert await tick(shop) == 1
    assert await tick(shop) == 0
    assert await told(shop) == [{"kind": "HOLD_RELEASED", "hold": "h", "amount": "35"}]


async def test_what_cannot_be_held_is_refused(shop: World) -> None:
    late = (NOON + timedelta(days=3)).isoformat()
    for given, code, field in (
        ({"unit": "plain"}, "INAPPLICABLE", "unit"),
        ({"until": late}, "INVALID_INPUT", "until"),
        ({"until": shop.at.isoformat()}, "INVALID_INPUT", "until"),
        ({"amount": "-1"}, "INVALID_INPUT", "amount"),
    ):
        (error,) = (await hold(shop, **{"amount": "1", **given}))["userErrors"]
        assert (error["code"], error["field"]) == (code, [field])
    for mutation in (CAPTURE, RELEASE):
        (error,) = (await ask(shop, mutation, hold="made-0001"))["userErrors"]
        assert (error["code"], error["field"]) == ("NOT_FOUND", ["hold"])
    reading = shop.store.reading(shop.program.record)
    member = (await reading.members_by_external_id(["ann"]))["ann"]
    rows = await reading.activity_page(member.id, before=None, limit=10)
    assert [row.activity.type for row in rows] == ["purchase", "purchase"]


async def test_members_are_warned_once_and_told_when_points_expire(shop: World) -> None:
    """30 stars end with the 1st of April, 20 with the 2nd; 5 of the first have been spent."""
    spend = 'mutation { spendPoints(input: {member: "ann", unit: "stars", amount: "5"}) { key } }'
    await shop.ask(spend)
    shop.at = datetime(2026, 3, 25, 23, 59, tzinfo=UTC)
    assert await tick(shop) == 0
    shop.at = datetime(2026, 3, 26, 0, 0, tzinfo=UTC)
    assert await tick(shop) == 1
    assert await tick(shop) == 0
    warning = {"kind": "POINTS_EXPIRING", "amount": "25", "expiresAt": "2026-04-02T00:00:00+00:00"}
    assert await told(shop) == [warning]
    shop.at = datetime(2026, 4, 5, 9, tzinfo=UTC)
    account = """{ member(externalId: "ann") { points { unit balance
        before: balanceAt(at: "2026-04-01T23:59:59Z") after: balanceAt(at: "2026-04-02T00:00:00Z")
        first: balanceAt(at: "2026-03-01T18:00:01Z") zero: balanceAt(at: "2026-01-01T00:00:00Z")
    } } }"""
    shown = (await shop.ask(account))["member"]["points"][0]
    assert shown == {
        "unit": "stars",
        "balance": "0",
        "before": "45",
        "after": "20",
        "first": "30",
        "zero": "0",
    }
    assert await tick(shop) == 1
    assert await tick(shop) == 0
    assert (await shop.ask(account))["member"]["points"][0] == shown
    assert (await told(shop))[1:] == [
        {"kind": "POINTS_EXPIRED", "amount": "25", "expiresAt": "2026-04-02T00:00:00+00:00"},
        {"kind": "POINTS_EXPIRED", "amount": "20", "expiresAt": "2026-04-03T00:00:00+00:00"},
    ]
    entries = """{ member(externalId: "ann") { points {
        entries { edges { node { rule granted occurredAt } } }
    } } }"""
    data = await shop.ask(entries)
    edges = data["member"]["points"][0]["entries"]["edges"]
    assert [edge["node"] for edge in edges][:2] == [
        {"rule": "expiry/2026-04-02", "granted": "-20", "occurredAt": "2026-04-03T00:00:00Z"},
        {"rule": "expiry/2026-04-01", "granted": "-25", "occurredAt": "2026-04-02T00:00:00Z"},
    ]
