"""Explanations: which criteria are missing, which rules gave what, and what a place takes."""

from typing import Any

import pytest

from tests.api.world import Deploy, World

BADGE = """query ($member: String!, $badge: String!, $subject: String, $at: DateTime) {
  member(externalId: $member) { explainBadge(badge: $badge, subject: $subject, at: $at) {
    badge { key } subject version isEarned
    levels { number key award { earnedAt version activity { key } evidence { value atLeast } }
      criteria { name over startsAt endsAt current target remaining isMet }
      firstUnmet { name } }
    nextLevel { number firstUnmet { name remaining } }
    activities { activity { key } contributions { criterion amount element } }
  } } }"""

ACTIVITY = """query ($key: String!) { activity(key: $key) {
  key awards { badgeKey } entries { rule granted isAdjustment }
  explanation { version left
    earnings { rule unit condition holds amount base requested granted limitedBy room silent }
    contributions { metric amount element subject window startsAt endsAt } } } }"""


async def explained_badge(world: World, badge: str, **more: object) -> dict[str, Any]:
    data = await world.ask(BADGE, member="ann", badge=badge, **more)
    return data["member"]["explainBadge"]


async def explained_activity(world: World, key: str) -> dict[str, Any]:
    return (await world.ask(ACTIVITY, key=key))["activity"]


async def test_a_badge_says_what_is_missing_and_what_made_it(world: World) -> None:
    for n in range(1, 4):
        await world.did("ann", "visit", key=f"v{n}")
    await world.did("ann", "purchase", value="3", properties={"store": "x"})
    criterion = {"name": "visits", "over": "all time", "startsAt": None, "endsAt": None}
    assert await explained_badge(world, "regular") == {
        "badge": {"key": "regular"},
        "subject": None,
        "version": 1,
        "isEarned": False,
        "levels": [
            {
                "number": 1,
                "key": "bronze",
                "award": {
                    "earnedAt": "2017-08-30T12:00:02Z",
                    "version": 1,
                    "activity": {"key": "v2"},
                    "evidence": [{"value": "2", "atLeast": "2"}],
                },
                "criteria": [
                    {**criterion, "current": "3", "target": "2", "remaining": "0", "isMet": True}
                ],
                "firstUnmet": None,
            },
            {
                "number": 2,
                "key": "silver",
                "award": None,
                "criteria": [
                    {**criterion, "current": "3", "target": "4", "remaining": "1", "isMet": False}
                ],
                "firstUnmet": {"name": "visits"},
            },
        ],
        "nextLevel": {"number": 2, "firstUnmet": {"name": "visits", "remaining": "1"}},
        "activities": [
            {
                "activity": {"key": f"v{n}"},
                "contributions": [{"criterion": "visits", "amount": "1", "element": None}],
            }
            for n in (3, 2, 1)
        ],
    }


async def test_a_badge_for_each_subject_is_about_the_nearest_or_the_named_one(
    world: World,
) -> None:
    await world.upvotes("ann", 2, post="p1")
    await world.upvotes("ann", 3, post="p2")
    nearest = await explained_badge(world, "nice-post")
    assert (nearest["subject"], nearest["isEarned"]) == ("p1", False)
    assert nearest["nextLevel"]["firstUnmet"] == {"name": "post_score", "remaining": "1"}
    assert len(nearest["activities"]) == 2
    named = await explained_badge(world, "nice-post", subject="p2")
    assert (named["subject"], named["isEarned"], named["nextLevel"]) == ("p2", True, None)
    assert named["levels"][0]["award"]["evidence"] == [{"value": "3", "atLeast": "3"}]
    assert len(named["activities"]) == 3
    unknown = await explained_badge(world, "nice-post", subject="p9")
    assert (unknown["subject"], unknown["activities"]) == ("p9", [])
    assert unknown["levels"][0]["criteria"][0]["remaining"] == "3"


async def test_a_secret_badge_is_explained_once_it_is_earned(world: World) -> None:
    await world.did("ann", "purchase", value="99", properties={"store": "x"}, key="b1")
    secret = await world.answer(BADGE, member="ann", badge="spender")
    unknown = await world.answer(BADGE, member="ann", badge="spenders")
    for answer in (secret, unknown):
        assert answer["errors"][0]["extensions"] == {"code": "NOT_FOUND", "field": ["badge"]}
    assert secret["errors"][0]["message"] == "there is no badge 'spender'"
    await world.did("ann", "purchase", value="1", properties={"store": "x"}, key="b2")
    found = await explained_badge(world, "spender")
    assert (found["badge"], found["isEarned"]) == ({"key": "spender"}, True)
    assert [each["activity"]["key"] for each in found["activities"]] == ["b2", "b1"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ('explainBadge(badge: "regular", subject: "p1") { version }', ["subject"]),
        (
            'explainBadge(badge: "regular") { activities(first: 51) { activity { key } } }',
            ["first"],
        ),
    ],
)
async def test_what_cannot_be_explained_is_refused(
    small_world: World, query: str, field: list[str]
) -> None:
    await small_world.did("ann", "visit")
    answer = await small_world.answer(f'{{ member(externalId: "ann") {{ {query} }} }}')
    assert answer["errors"][0]["extensions"] == {"code": "INVALID_INPUT", "field": field}


WINDOWS = """
key: windows
name: Windows
activities: {up: {properties: {post: string}}, buy: {properties: {store: string}}}
metrics:
  stores: {distinct: properties.store, of: buy}
  ups: {count: up}
points: {stars: {start: 2}}
caps: {some: {points: stars, most: 5, per: day}}
earning:
  up: {on: up, give: {stars: 2}, cap: some}
  post: {on: up, when: "properties.post == 'p1'", give: {stars: 1}}
badges:
  explorer: {when: [{metric: stores, at_least: 2, over: month}], repeat: per window}
  rich: {when: [{points: stars, at_least: 9}]}
  capped: {when: [{cap: some, at_least: 5}], repeat: per window}
  twice: {when: [{badge: capped, at_least: 2}]}
  own:
    when: [{metric: ups, at_least: 3}]
    where: "properties.post == 'p1'"
    visibility: secret
"""


async def test_points_caps_and_badges_are_counted_from_what_activities_caused(
    deploy_small: Deploy,
) -> None:
    world = await deploy_small(WINDOWS)
    for n in range(3):
        await world.did("ann", "up", key=f"u{n}", properties={"post": "p2"})
    await world.did("ann", "up", key="u3", properties={"post": "p1"})
    rich = await explained_badge(world, "rich")
    assert rich["levels"][0]["criteria"][0]["current"] == "8"
    assert brought(rich) == {"u3": "1", "u2": "1", "u1": "2", "u0": "2"}
    capped = await explained_badge(world, "capped")
    assert capped["levels"][0]["criteria"][0]["startsAt"] == "2017-08-30T00:00:00Z"
    assert (capped["isEarned"], brought(capped)) == (True, {"u2": "1", "u1": "2", "u0": "2"})
    assert brought(await explained_badge(world, "twice")) == {"u2": "1"}
    tomorrow = await explained_badge(world, "capped", at="2017-08-31T12:00:00Z")
    assert (tomorrow["isEarned"], brought(tomorrow)) == (False, {})


def brought(explained: dict[str, Any]) -> dict[str, str]:
    return {
        each["activity"]["key"]: each["contributions"][0]["amount"]
        for each in explained["activities"]
    }


async def test_different_values_are_told(deploy_small: Deploy) -> None:
    world = await deploy_small(WINDOWS)
    await world.did("ann", "buy", key="b1", properties={"store": "x"})
    explained = await explained_badge(world, "explorer")
    (counted,) = explained["activities"]
    assert counted["contributions"] == [{"criterion": "stores", "amount": "1", "element": "x"}]
    assert explained["levels"][0]["criteria"][0]["endsAt"] == "2017-09-01T00:00:00Z"


async def test_numbers_of_a_secret_badge_are_not_told(deploy_small: Deploy) -> None:
    world = await deploy_small(WINDOWS)
    for n in range(3):
        await world.did("ann", "up", key=f"u{n}", properties={"post": "p1"})
        told = (await explained_activity(world, "u0"))["explanation"]["contributions"]
        assert [each["metric"] for each in told] == (["ups@own"] if n == 2 else [])


async def test_an_activity_says_which_rules_gave_what(world: World) -> None:
    await world.upvotes("ann", 3, post="p1")
    await world.did("ann", "upvote", properties={"post": "p2"})
    await world.did("ann", "upvote", key="u5", properties={"post": "p2"})
    assert await explained_activity(world, "u5") == {
        "key": "u5",
        "awards": [],
        "entries": [{"rule": "earning/upvoted", "granted": "0", "isAdjustment": False}],
        "explanation": {
            "version": 1,
            "left": "1",
            "earnings": [
                {
                    "rule": "earning/upvoted",
                    "unit": "reputation",
                    "condition": "properties.wiki != true",
                    "holds": True,
                    "amount": "10",
                    "base": "10",
                    "requested": "10",
                    "granted": "0",
                    "limitedBy": "cap/votes",
                    "room": "0",
                    "silent": None,
                }
            ],
            "contributions": [
                {
                    "metric": "post_score",
                    "amount": "1",
                    "element": None,
                    "subject": "p2",
                    "window": None,
                    "startsAt": None,
                    "endsAt": None,
                }
            ],
        },
    }


async def test_rules_that_gave_nothing_say_why(world: World) -> None:
    await world.did("ann", "upvote", key="wiki", properties={"post": "p1", "wiki": True})
    await world.did("ann", "upvote", key="gone", properties={"post": "p1"})
    await world.ask('mutation { retractActivity(input: {activityKey: "gone"}) { isWaiting } }')
    (wiki,) = (await explained_activity(world, "wiki"))["explanation"]["earnings"]
    assert (wiki["holds"], wiki["requested"], wiki["silent"]) == (False, "0", "CONDITION")
    gone = await explained_activity(world, "gone")
    (rule,) = gone["explanation"]["earnings"]
    assert (gone["explanation"]["left"], gone["explanation"]["contributions"]) == (None, [])
    assert (rule["holds"], rule["granted"], rule["silent"]) == (False, "0", "RETRACTED")
    assert [entry["granted"] for entry in gone["entries"]] == ["10", "-10"]


async def test_an_activity_that_is_not_stored_is_null(small_world: World) -> None:
    assert await small_world.ask('{ activity(key: "none") { key } }') == {"activity": None}


BALANCE = """{ member(externalId: "ann") { points { balance explanation {
  opening rules { rule entries granted adjustments adjusted } others adjusted total balance
  isBalanced } } } }"""


async def test_a_balance_is_the_sum_of_what_its_rules_brought(world: World) -> None:
    await world.ask('mutation { updateMember(input: {externalId: "ann"}) { member { id } } }')
    data = await world.ask(BALANCE)
    (account,) = data["member"]["points"]
    assert account["explanation"] == {
        "opening": "1",
        "rules": [],
        "others": "0",
        "adjusted": "0",
        "total": "1",
        "balance": "1",
        "isBalanced": True,
    }
    await world.upvotes("ann", 2, post="p1")
    await world.did("ann", "upvote", key="gone", properties={"post": "p2"})
    for _ in range(2):
        await world.did("ann", "visit")
    await world.ask('mutation { retractActivity(input: {activityKey: "gone"}) { isWaiting } }')
    data = await world.ask(BALANCE)
    (account,) = data["member"]["points"]
    assert account["balance"] == "26"
    assert account["explanation"] == {
        "opening": "1",
        "rules": [
            {
                "rule": "earning/upvoted",
                "entries": 3,
                "granted": "30",
                "adjustments": 1,
                "adjusted": "-10",
            },
            {
                "rule": "badge/regular",
                "entries": 1,
                "granted": "5",
                "adjustments": 0,
                "adjusted": "0",
            },
        ],
        "others": "0",
        "adjusted": "-10",
        "total": "26",
        "balance": "26",
        "isBalanced": True,
    }


RANK = """query ($member: String!, $board: String!) { member(externalId: $member) {
  explainRank(leaderboard: $board) {
    leaderboard { key } period { key } ranked among isAmong entry { rank position score }
    higher tiedAhead tiesBrokenBy nextScore distance } } }"""


async def test_a_rank_says_who_is_ahead_and_what_the_next_place_takes(world: World) -> None:
    await world.upvotes("bob", 3)
    await world.upvotes("cy", 2)
    await world.upvotes("ann", 2)
    await world.did("dan", "visit")
    data = await world.ask(RANK, member="ann", board="weekly")
    assert data["member"]["explainRank"] == {
        "leaderboard": {"key": "weekly"},
        "period": {"key": "w2017-08-28"},
        "ranked": "points/reputation",
        "among": None,
        "isAmong": True,
        "entry": {"rank": 2, "position": 3, "score": "20"},
        "higher": 1,
        "tiedAhead": 1,
        "tiesBrokenBy": "who reached the score first, then the member's id",
        "nextScore": "30",
        "distance": "10",
    }
    top = (await world.ask(RANK, member="bob", board="weekly"))["member"]["explainRank"]
    assert (top["higher"], top["nextScore"], top["distance"]) == (0, None, None)
    none = (await world.ask(RANK, member="dan", board="spent"))["member"]["explainRank"]
    assert (none["entry"], none["higher"], none["isAmong"], none["ranked"]) == (
        None,
        None,
        True,
        "metric/spent",
    )
