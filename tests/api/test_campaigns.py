"""Campaigns over the API: which there are, which are for a member, and what they did and why."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gamification.tick import tick
from gamification.use_cases.verify_program import Difference, verify_program
from tests.api.live import serving
from tests.api.world import Deploy, World

SHOP = """
key: shop
name: Shop
time_zone: Europe/Berlin
activities:
  buy: {value: amount, properties: {category: string}}
points:
  stars: {}
caps:
  daily: {points: stars, most: 50, per: day}
earning:
  spend: {on: buy, give: {stars: value}}
campaigns:
  double-day:
    name: Double day
    description: Twice the stars.
    from: 2026-12-05
    until: 2026-12-06
    multiply: {stars: 2}
    on: buy
    stack: best
  lunch: {weekdays: [saturday], hours: "12:00-14:00", give: {stars: 5}, on: buy, most: {stars: 7}}
  turkey:
    give: {stars: "value * 0.1"}
    on: buy
    among: "member.attributes.country == 'TR'"
    when: "properties.category == 'tea'"
  birthday:
    anniversary: day of member.attributes.birthday
    multiply: {stars: 1.5}
    on: buy
    stack: best
"""

NOON = datetime(2026, 12, 5, 11, 30, tzinfo=UTC)
"""Half past twelve in Berlin, on the Saturday of the double day."""

CAMPAIGNS = """{ program { campaigns {
  key name description state isRunning startsAt endsAt weekdays hours anniversary activityTypes
  stacking gifts { unit factor bonus mostPerMember } } } }"""
MINE = '{ member(externalId: "ann") { campaigns { key } } }'
WHY = """query ($key: String!) { activity(key: $key) { explanation { campaigns {
  campaign unit earned requested granted limitedBy silent } } } }"""
UPDATE = """mutation ($input: UpdateMemberInput!) {
  updateMember(input: $input) { userErrors { code } } }"""
BUY = """mutation ($input: RecordActivityInput!) { recordActivity(input: $input) {
  entries { rule requested granted limitedBy balance } userErrors { code } } }"""


@pytest.fixture
async def shop(deploy_small: Deploy) -> World:
    world = await deploy_small(SHOP)
    world.at = NOON
    return world


async def told(shop: World, **attributes: object) -> None:
    shop.at += timedelta(seconds=1)
    await shop.ask(UPDATE, input={"externalId": "ann", "attributes": attributes})
    shop.at += timedelta(seconds=1)


async def bought(shop: World, key: str, value: str = "10") -> list[dict[str, Any]]:
    given = {"member": "ann", "type": "buy", "value": value, "properties": {"category": "tea"}}
    answer = await shop.ask(BUY, input={**given, "key": key})
    return answer["recordActivity"]["entries"]


async def why(shop: World, key: str) -> list[tuple[str, str, str, str | None]]:
    answer = await shop.ask(WHY, key=key)
    return [
        (each["campaign"], each["requested"], each["granted"], each["silent"] or each["limitedBy"])
        for each in answer["activity"]["explanation"]["campaigns"]
    ]


async def test_a_program_tells_its_campaigns(shop: World) -> None:
    double, lunch, turkey, birthday = (await shop.ask(CAMPAIGNS))["program"]["campaigns"]
    week = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
    assert double == {
        "key": "double-day",
        "name": "Double day",
        "description": "Twice the stars.",
        "state": "ACTIVE",
        "isRunning": True,
        "startsAt": "2026-12-04T23:00:00Z",
        "endsAt": "2026-12-05T23:00:00Z",
        "weekdays": week,
        "hours": None,
        "anniversary": None,
        "activityTypes": ["buy"],
        "stacking": "BEST",
        "gifts": [{"unit": "stars", "factor": "2", "bonus": None, "mostPerMember": None}],
    }
    assert (lunch["weekdays"], lunch["hours"]) == (["SATURDAY"], "12:00-14:00")
    assert lunch["gifts"] == [{"unit": "stars", "factor": None, "bonus": "5", "mostPerMember": "7"}]
    assert turkey["gifts"][0]["bonus"] == "value * 0.1"
    assert birthday["anniversary"] == "day of member.attributes.birthday"


@pytest.mark.parametrize(
    ("hours", "states"),
    [
        (-13, [("UPCOMING", False), ("ACTIVE", False)]),
        (-12, [("ACTIVE", True), ("ACTIVE", False)]),
        (0, [("ACTIVE", True), ("ACTIVE", True)]),
        (2, [("ACTIVE", True), ("ACTIVE", False)]),
        (12, [("ENDED", False), ("ACTIVE", False)]),
    ],
)
async def test_where_a_campaign_is_in_its_window(
    shop: World, hours: int, states: list[tuple[str, bool]]
) -> None:
    shop.at += timedelta(hours=hours)
    found = (await shop.ask(CAMPAIGNS))["program"]["campaigns"][:2]
    assert [(each["state"], each["isRunning"]) for each in found] == states


async def test_a_member_sees_what_is_for_them(shop: World) -> None:
    await told(shop, country="PT")
    mine = await shop.ask(MINE)
    assert mine["member"]["campaigns"] == [{"key": "double-day"}, {"key": "lunch"}]
    await told(shop, country="TR", birthday="1990-12-05")
    mine = await shop.ask(MINE)
    assert [each["key"] for each in mine["member"]["campaigns"]] == [
        "double-day",
        "lunch",
        "turkey",
        "birthday",
    ]


async def test_what_campaigns_added_and_why_others_did_not(shop: World) -> None:
    assert await bought(shop, "a") == [
        {
            "rule": "earning/spend",
            "requested": "10",
            "granted": "10",
            "limitedBy": None,
            "balance": "10",
        },
        {
            "rule": "campaign/double-day",
            "requested": "10",
            "granted": "10",
            "limitedBy": None,
            "balance": "20",
        },
        {
            "rule": "campaign/lunch",
            "requested": "5",
            "granted": "5",
            "limitedBy": None,
            "balance": "25",
        },
    ]
    await told(shop, country="TR", birthday="1990-12-05")
    await bought(shop, "b")
    shop.at += timedelta(hours=12)
    await told(shop, country="PT")
    await bought(shop, "c")
    assert await why(shop, "a") == [
        ("double-day", "10", "10", None),
        ("lunch", "5", "5", None),
        ("turkey", "0", "0", "SEGMENT"),
        ("birthday", "0", "0", "SEGMENT"),
    ]
    assert await why(shop, "b") == [
        ("double-day", "10", "10", None),
        ("lunch", "5", "2", "cap/campaign/lunch"),
        ("turkey", "1", "1", None),
        ("birthday", "0", "0", "STACKED"),
    ]
    assert await why(shop, "c") == [
        ("double-day", "0", "0", "WINDOW"),
        ("lunch", "0", "0", "WINDOW"),
        ("turkey", "0", "0", "SEGMENT"),
        ("birthday", "0", "0", "SEGMENT"),
    ]


async def test_what_gives_nothing_is_told_apart(shop: World) -> None:
    await told(shop, country="TR")
    given = {"member": "ann", "type": "buy", "value": "0", "properties": {"category": "cup"}}
    await shop.ask(BUY, input={**given, "key": "cup"})
    assert [each[3] for each in await why(shop, "cup")] == ["NOTHING", None, "CONDITION", "SEGMENT"]


async def test_a_silence_is_asked_for_and_explained(deploy_small: Deploy) -> None:
    rules = SHOP[: SHOP.index("campaigns:")]
    back = "campaigns: {back: {after_quiet: 30 days, on: buy, multiply: {stars: 2}}}"
    shop = await deploy_small(rules + back)
    shop.at = NOON
    await bought(shop, "first")
    shop.at += timedelta(days=30)
    await bought(shop, "too soon")
    assert (await shop.ask(MINE))["member"]["campaigns"] == []
    shop.at += timedelta(days=31)
    assert (await shop.ask(MINE))["member"]["campaigns"] == [{"key": "back"}]
    await bought(shop, "back")
    assert (await shop.ask(MINE))["member"]["campaigns"] == []
    assert await why(shop, "first") == [("back", "0", "0", "QUIET")]
    assert await why(shop, "too soon") == [("back", "0", "0", "QUIET")]
    assert await why(shop, "back") == [("back", "10", "10", None)]
    retract = 'mutation { retractActivity(input: {activityKey: "too soon"}) { isWaiting } }'
    await shop.ask(retract)
    data = await shop.ask('{ member(externalId: "ann") { points { balance } } }')
    assert data["member"]["points"] == [{"balance": "30"}]


BUDGETS = "{ program { campaigns { key budgets { unit total used left } } } }"
BUY_FOR = """mutation ($input: RecordActivityInput!) { recordActivity(input: $input) {
  entries { rule granted limitedBy } userErrors { code } } }"""


async def test_two_hundred_at_once_stop_at_zero_exactly(deploy_on_postgresql: Deploy) -> None:
    """Each activity is a request of its own, and a transaction of its own."""
    document = SHOP.replace("lunch: {", "lunch: {budget: {stars: 333},")
    shop = await deploy_on_postgresql(document)
    shop.at = NOON

    async def buy(number: int) -> list[tuple[str, str | None]]:
        given = {"type": "buy", "value": "1", "properties": {"category": "tea"}}
        answer = await shop.ask(
            BUY_FOR, input={**given, "member": f"m{number}", "key": f"k{number}"}
        )
        assert answer["recordActivity"]["userErrors"] == []
        entries = answer["recordActivity"]["entries"]
        return [
            (each["granted"], each["limitedBy"])
            for each in entries
            if each["rule"] == "campaign/lunch"
        ]

    found = await asyncio.gather(*(buy(number) for number in range(200)))
    assert Counter(each for (each,) in found) == {
        ("5", None): 66,
        ("3", "budget/lunch"): 1,
        ("0", "budget/lunch"): 133,
    }
    told = (await shop.ask(BUDGETS))["program"]["campaigns"]
    assert told[0] == {"key": "double-day", "budgets": []}
    assert told[1]["budgets"] == [{"unit": "stars", "total": "333", "used": "333", "left": "0"}]
    found = verify_program(shop.store, shop.program)
    assert [str(each) async for each in found if isinstance(each, Difference)] == []


async def test_a_budget_that_was_used_up_is_told_as_the_reason(deploy_small: Deploy) -> None:
    rules = SHOP[: SHOP.index("campaigns:")]
    double = "campaigns: {double: {on: buy, multiply: {stars: 2}, budget: {stars: 15}}}"
    shop = await deploy_small(rules + double)
    shop.at = NOON
    for key in ("whole", "part", "none"):
        await bought(shop, key)
    assert [await why(shop, key) for key in ("whole", "part", "none")] == [
        [("double", "10", "10", None)],
        [("double", "10", "5", "budget/double")],
        [("double", "10", "0", "BUDGET")],
    ]


async def test_the_feed_hears_of_campaigns_which_are_about_no_member(
    deploy_small: Deploy,
) -> None:
    rules = SHOP[: SHOP.index("campaigns:")]
    double = """campaigns:
  double: {on: buy, from: 2026-12-05, until: 2026-12-06, multiply: {stars: 2}, budget: {stars: 10}}
"""
    shop = await deploy_small(rules + double)
    shop.at = NOON
    feed = """subscription { feedUpdated(perSecond: 10) {
      notices { kind at about details member { externalId } } } }"""
    async with serving(shop) as server, server.ready() as socket:
        await socket.subscribe(feed)
        assert await socket.next() == {"feedUpdated": {"notices": []}}
        async for done in tick(shop.store, shop.hub, shop.program, now=shop.at):
            assert done.failure is None
        started = {
            "kind": "CAMPAIGN_STARTED",
            "at": "2026-12-04T23:00:00Z",
            "about": "double",
            "details": {"startsAt": "2026-12-04T23:00:00Z", "endsAt": "2026-12-05T23:00:00Z"},
            "member": None,
        }
        assert await socket.next() == {"feedUpdated": {"notices": [started]}}
        await bought(shop, "all of it")
        spent = {
            "kind": "CAMPAIGN_BUDGET_SPENT",
            "at": "2026-12-05T11:30:00Z",
            "about": "double",
            "details": {"unit": "stars", "total": "10"},
            "member": None,
        }
        assert await socket.next() == {"feedUpdated": {"notices": [spent]}}
