"""leaderboard: its runs, the list, own place, neighbours and thresholds, in agreement."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.world import World

ENTRIES = """
query ($first: Int, $after: String, $startAtRank: Int) { leaderboard(key: "weekly") { period {
  entries(first: $first, after: $after, startAtRank: $startAtRank) {
    edges { node { rank position tiedWith score reachedAt member { externalId displayName } } }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
} } }
"""


@pytest.fixture
async def ranked(world: World) -> World:
    """Ann 30, bob 20, cy 20, dora 10: bob was first to 20."""
    await world.upvotes("bob", 2)
    await world.upvotes("cy", 2)
    await world.upvotes("ann", 3, post="p2")
    await world.upvotes("dora", 1)
    return world


def short(entries: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (
            node["rank"],
            node["position"],
            node["tiedWith"],
            node["score"],
            node["member"]["externalId"],
        )
        for node in (edge["node"] for edge in entries["edges"])
    ]


async def entries(world: World, **variables: object) -> dict[str, Any]:
    data = await world.ask(ENTRIES, **variables)
    return data["leaderboard"]["period"]["entries"]


async def test_the_list_is_ranked_by_score_and_then_by_who_was_first(ranked: World) -> None:
    first = await entries(ranked, first=3)
    assert short(first) == [
        (1, 1, 0, "30", "ann"),
        (2, 2, 1, "20", "bob"),
        (2, 3, 1, "20", "cy"),
    ]
    assert first["pageInfo"]["hasNextPage"] is True
    assert first["pageInfo"]["hasPreviousPage"] is False
    rest = await entries(ranked, after=first["pageInfo"]["endCursor"])
    assert short(rest) == [(3, 4, 0, "10", "dora")]
    assert rest["pageInfo"]["hasNextPage"] is False
    assert rest["pageInfo"]["hasPreviousPage"] is True
    assert short(await entries(ranked, first=2, startAtRank=3)) == [
        (2, 3, 1, "20", "cy"),
        (3, 4, 0, "10", "dora"),
    ]


async def test_own_place_neighbours_and_thresholds_agree_with_the_list(ranked: World) -> None:
    data = await ranked.ask(
        """{ leaderboard(key: "weekly") { period {
          participantCount
          entry(member: "cy") { rank position tiedWith }
          missing: entry(member: "nobody") { rank }
          around(member: "cy", radius: 1) { position member { externalId } }
          empty: around(member: "nobody") { rank }
          second: threshold(rank: 2) none: threshold(rank: 9)
        } } }"""
    )
    assert data["leaderboard"]["period"] == {
        "participantCount": 4,
        "entry": {"rank": 2, "position": 3, "tiedWith": 1},
        "missing": None,
        "around": [
            {"position": 2, "member": {"externalId": "bob"}},
            {"position": 3, "member": {"externalId": "cy"}},
            {"position": 4, "member": {"externalId": "dora"}},
        ],
        "empty": [],
        "second": "20",
        "none": None,
    }


async def test_entries_without_members_are_the_same_entries(ranked: World) -> None:
    data = await ranked.ask(
        """{ leaderboard(key: "reputation") { period { entries {
          edges { node { rank score } }
        } } } }"""
    )
    edges = data["leaderboard"]["period"]["entries"]["edges"]
    assert [edge["node"] for edge in edges] == [
        {"rank": 1, "score": "31"},
        {"rank": 2, "score": "21"},
        {"rank": 2, "score": "21"},
        {"rank": 4, "score": "11"},
    ]


async def test_each_week_is_a_period_of_its_own(ranked: World) -> None:
    ranked.at = datetime(2017, 9, 4, tzinfo=UTC)
    await ranked.did("ann", "visit")
    ranked.at = datetime(2017, 9, 13, tzinfo=UTC)
    await ranked.upvotes("bob", 1)
    data = await ranked.ask(
        """query ($at: DateTime!) { leaderboard(key: "weekly") {
          period { key startsAt endsAt state participantCount }
          past: period(at: $at) { key state participantCount }
          future: period(at: "2030-01-01T00:00:00Z") { key state }
          periods(first: 1) {
            edges { cursor node { key participantCount } } pageInfo { hasNextPage }
          }
        } }""",
        at="2017-09-03T23:59:59Z",
    )
    board = data["leaderboard"]
    assert board["period"] == {
        "key": "w2017-09-11",
        "startsAt": "2017-09-11T00:00:00Z",
        "endsAt": "2017-09-18T00:00:00Z",
        "state": "OPEN",
        "participantCount": 1,
    }
    assert board["past"] == {"key": "w2017-08-28", "state": "SETTLING", "participantCount": 4}
    assert board["future"] == {"key": "w2029-12-31", "state": "SCHEDULED"}
    (edge,) = board["periods"]["edges"]
    assert edge["node"] == {"key": "w2017-09-11", "participantCount": 1}
    assert board["periods"]["pageInfo"] == {"hasNextPage": True}
    earlier = await ranked.ask(
        """query ($before: String!) { leaderboard(key: "weekly") {
          periods(before: $before) { edges { node { key } } pageInfo { hasNextPage } }
        } }""",
        before=edge["cursor"],
    )
    assert earlier["leaderboard"]["periods"] == {
        "edges": [{"node": {"key": "w2017-08-28"}}],
        "pageInfo": {"hasNextPage": False},
    }


async def test_an_unknown_leaderboard_is_null(small_world: World) -> None:
    assert await small_world.ask('{ leaderboard(key: "x") { key } }') == {"leaderboard": None}


@pytest.mark.parametrize(
    ("selection", "field"),
    [
        ("entries(startAtRank: 0) { edges { cursor } }", ["startAtRank"]),
        ('entries(startAtRank: 2, after: "x") { edges { cursor } }', ["startAtRank"]),
        ('entries(after: "WyJtZW1iZXIiLCJib2IiXQ") { edges { cursor } }', ["after"]),
        ("entries(first: 1000) { edges { cursor } }", ["first"]),
        ('around(member: "ann", radius: 51) { rank }', ["radius"]),
        ("threshold(rank: 0)", ["rank"]),
    ],
)
async def test_arguments_out_of_bounds_are_told(
    small_world: World, selection: str, field: list[str]
) -> None:
    query = f'{{ leaderboard(key: "weekly") {{ period {{ {selection} }} }} }}'
    (error,) = (await small_world.answer(query))["errors"]
    assert error["extensions"] == {"code": "INVALID_INPUT", "field": field}
