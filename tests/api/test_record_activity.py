"""recordActivity: what comes back tells everything that changed, and refusals change nothing."""

import pytest
from msgspec.structs import replace

from gamification.facts import NewActivity
from gamification.use_cases.recorded import Recorded
from gql.activities.changes import Told, told_of
from tests.api.world import ALL_SCOPES, World

RECORD = """
mutation ($input: RecordActivityInput!) {
  recordActivity(input: $input) {
    activity { key type value properties occurredAt receivedAt source }
    member { externalId }
    replayed
    awards { badge { key } level evidence { criterion value atLeast } version }
    revokedAwards { level }
    entries { unit requested granted limitedBy balance rule }
    progress { key current target }
    standings { leaderboard { key } period { key } previousRank entry { rank score } }
    userErrors { code message field }
  }
}
"""

NOTHING: dict[str, object] = {
    "activity": None,
    "member": None,
    "replayed": False,
    "awards": [],
    "revokedAwards": [],
    "entries": [],
    "progress": [],
    "standings": [],
}


async def test_the_payload_holds_all_that_changed(world: World) -> None:
    await world.upvotes("bob", 2)
    await world.did("ann", "visit")
    data = await world.ask(
        RECORD,
        input={
            "member": "ann",
            "type": "visit",
            "key": "v2",
            "occurredAt": "2017-08-30T14:00:30.5+02:00",
            "source": "app:1",
        },
    )
    assert data["recordActivity"] == {
        "activity": {
            "key": "v2",
            "type": "visit",
            "value": "1",
            "properties": {},
            "occurredAt": "2017-08-30T12:00:30.500000Z",
            "receivedAt": "2017-08-30T12:00:03Z",
            "source": "app:1",
        },
        "member": {"externalId": "ann"},
        "replayed": False,
        "awards": [
            {
                "badge": {"key": "regular"},
                "level": 1,
                "evidence": [{"criterion": "visits", "value": "2", "atLeast": "2"}],
                "version": 1,
            }
        ],
        "revokedAwards": [],
        "entries": [
            {
                "unit": "reputation",
                "requested": "1",
                "granted": "1",
                "limitedBy": None,
                "balance": "1",
                "rule": "opening",
            },
            {
                "unit": "reputation",
                "requested": "5",
                "granted": "5",
                "limitedBy": None,
                "balance": "6",
                "rule": "badge/regular/1//",
            },
        ],
        "progress": [
            {"key": "first-visit", "current": "2", "target": "1"},
            {"key": "regular", "current": "2", "target": "4"},
        ],
        "standings": [
            {
                "leaderboard": {"key": "reputation"},
                "period": {"key": ""},
                "previousRank": None,
                "entry": {"rank": 2, "score": "6"},
            },
            {
                "leaderboard": {"key": "weekly"},
                "period": {"key": "w2017-08-28"},
                "previousRank": None,
                "entry": {"rank": 2, "score": "5"},
            },
        ],
        "userErrors": [],
    }


async def test_a_cap_grants_what_room_there_is_and_tells_both(world: World) -> None:
    await world.upvotes("ann", 4)
    data = await world.ask(
        RECORD, input={"member": "ann", "type": "upvote", "properties": {"post": "p2"}}
    )
    assert data["recordActivity"]["entries"] == [
        {
            "unit": "reputation",
            "requested": "10",
            "granted": "0",
            "limitedBy": "cap/votes",
            "balance": "41",
            "rule": "earning/upvoted",
        }
    ]


async def test_the_previous_rank_is_that_of_the_score_before(world: World) -> None:
    await world.upvotes("bob", 2)
    await world.upvotes("cy", 2)
    await world.upvotes("ann", 1)
    await world.upvotes("ann", 1)
    data = await world.ask(
        RECORD,
        input={
            "member": "ann",
            "type": "upvote",
            "properties": {"post": "p9"},
            "occurredAt": "2017-08-30T12:00:10Z",
        },
    )
    assert data["recordActivity"]["standings"] == [
        {
            "leaderboard": {"key": "reputation"},
            "period": {"key": ""},
            "previousRank": 1,
            "entry": {"rank": 1, "score": "31"},
        },
        {
            "leaderboard": {"key": "weekly"},
            "period": {"key": "w2017-08-28"},
            "previousRank": 1,
            "entry": {"rank": 1, "score": "30"},
        },
    ]


async def test_the_same_key_again_answers_as_the_first_time(world: World) -> None:
    activity = {"member": "ann", "type": "visit", "key": "v1"}
    first = (await world.ask(RECORD, input=activity))["recordActivity"]
    again = (await world.ask(RECORD, input=activity))["recordActivity"]
    assert (first["replayed"], again["replayed"]) == (False, True)
    for same in ("activity", "member", "awards", "entries", "userErrors"):
        assert again[same] == first[same]
    assert (await world.ask('{ member(externalId: "ann") { badges { totalCount } } }')) == {
        "member": {"badges": {"totalCount": 1}}
    }


async def test_an_answer_that_was_lost_within_is_told_as_the_first_time(world: World) -> None:
    """The sender gave no key, so that only the server knows of its second attempt."""
    first = await world.record(NewActivity("ann", "visit"))
    assert isinstance(first, Recorded)
    again = replace(first, outcomes=(), answer_was_lost=True)
    told, retold = await told_of(await world.here.context(ALL_SCOPES), [first, again])
    assert isinstance(told, Told)
    assert isinstance(retold, Told)
    assert [award.level for award in told.awards] == [1]
    assert [award.level for award in retold.awards] == [1]
    assert [award.key for award in retold.awards] == [award.key for award in told.awards]


async def test_each_of_several_mutations_tells_what_it_has_left(small_world: World) -> None:
    record = 'recordActivity(input: {member: "ann", type: "visit", key: "%s"})'
    data = await small_world.ask(
        f"""mutation {{
          first: {record % "v1"} {{ progress {{ key current }} }}
          second: {record % "v2"} {{ progress {{ key current }} member {{ points {{ balance }} }} }}
          back: retractActivity(input: {{activityKey: "v2"}}) {{
            activities {{ retractions {{ key }} member {{ points {{ balance }} }} }} }}
        }}"""
    )
    assert [bar["current"] for bar in data["first"]["progress"]] == ["1", "1"]
    assert [bar["current"] for bar in data["second"]["progress"]] == ["2", "2"]
    assert data["second"]["member"]["points"] == [{"balance": "6"}]
    (back,) = data["back"]["activities"]
    assert back["retractions"] == [{"key": "retraction of v2"}]
    assert back["member"]["points"] == [{"balance": "1"}]


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"type": "dance"}, "UNKNOWN_ACTIVITY_TYPE", ["type"]),
        ({"properties": {"colour": "red"}}, "INVALID_PROPERTY", ["properties", "colour"]),
        ({"value": "1.00001"}, "INVALID_INPUT", ["value"]),
        ({"value": "a lot"}, "INVALID_INPUT", ["value"]),
        ({"member": ""}, "INVALID_INPUT", ["member"]),
        ({"occurredAt": "2017-08-30T13:00:00Z"}, "IN_THE_FUTURE", ["occurredAt"]),
    ],
    ids=lambda each: str(each)[:30],
)
async def test_refusals_name_what_is_to_blame(
    world: World, wrong: dict[str, object], code: str, field: list[str]
) -> None:
    data = await world.ask(RECORD, input={"member": "ann", "type": "visit", **wrong})
    (error,) = data["recordActivity"].pop("userErrors")
    assert (error["code"], error["field"]) == (code, field)
    assert data["recordActivity"] == NOTHING
    assert await world.ask("{ program { memberCount } }") == {"program": {"memberCount": 0}}


async def test_a_key_with_other_content_is_a_conflict(world: World) -> None:
    await world.ask(RECORD, input={"member": "ann", "type": "visit", "key": "v1"})
    data = await world.ask(RECORD, input={"member": "bob", "type": "visit", "key": "v1"})
    (error,) = data["recordActivity"]["userErrors"]
    assert (error["code"], error["field"]) == ("IDEMPOTENCY_CONFLICT", ["member"])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"occurredAt": "2017-08-30T12:00:00"}, "ISO 8601 with a zone"),
        ({"occurredAt": "yesterday"}, "ISO 8601 with a zone"),
        ({"properties": []}, "named values"),
        ({"properties": {"a": {}}}, "a value here is a string, number, boolean or null"),
        ({"value": True}, "A Decimal is a string"),
    ],
    ids=lambda each: str(each)[:30],
)
async def test_values_of_the_wrong_type_fail_validation(
    small_world: World, wrong: dict[str, object], message: str
) -> None:
    answer = await small_world.answer(RECORD, input={"member": "ann", "type": "visit", **wrong})
    (error,) = answer["errors"]
    assert message in error["message"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
