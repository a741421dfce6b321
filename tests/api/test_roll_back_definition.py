"""rollBackDefinition and program.versions: the history of the rules, and the way back in it."""

import json
from typing import Any

from tests.api.world import FORUM, World

APPLY = "mutation ($input: ApplyDefinitionInput!) { applyDefinition(input: $input) { version } }"
ROLL_BACK = """
mutation ($input: RollBackDefinitionInput!) {
  rollBackDefinition(input: $input) {
    program { name version }
    version
    added
    changed
    removed
    preview { isComplete }
    userErrors { code message field }
  }
}
"""
VERSIONS = """
query ($first: Int, $after: String) { program { versions(first: $first, after: $after) {
  edges { node { number effectiveFrom appliedAt definition added changed removed } }
  pageInfo { hasNextPage endCursor }
} } }
"""
MORE = FORUM.replace("name: Forum", "name: Old Forum").replace(
    "activities:\n", "activities:\n  dance: {}\n"
)


async def versions(world: World, **variables: object) -> tuple[list[dict[str, Any]], Any]:
    found = (await world.ask(VERSIONS, **variables))["program"]["versions"]
    return [edge["node"] for edge in found["edges"]], found["pageInfo"]


async def rolled_back(world: World, **input: object) -> dict[str, Any]:
    return (await world.ask(ROLL_BACK, input=input))["rollBackDefinition"]


async def test_the_rules_of_before_hold_again_at_once(world: World) -> None:
    await world.ask(APPLY, input={"definition": MORE})
    data = await rolled_back(world, version=1)
    assert data == {
        "program": {"name": "Forum", "version": 3},
        "version": 3,
        "added": [],
        "changed": ["name"],
        "removed": ["activities.dance"],
        "preview": None,
        "userErrors": [],
    }
    assert await world.ask("{ program { name version } }") == {
        "program": {"name": "Forum", "version": 3}
    }


async def test_a_dry_run_changes_nothing_and_previews(world: World) -> None:
    await world.ask(APPLY, input={"definition": MORE})
    data = await rolled_back(world, version=1, dryRun=True)
    assert (data["version"], data["changed"]) == (2, ["name"])
    assert data["preview"] == {"isComplete": True}
    assert await world.ask("{ program { version } }") == {"program": {"version": 2}}


async def test_an_unknown_version_is_a_user_error(world: World) -> None:
    data = await rolled_back(world, version=2)
    assert data["program"] is None
    assert data["userErrors"] == [
        {
            "code": "NOT_FOUND",
            "message": "The program 'forum' has no version 2. There are 1 to 1.",
            "field": ["version"],
        }
    ]


async def test_versions_are_listed_with_what_they_changed(world: World) -> None:
    await world.ask(APPLY, input={"definition": MORE})
    await world.ask(APPLY, input={"definition": FORUM, "backfill": "SILENT"})
    (third, second, first), info = await versions(world)
    assert info["hasNextPage"] is False
    assert [each["number"] for each in (first, second, third)] == [1, 2, 3]
    assert (first["appliedAt"], first["effectiveFrom"]) == ("2017-01-01T00:00:00Z", None)
    assert second["effectiveFrom"] == second["appliedAt"] == "2017-08-30T12:00:00Z"
    assert third["effectiveFrom"] is None
    assert first["added"][:3] == ["key", "name", "description"]
    assert (second["added"], second["changed"]) == (["activities.dance"], ["name"])
    assert (third["changed"], third["removed"]) == (["name"], ["activities.dance"])
    assert json.loads(second["definition"])["name"] == "Old Forum"


async def test_what_a_version_tells_can_be_applied(world: World) -> None:
    await world.ask(APPLY, input={"definition": MORE})
    _, first = (await versions(world))[0]
    data = await world.ask(APPLY, input={"definition": first["definition"]})
    assert data["applyDefinition"]["version"] == 3
    again = await world.ask(APPLY, input={"definition": FORUM})
    assert again["applyDefinition"]["version"] == 3


async def test_versions_come_in_pages(world: World) -> None:
    await world.ask(APPLY, input={"definition": MORE})
    page, info = await versions(world, first=1)
    assert ([each["number"] for each in page], info["hasNextPage"]) == ([2], True)
    page, info = await versions(world, first=1, after=info["endCursor"])
    assert ([each["number"] for each in page], info["hasNextPage"]) == ([1], False)
