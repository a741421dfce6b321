"""applyDefinition: rules are checked, put in force, and hold at once."""

from tests.api.world import FORUM, World

APPLY = """
mutation ($input: ApplyDefinitionInput!) {
  applyDefinition(input: $input) {
    program { name version }
    version
    added
    changed
    removed
    warnings { path }
    userErrors { code message field }
  }
}
"""
MORE = FORUM.replace("name: Forum", "name: Old Forum").replace(
    "activities:\n", "activities:\n  dance: {}\n"
)


async def test_new_rules_hold_at_once(world: World) -> None:
    data = (await world.ask(APPLY, input={"definition": MORE}))["applyDefinition"]
    assert data["userErrors"] == []
    assert data["program"] == {"name": "Old Forum", "version": 2}
    assert (data["version"], data["added"], data["removed"]) == (2, ["activities.dance"], [])
    assert await world.ask("{ program { name version } }") == {
        "program": {"name": "Old Forum", "version": 2}
    }
    await world.did("ann", "dance")


async def test_a_dry_run_changes_nothing(world: World) -> None:
    data = (await world.ask(APPLY, input={"definition": MORE, "dryRun": True}))["applyDefinition"]
    assert (data["added"], data["userErrors"]) == (["activities.dance"], [])
    assert await world.ask("{ program { name version } }") == {
        "program": {"name": "Forum", "version": 1}
    }


async def test_every_problem_is_told_with_its_path(world: World) -> None:
    wrong = FORUM.replace("on: visits,", "on: vists,").replace("most: 40", "most: 0")
    data = (await world.ask(APPLY, input={"definition": wrong}))["applyDefinition"]
    assert data["program"] is None
    assert [error["code"] for error in data["userErrors"]] == ["INVALID_DEFINITION"]
    assert data["userErrors"][0]["field"] == ["definition", "caps.votes.most"]
    assert await world.ask("{ program { version } }") == {"program": {"version": 1}}


async def test_another_programs_definition_is_refused(world: World) -> None:
    other = FORUM.replace("key: forum", "key: shop")
    data = (await world.ask(APPLY, input={"definition": other}))["applyDefinition"]
    (error,) = data["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID_INPUT", ["definition"])
