"""recordActivities: one result for each, in order, whatever becomes of the others."""

from tests.api.world import World

RECORD = """
mutation ($input: RecordActivitiesInput!) {
  recordActivities(input: $input) {
    results {
      activity { key }
      member { externalId }
      replayed
      awards { badge { key } }
      progress { key current }
      standings { leaderboard { key } previousRank }
      userErrors { code field }
    }
    userErrors { code message field }
  }
}
"""


async def test_each_activity_has_its_own_result(world: World) -> None:
    visit = {"member": "ann", "type": "visit", "key": "v1"}
    data = await world.ask(
        RECORD,
        input={"activities": [visit, {"member": "ann", "type": "dance"}, visit]},
    )
    first, refused, again = data["recordActivities"]["results"]
    assert first == {
        "activity": {"key": "v1"},
        "member": {"externalId": "ann"},
        "replayed": False,
        "awards": [{"badge": {"key": "first-visit"}}],
        "progress": [
            {"key": "first-visit", "current": "1"},
            {"key": "regular", "current": "1"},
        ],
        "standings": [],
        "userErrors": [],
    }
    assert refused["userErrors"] == [{"code": "UNKNOWN_ACTIVITY_TYPE", "field": ["type"]}]
    assert refused["activity"] is None
    assert (again["replayed"], again["awards"]) == (True, first["awards"])
    assert data["recordActivities"]["userErrors"] == []


async def test_a_thousand_are_taken_and_one_more_is_not(world: World) -> None:
    activities = [{"member": f"m{n % 7}", "type": "visit", "key": f"k{n}"} for n in range(1001)]
    refused = await world.ask(RECORD, input={"activities": activities})
    assert refused["recordActivities"]["results"] == []
    (error,) = refused["recordActivities"]["userErrors"]
    assert (error["code"], error["field"]) == ("TOO_MANY", ["activities"])
    assert await world.ask("{ program { memberCount } }") == {"program": {"memberCount": 0}}

    taken = await world.ask(RECORD, input={"activities": activities[:1000]})
    results = taken["recordActivities"]["results"]
    assert [each["activity"]["key"] for each in results] == [f"k{n}" for n in range(1000)]
    assert await world.ask("{ program { memberCount } }") == {"program": {"memberCount": 7}}
