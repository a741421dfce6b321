"""Every root field asks for its scope, and credentials without it are refused."""

import pytest

from tests.api.world import ALL_SCOPES, READ, World

OPERATIONS = {
    "{ program { key } }": READ,
    '{ member(externalId: "x") { id } }': READ,
    "{ members { edges { cursor } } }": READ,
    '{ leaderboard(key: "weekly") { key } }': READ,
    '{ node(id: "x") { id } }': READ,
    '{ activity(key: "x") { id } }': READ,
    '{ simulateActivity(input: {member: "a", type: "visit"}) { replayed } }': "activities:write",
    'mutation { recordActivity(input: {member: "a", type: "visit"}) { replayed } }': (
        "activities:write"
    ),
    "mutation { recordActivities(input: {activities: []}) { results { replayed } } }": (
        "activities:write"
    ),
    'mutation { retractActivity(input: {source: "x", reason: "y"}) { isWaiting } }': (
        "activities:write"
    ),
    'mutation { updateMember(input: {externalId: "a"}) { member { id } } }': "members:write",
    'mutation { adjustPoints(input: {member: "a", unit: "x", amount: "1", reason: "y", actor: "z"})'
    " { replayed } }": "points:write",
    'mutation { moveMember(input: {externalId: "a", timeZone: "UTC"}) { replayed } }': (
        "members:write"
    ),
    'mutation { grantFreezes(input: {member: "a", streak: "x", count: 1, reason: "y", actor: "z"})'
    " { replayed } }": "points:write",
    'mutation { pauseStreak(input: {member: "a", streak: "x", periods: 1}) { replayed } }': (
        "members:write"
    ),
    'mutation { placeInTier(input: {member: "a", tier: "x", reason: "y", actor: "z"})'
    " { replayed } }": "members:write",
    'mutation { resumeStreak(input: {member: "a", streak: "x"}) { replayed } }': "members:write",
    'mutation { restoreStreak(input: {member: "a", streak: "x"}) { replayed } }': "members:write",
    'mutation { joinChallenge(input: {member: "a", challenge: "x"}) { replayed } }': (
        "activities:write"
    ),
    'mutation { leaveChallenge(input: {member: "a", challenge: "x"}) { replayed } }': (
        "activities:write"
    ),
    'mutation { joinTeam(input: {member: "a", team: "x"}) { replayed } }': "activities:write",
    'mutation { leaveTeam(input: {member: "a", team: "x"}) { replayed } }': "activities:write",
    'mutation { inviteToChallenge(input: {member: "a", challenge: "x"}) { replayed } }': (
        "activities:write"
    ),
    'mutation { holdPoints(input: {member: "a", unit: "x", amount: "1"}) { replayed } }': (
        "points:write"
    ),
    'mutation { transferPoints(input: {member: "a", receiver: "b", unit: "x", amount: "1"})'
    " { replayed } }": "points:write",
    'mutation { convertPoints(input: {member: "a", unit: "x", amount: "1", to: "y"})'
    " { replayed } }": "points:write",
    'mutation { capturePoints(input: {hold: "x"}) { replayed } }': "points:write",
    'mutation { releasePoints(input: {hold: "x"}) { replayed } }': "points:write",
    'mutation { spendPoints(input: {member: "a", unit: "x", amount: "1"}) { replayed } }': (
        "points:write"
    ),
    'mutation { applyDefinition(input: {definition: "x"}) { version } }': "definition:write",
    "mutation { rollBackDefinition(input: {version: 9}) { version } }": "definition:write",
}


@pytest.mark.parametrize("query", OPERATIONS)
async def test_the_scope_is_needed(small_world: World, query: str) -> None:
    scope = OPERATIONS[query]
    small_world.scopes = ALL_SCOPES - {scope}
    answer = await small_world.answer(query)
    (error,) = answer["errors"]
    assert error["message"] == f"These credentials lack the scope '{scope}'."
    assert error["extensions"] == {"code": "FORBIDDEN"}
    assert await small_world.store.reading(small_world.program.record).member_count() == 0


@pytest.mark.parametrize("query", OPERATIONS)
async def test_the_scope_is_enough(small_world: World, query: str) -> None:
    small_world.scopes = frozenset({OPERATIONS[query]})
    assert "errors" not in await small_world.answer(query)


async def test_the_versions_of_the_rules_need_a_scope_of_their_own(small_world: World) -> None:
    small_world.scopes = frozenset({READ})
    answer = await small_world.answer("{ program { versions { edges { cursor } } } }")
    (error,) = answer["errors"]
    assert error["message"] == "These credentials lack the scope 'definition:write'."
    assert error["path"] == ["program", "versions"]
    small_world.scopes = frozenset({READ, "definition:write"})
    assert "errors" not in await small_world.answer("{ program { versions { edges { cursor } } } }")
