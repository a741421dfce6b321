"""node: whatever has an id is found again by it, and nothing else is."""

import pytest

from gql.pages import node_id
from tests.api.world import World


async def test_every_kind_of_node_is_found_again(world: World) -> None:
    await world.did("ann", "visit", key="v1")
    await world.upvotes("ann", 3)
    data = await world.ask(
        """{
          program { id } leaderboard(key: "weekly") { id }
          member(externalId: "ann") { id activities(first: 1) { edges { node { id } } }
            badges { edges { node { id } } } }
        }"""
    )
    member = data["member"]
    ids = [
        data["program"]["id"],
        data["leaderboard"]["id"],
        member["id"],
        member["activities"]["edges"][0]["node"]["id"],
        *(edge["node"]["id"] for edge in member["badges"]["edges"]),
    ]
    found = [
        (await world.ask("query ($id: ID!) { node(id: $id) { __typename id } }", id=id))["node"]
        for id in ids
    ]
    assert [node["id"] for node in found] == ids
    assert [node["__typename"] for node in found] == [
        "Program",
        "Leaderboard",
        "Member",
        "Activity",
        "Award",
        "Award",
    ]


@pytest.mark.parametrize(
    "id",
    [
        "",
        "x",
        "====",
        "é",
        "bnVsbA",
        "W10",
        node_id("Member", "nobody"),
        node_id("Member"),
        node_id("Program", "another"),
        node_id("Award", "1", "first-visit", 1, "", ""),
        node_id("Award", "-1", "first-visit", 1, "", ""),
        node_id("Award", "9" * 30, "first-visit", 1, "", ""),
        node_id("Activity", "nothing"),
        node_id("Leaderboard", "nothing"),
        node_id("Badge", "spender"),
        node_id("UserError", "x"),
    ],
)
async def test_other_ids_lead_nowhere(world: World, id: str) -> None:
    data = await world.ask("query ($id: ID!) { node(id: $id) { id } }", id=id)
    assert data == {"node": None}
