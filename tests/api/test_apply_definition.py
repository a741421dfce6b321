"""applyDefinition: rules are checked, put in force, and hold at once."""

import pytest

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
PREVIEW = """
mutation ($input: ApplyDefinitionInput!) { applyDefinition(input: $input) { preview {
  members ofMembers activities isComplete unjudged
  badges { key level levelKey gaining { members awards sample } losing { members awards sample } }
  points { unit membersUp membersDown gained lost largest { externalId before after } }
  tiers { key rising { members total sample } falling { members total sample }
    moves { before after members } }
  streaks { key longer { members total sample } shorter { members total sample }
    ended { members total sample } }
  refused { type activities reason }
} } }
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


async def test_a_dry_run_tells_who_would_gain_and_lose_what(world: World) -> None:
    await world.upvotes("ann", 5)  # the cap lets 40 of 50 through
    await world.did("bob", "visit")
    await world.did("bob", "visit")
    changed = (
        FORUM.replace("most: 40", "most: 45")
        .replace("silver: 4}", "silver: 2.5}")
        .replace("bronze: 2,", "bronze: 1,")
        .replace("{metric: visits, at_least: 1}", "{metric: visits, at_least: 3}")
        .replace("{metric: post_score, at_least: 3}", "{metric: post_score, at_least: 9}")
    )
    data = await world.ask(PREVIEW, input={"definition": changed, "dryRun": True})
    nobody: dict[str, object] = {"members": 0, "awards": 0, "sample": []}
    assert data["applyDefinition"]["preview"] == {
        "members": 2,
        "ofMembers": 2,
        "activities": 7,
        "isComplete": True,
        "unjudged": [],
        "badges": [
            {
                "key": "first-visit",
                "level": 1,
                "levelKey": None,
                "gaining": nobody,
                "losing": {"members": 1, "awards": 1, "sample": ["bob"]},
            },
            {
                "key": "nice-post",
                "level": 1,
                "levelKey": None,
                "gaining": nobody,
                "losing": {"members": 1, "awards": 1, "sample": ["ann"]},
            },
        ],
        "points": [
            {
                "unit": "reputation",
                "membersUp": 1,
                "membersDown": 0,
                "gained": "5",
                "lost": "0",
                "largest": [{"externalId": "ann", "before": "41", "after": "46"}],
            }
        ],
        "tiers": [],
        "streaks": [],
        "refused": [],
    }
    assert await world.ask("{ program { version } }") == {"program": {"version": 1}}


async def test_a_dry_run_tells_whose_level_and_streak_would_be_another(world: World) -> None:
    await world.did("ann", "purchase", value="60", properties={"store": "x"})
    await world.did("bob", "purchase", value="120", properties={"store": "x"})
    for _ in range(2):
        await world.did("bob", "visit")
    changed = FORUM.replace("at: 100, name: Gold", "at: 50, name: Gold").replace(
        "{name: Daily visit, metric: visits,", "{name: Daily visit, metric: visits, at_least: 3,"
    )
    data = await world.ask(PREVIEW, input={"definition": changed, "dryRun": True})
    preview = data["applyDefinition"]["preview"]
    nobody: dict[str, object] = {"members": 0, "total": 0, "sample": []}
    assert preview["tiers"] == [
        {
            "key": "status",
            "rising": {"members": 1, "total": 1, "sample": ["ann"]},
            "falling": nobody,
            "moves": [{"before": "basic", "after": "gold", "members": 1}],
        }
    ]
    assert preview["streaks"] == [
        {
            "key": "daily",
            "longer": nobody,
            "shorter": nobody,
            "ended": {"members": 1, "total": 1, "sample": ["bob"]},
        }
    ]


async def test_a_preview_is_bounded_and_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gql.programs.previews.PREVIEWED_ACTIVITIES_MAX", 2)
    for member in ("ann", "bob", "cy"):
        await world.did(member, "visit")
    data = await world.ask(PREVIEW, input={"definition": MORE, "dryRun": True})
    preview = data["applyDefinition"]["preview"]
    assert (preview["members"], preview["ofMembers"], preview["isComplete"]) == (2, 3, False)


@pytest.mark.parametrize(
    "input",
    [{"definition": MORE}, {"definition": FORUM, "dryRun": True}, {"definition": "x"}],
    ids=["applied", "in force already", "refused"],
)
async def test_otherwise_there_is_no_preview(small_world: World, input: dict[str, object]) -> None:
    data = await small_world.ask(PREVIEW, input=input)
    assert data["applyDefinition"] == {"preview": None}


async def test_a_backfill_judges_the_past_and_announces_what_it_is_asked_to(world: World) -> None:
    await world.did("ann", "visit")
    easier = FORUM.replace("bronze: 2,", "bronze: 1,")
    data = await world.ask(APPLY, input={"definition": easier, "backfill": "SILENT"})
    assert data["applyDefinition"]["changed"] == ["badges.regular"]
    assert await announced(world) == ["first-visit"]

    harder = FORUM.replace("bronze: 2,", "bronze: 3,")
    world.divide()  # what is announced is told whole at the server that announces it
    with world.here.local.listen(world.program.id, feed=True) as listener:
        await world.ask(APPLY, input={"definition": harder, "backfill": "NOTIFY"})
        heard = await listener.changed()
    assert [notice.kind.name for notice in heard.notices] == ["BADGE_REVOKED"]
    assert await announced(world) == ["first-visit", "regular"]


async def test_whom_a_backfill_cannot_judge_is_named(world: World) -> None:
    await world.upvotes("ann", 1)
    await world.upvotes("bob", 2)
    huge = FORUM.replace("reputation: 10}", "reputation: 9000000000000}").replace("cap: votes", "")
    input = {"definition": huge, "backfill": "SILENT"}
    asked = "mutation ($input: ApplyDefinitionInput!) { applyDefinition(input: $input) {"
    data = await world.ask(f"{asked} version unjudged userErrors {{ code }} }} }}", input=input)
    assert data["applyDefinition"] == {"version": 2, "unjudged": ["bob"], "userErrors": []}


async def announced(world: World) -> list[str]:
    """The badges of all notices, oldest first."""
    reading = world.store.reading(world.program.record)
    notices = await reading.notices_after(0, member=None, public_only=False, limit=10)
    return [notice.award.badge for notice in notices if notice.award]
