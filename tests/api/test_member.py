"""member: what one person has earned, where they stand, and how far they have come."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.world import World


async def test_someone_unknown_is_null(world: World) -> None:
    assert await world.ask('{ member(externalId: "nobody") { id } }') == {"member": None}


async def test_awards_come_newest_first_and_page_by_page(world: World) -> None:
    for _ in range(4):
        await world.did("ann", "visit")
    page = """
    query ($after: String) { member(externalId: "ann") { badges(first: 2, after: $after) {
      totalCount
      edges { node {
        level earnedAt subject badge { key name image } activity { key } member { externalId }
      } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } } }
    """
    first = (await world.ask(page))["member"]["badges"]
    assert first["edges"][0]["node"] == {
        "level": 2,
        "earnedAt": "2017-08-30T12:00:04Z",
        "subject": None,
        "badge": {"key": "regular", "name": "Regular", "image": None},
        "activity": {"key": "made-0004"},
        "member": {"externalId": "ann"},
    }
    assert first["totalCount"] == 3
    assert first["pageInfo"]["hasNextPage"] is True
    assert first["pageInfo"]["hasPreviousPage"] is False
    rest = (await world.ask(page, after=first["pageInfo"]["endCursor"]))["member"]["badges"]
    assert [edge["node"]["badge"]["key"] for edge in rest["edges"]] == ["first-visit"]
    assert rest["pageInfo"]["hasNextPage"] is False
    assert rest["pageInfo"]["hasPreviousPage"] is True


async def test_awards_of_chosen_badges(world: World) -> None:
    await world.upvotes("ann", 3, post="p7")
    await world.did("ann", "visit")
    data = await world.ask(
        '{ member(externalId: "ann") { badges(badges: ["nice-post"]) '
        "{ totalCount edges { node { badge { key } subject window } } } } }"
    )
    assert data["member"]["badges"] == {
        "totalCount": 1,
        "edges": [{"node": {"badge": {"key": "nice-post"}, "subject": "p7", "window": None}}],
    }


async def test_accounts_of_someone_without_points_hold_the_start(world: World) -> None:
    await world.did("ann", "visit")
    data = await world.ask('{ member(externalId: "ann") { points { unit name balance minimum } } }')
    assert data["member"]["points"] == [
        {"unit": "reputation", "name": "Reputation", "balance": "1", "minimum": "1"}
    ]


async def test_the_ledger_is_read_page_by_page(world: World) -> None:
    await world.upvotes("ann", 3)
    page = """
    query ($after: String) { member(externalId: "ann") { points { entries(first: 2, after: $after) {
      edges { node { granted balance rule isAdjustment version activity { type } } }
      pageInfo { hasNextPage endCursor }
    } } } }
    """
    first = (await world.ask(page))["member"]["points"][0]["entries"]
    upvote = {
        "granted": "10",
        "rule": "earning/upvoted",
        "isAdjustment": False,
        "version": 1,
        "activity": {"type": "upvote"},
    }
    assert [edge["node"] for edge in first["edges"]] == [
        {**upvote, "balance": "31"},
        {**upvote, "balance": "21"},
    ]
    after = first["pageInfo"]["endCursor"]
    rest = (await world.ask(page, after=after))["member"]["points"][0]["entries"]
    assert [edge["node"]["balance"] for edge in rest["edges"]] == ["11", "1"]
    assert rest["edges"][1]["node"]["activity"] is None
    assert rest["pageInfo"]["hasNextPage"] is False


async def test_progress_bars(world: World) -> None:
    await world.did("ann", "visit")
    await world.upvotes("ann", 2, post="p1")
    data = await world.ask(
        """{ member(externalId: "ann") { progress {
          kind key name subject current target fraction remaining completedAt
          nextMilestone { key } milestones { key target reachedAt } criteria { name isMet }
        } } }"""
    )
    done, regular, nice, status = data["member"]["progress"]
    assert done["completedAt"] == "2017-08-30T12:00:01Z"
    assert done["nextMilestone"] is None
    assert regular == {
        "kind": "BADGE",
        "key": "regular",
        "name": "Regular",
        "subject": None,
        "current": "1",
        "target": "2",
        "fraction": "0.5",
        "remaining": "1",
        "completedAt": None,
        "nextMilestone": {"key": "bronze"},
        "milestones": [
            {"key": "bronze", "target": "2", "reachedAt": None},
            {"key": "silver", "target": "4", "reachedAt": None},
        ],
        "criteria": [{"name": "visits", "isMet": False}],
    }
    assert (nice["subject"], nice["current"], nice["fraction"]) == ("p1", "2", "0.6666")
    assert (status["kind"], status["current"], status["target"]) == ("TIER", "0", "100")


async def test_activities_come_latest_first_with_what_was_taken_back(world: World) -> None:
    await world.did("ann", "purchase", value="12.5", properties={"store": "Lisbon"}, key="a")
    await world.did("ann", "visit", key="b")
    await world.ask(
        'mutation { retractActivity(input: {activityKey: "a", amount: "2.5", key: "r1", '
        'reason: "refund"}) { userErrors { message } } }'
    )
    page = """
    query ($after: String) { member(externalId: "ann") { activities(first: 1, after: $after) {
      edges { node { key type value properties retractions { key amount reason } } }
      pageInfo { endCursor }
    } } }
    """
    first = (await world.ask(page))["member"]["activities"]
    assert [edge["node"]["key"] for edge in first["edges"]] == ["b"]
    after = first["pageInfo"]["endCursor"]
    rest = (await world.ask(page, after=after))["member"]["activities"]
    assert [edge["node"] for edge in rest["edges"]] == [
        {
            "key": "a",
            "type": "purchase",
            "value": "12.5",
            "properties": {"store": "Lisbon"},
            "retractions": [{"key": "r1", "amount": "2.5", "reason": "refund"}],
        }
    ]


async def test_standing_now_and_in_the_past(world: World) -> None:
    await world.upvotes("ann", 1)
    world.at = datetime(2017, 9, 10, tzinfo=UTC)
    standing = """
    query ($at: DateTime) { member(externalId: "ann") {
      standing(leaderboard: "weekly", at: $at) { rank score member { externalId } }
    } }
    """
    assert (await world.ask(standing))["member"] == {"standing": None}
    assert (await world.ask(standing, at="2017-09-01T00:00:00Z"))["member"] == {
        "standing": {"rank": 1, "score": "10", "member": {"externalId": "ann"}}
    }


@pytest.mark.parametrize(
    ("selection", "message", "field"),
    [
        ("badges(first: 0) { totalCount }", "'first' must be 1 to 100, not 0", ["first"]),
        ("badges(first: 101) { totalCount }", "'first' must be 1 to 100, not 101", ["first"]),
        ('badges(after: "x") { totalCount }', "'after' is not a cursor of this list", ["after"]),
        ('badges(badges: ["x"]) { totalCount }', "there is no badge 'x'", ["badges"]),
        ('standing(leaderboard: "x") { rank }', "there is no leaderboard 'x'", ["leaderboard"]),
        (
            "activities(first: -1) { edges { cursor } }",
            "'first' must be 1 to 100, not -1",
            ["first"],
        ),
    ],
)
async def test_arguments_out_of_bounds_are_told(
    small_world: World, selection: str, message: str, field: list[str]
) -> None:
    await small_world.did("ann", "visit")
    answer = await small_world.answer(f'{{ member(externalId: "ann") {{ {selection} }} }}')
    (error,) = answer["errors"]
    assert error["message"] == message
    assert error["extensions"]["field"] == field
    assert error["extensions"]["code"] in ("INVALID_INPUT", "NOT_FOUND")


STREAKS = """
{ member(externalId: "ann") { streaks {
  key name every length longest freezes isAtRisk atRiskAt expiresAt
} } }
"""


async def test_streaks_are_those_of_this_moment(world: World) -> None:
    for _ in range(3):
        await world.did("ann", "visit")
        world.at += timedelta(days=1)
    running = {
        "key": "daily",
        "name": "Daily visit",
        "every": "DAY",
        "length": 3,
        "longest": 3,
        "freezes": 1,
        "isAtRisk": True,
        "atRiskAt": "2017-09-02T00:00:00Z",
        "expiresAt": "2017-09-04T00:00:00Z",
    }
    assert (await world.ask(STREAKS))["member"]["streaks"] == [running]
    world.at = datetime(2017, 9, 4, tzinfo=UTC)
    ended = {"length": 0, "freezes": 0, "isAtRisk": False, "atRiskAt": None, "expiresAt": None}
    assert (await world.ask(STREAKS))["member"]["streaks"] == [{**running, **ended}]


async def test_someone_new_has_the_freezes_of_the_start(world: World) -> None:
    await world.did("ann", "purchase", value="5", properties={"store": "x"})
    (streak,) = (await world.ask(STREAKS))["member"]["streaks"]
    assert (streak["length"], streak["longest"], streak["freezes"]) == (0, 0, 1)


TIERS = """
{ member(externalId: "ann") { tiers {
  key name value startsAt endsAt holdsUntil pointsToKeep pointsToNext
  level { key name threshold perks multipliers { unit factor } } projected { key } levels { key }
} } }
"""


async def test_tiers_are_those_of_this_moment(world: World) -> None:
    await world.did("ann", "purchase", value="120", properties={"store": "x"})
    gold = {
        "key": "gold",
        "name": "Gold",
        "threshold": "100",
        "perks": ["a seat by the window"],
        "multipliers": [{"unit": "reputation", "factor": "1.5"}],
    }
    tier = {
        "key": "status",
        "name": "status",
        "value": "120",
        "startsAt": "2017-01-01T00:00:00Z",
        "endsAt": "2018-01-01T00:00:00Z",
        "holdsUntil": "2019-01-01T00:00:00Z",
        "pointsToKeep": "0",
        "pointsToNext": None,
        "level": gold,
        "projected": {"key": "gold"},
        "levels": [{"key": "basic"}, {"key": "gold"}],
    }
    assert (await world.ask(TIERS))["member"]["tiers"] == [tier]
    world.at = datetime(2018, 6, 1, tzinfo=UTC)
    later = {
        "value": "0",
        "startsAt": "2018-01-01T00:00:00Z",
        "endsAt": "2019-01-01T00:00:00Z",
        "pointsToKeep": "100",
        "projected": {"key": "basic"},
    }
    assert (await world.ask(TIERS))["member"]["tiers"] == [{**tier, **later}]
