"""joinTeam, leaveTeam, teams, and how they stand to challenges."""

import asyncio
from typing import Any

import pytest

from gamification.duties.reward_communities import reward_communities
from gamification.use_cases.verify_program import Difference, verify_program
from tests.api.live import serving
from tests.api.world import Deploy, World

CLUB = """
key: club
name: Club
activities: {ran: {value: kilometres}}
metrics: {distance: {name: Kilometres, sum: value, of: ran}}
points: {stars: {}}
challenges:
  relay: {goal: {metric: distance, target: 50}, of: team, give: {stars: 2}}
  mean: {goal: {metric: distance, target: 9}, of: team, combine: mean, every: week}
  duo: {goal: {metric: distance, target: 16}, of: team, combine: best, best: 2}
"""

RAN = """
mutation ($member: String!, $value: Decimal!) {
  recordActivity(input: {member: $member, type: "ran", value: $value}) { userErrors { code } }
}
"""

CHANGE = """
mutation ($input: TeamInput!) {
  NAME(input: $input) {
    member { externalId team { name size } attributes } replayed userErrors { code field message }
  }
}
"""


@pytest.fixture
async def club(deploy: Deploy) -> World:
    """A club without teams, on SQLite and on PostgreSQL."""
    return await deploy(CLUB)


@pytest.fixture
async def crowd(deploy_on_postgresql: Deploy) -> World:
    """The same on PostgreSQL, where transactions meet."""
    return await deploy_on_postgresql(CLUB)


async def change(world: World, name: str, member: str, team: str, **more: Any) -> dict[str, Any]:
    given = {"member": member, "team": team, **more}
    return (await world.ask(CHANGE.replace("NAME", name), input=given))[name]


async def ran(world: World, member: str, value: str) -> None:
    answer = await world.ask(RAN, member=member, value=value)
    assert answer["recordActivity"] == {"userErrors": []}


async def differences(world: World) -> list[str]:
    found = verify_program(world.store, world.program)
    return [str(each) async for each in found if isinstance(each, Difference)]


async def test_a_member_is_in_one_team_at_most(club: World) -> None:
    joined = await change(club, "joinTeam", "ann", "red", key="j")
    assert joined == {
        "member": {"externalId": "ann", "team": {"name": "red", "size": 1}, "attributes": {}},
        "replayed": False,
        "userErrors": [],
    }
    assert (await change(club, "joinTeam", "ann", "red", key="j"))["replayed"]
    await change(club, "joinTeam", "ben", "red")
    moved = await change(club, "joinTeam", "ann", "blue")
    assert moved["member"]["team"] == {"name": "blue", "size": 1}
    query = '{ team(name: "red") { name size members { externalId } } }'
    assert (await club.ask(query))["team"] == {
        "name": "red",
        "size": 1,
        "members": [{"externalId": "ben"}],
    }
    left = await change(club, "leaveTeam", "ann", "blue")
    assert left["member"]["team"] is None
    assert await differences(club) == []


async def test_a_joining_that_is_taken_back_leaves_no_team(club: World) -> None:
    await change(club, "joinTeam", "ann", "red", key="j")
    await ran(club, "ann", "3")
    taken = """mutation { retractActivity(input: {activityKey: "j", reason: "no"}) {
      userErrors { code }
    } }"""
    assert (await club.ask(taken))["retractActivity"] == {"userErrors": []}
    query = """{ member(externalId: "ann") { team { name } attributes }
      program { challenges { run { team(name: "red") { current } } } } }"""
    assert await club.ask(query) == {
        "member": {"team": None, "attributes": {}},
        "program": {"challenges": [{"run": {"team": {"current": "0"}}}] * 3},
    }
    assert await differences(club) == []


async def test_what_cannot_be_done_is_refused_and_leaves_nothing(club: World) -> None:
    await change(club, "joinTeam", "ann", "red")
    wrong = [
        ("joinTeam", "ann", "red", "ALREADY_JOINED"),
        ("leaveTeam", "ann", "blue", "NOT_JOINED"),
        ("leaveTeam", "zoe", "red", "NOT_JOINED"),
        ("joinTeam", "zoe", "", "INVALID_INPUT"),
        ("leaveTeam", "ann", "x" * 65, "INVALID_INPUT"),
    ]
    for name, member, team, code in wrong:
        answer = await change(club, name, member, team)
        assert answer["member"] is None
        assert [(each["code"], each["field"]) for each in answer["userErrors"]] == [
            (code, ["team"])
        ]
    told = """mutation ($told: JSON) {
      updateMember(input: {externalId: "ann", attributes: $told}) { userErrors { code } }
    }"""
    answer = (await club.ask(told, told={":team": "blue"}))["updateMember"]
    assert answer == {"userErrors": [{"code": "INVALID_INPUT"}]}
    reading = club.store.reading(club.program.record)
    assert await reading.member_count() == 1
    (ann,) = (await reading.members_by_external_id(["ann"])).values()
    page = await reading.activity_page(ann.id, before=None, limit=10)
    assert [row.activity.type for row in page] == ["team:joined"]


async def test_members_see_how_their_team_stands_and_what_is_their_share(club: World) -> None:
    for member in ("ann", "ben", "cem"):
        await change(club, "joinTeam", member, "red")
    for member, value in (("ann", "9"), ("ben", "6"), ("cem", "4.5")):
        await ran(club, member, value)
    query = """{ member(externalId: "ben") {
      progress(kinds: [CHALLENGE]) { key current target share }
      challenges { challenge { key goalOf combine best } state steps { current } run { together {
        total } team { name current target reachedAt shares(first: 2) { share member {
        externalId } } } } }
    } }"""
    found = (await club.ask(query))["member"]
    assert found["progress"] == [
        {"key": "relay", "current": "19.5", "target": "50", "share": "6"},
        {"key": "mean", "current": "6.5", "target": "9", "share": "6"},
        {"key": "duo", "current": "15", "target": "16", "share": "6"},
    ]
    shares = [
        {"share": "9", "member": {"externalId": "ann"}},
        {"share": "6", "member": {"externalId": "ben"}},
    ]
    numbers = {"relay": ("19.5", "50"), "mean": ("6.5", "9"), "duo": ("15", "16")}
    assert [each["challenge"] for each in found["challenges"]] == [
        {"key": "relay", "goalOf": "TEAM", "combine": "SUM", "best": None},
        {"key": "mean", "goalOf": "TEAM", "combine": "MEAN", "best": None},
        {"key": "duo", "goalOf": "TEAM", "combine": "BEST", "best": 2},
    ]
    for each in found["challenges"]:
        current, target = numbers[each["challenge"]["key"]]
        assert each["steps"] == [{"current": "6"}]
        assert each["state"] == "ACTIVE"
        team = {"name": "red", "current": current, "target": target, "reachedAt": None}
        assert each["run"] == {"together": None, "team": {**team, "shares": shares}}


async def test_who_had_a_part_in_it_is_rewarded_and_told(club: World) -> None:
    for member in ("ann", "ben", "cem"):
        await change(club, "joinTeam", member, "red")
    await ran(club, "ann", "9")
    await ran(club, "ben", "7")
    assert await reward_communities(club.store, club.hub, club.program, now=club.at) == 2
    query = """{
      member(externalId: "cem") { challenges(state: [COMPLETED]) {
        challenge { key } completedAt completion { run } run { team { reachedAt } } } }
      program { challenges { key run { team(name: "red") { current reachedAt } } } }
    }"""
    found = await club.ask(query)
    noon = "2017-08-30T12:00:00Z"
    assert found["member"]["challenges"] == [
        {
            "challenge": {"key": "duo"},
            "completedAt": noon,
            "completion": None,
            "run": {"team": {"reachedAt": noon}},
        }
    ]
    assert found["program"]["challenges"] == [
        {"key": "relay", "run": {"team": {"current": "16", "reachedAt": None}}},
        {"key": "mean", "run": {"team": {"current": "5.3333", "reachedAt": None}}},
        {"key": "duo", "run": {"team": {"current": "16", "reachedAt": noon}}},
    ]
    notices = await club.store.reading(club.program.record).notices_after(
        0, member=None, public_only=True, limit=10
    )
    told = [(each.kind.name, each.about, dict(each.details)) for each in notices]
    assert told == [("CHALLENGE_COMPLETED", "duo", {"run": ""})] * 2
    assert await differences(club) == []


TEAMS = """query ($first: Int, $after: String) { program { challenges { key run {
  teams(first: $first, after: $after) {
    edges { node { rank position size team { name current target reachedAt
      shares(first: 1) { share member { externalId } } } } }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
} } } }"""


async def with_three_teams(club: World) -> None:
    """Red are ann (9) and ben (1), blue cem (10), grey dan, who has left with the 4 of his; eve is
    in green and has done nothing."""
    teams = {"ann": "red", "ben": "red", "cem": "blue", "dan": "grey", "eve": "green"}
    for member, team in teams.items():
        await change(club, "joinTeam", member, team)
    for member, value in (("ann", "9"), ("ben", "1"), ("cem", "10"), ("dan", "4")):
        await ran(club, member, value)
    await change(club, "leaveTeam", "dan", "grey")


def listed(run: dict[str, Any]) -> list[tuple[int, int, str, str, int]]:
    nodes = [edge["node"] for edge in run["teams"]["edges"]]
    return [
        (
            each["rank"],
            each["position"],
            each["team"]["name"],
            each["team"]["current"],
            each["size"],
        )
        for each in nodes
    ]


async def test_the_teams_of_a_run_stand_in_the_order_of_what_they_have(club: World) -> None:
    await with_three_teams(club)
    relay, mean, duo = (await club.ask(TEAMS, first=10))["program"]["challenges"]
    by_sum = [(1, 1, "blue", "10", 1), (1, 2, "red", "10", 2), (3, 3, "grey", "4", 0)]
    assert listed(relay["run"]) == by_sum
    assert listed(duo["run"]) == by_sum
    assert listed(mean["run"]) == [
        (1, 1, "blue", "10", 1),
        (2, 2, "red", "5", 2),
        (3, 3, "grey", "0", 0),
    ]
    blue, red, grey = (edge["node"]["team"] for edge in mean["run"]["teams"]["edges"])
    assert (blue["target"], blue["reachedAt"] is None, red["reachedAt"]) == ("9", False, None)
    assert red["shares"] == [{"share": "9", "member": {"externalId": "ann"}}]
    assert grey["shares"] == [{"share": "4", "member": {"externalId": "dan"}}]


async def test_the_teams_of_a_run_are_listed_by_the_page(club: World) -> None:
    await with_three_teams(club)
    first, *_ = (await club.ask(TEAMS, first=2))["program"]["challenges"]
    info = first["run"]["teams"]["pageInfo"]
    assert [row[2] for row in listed(first["run"])] == ["blue", "red"]
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (True, False)
    after = info["endCursor"]
    rest, *_ = (await club.ask(TEAMS, first=2, after=after))["program"]["challenges"]
    assert listed(rest["run"]) == [(3, 3, "grey", "4", 0)]
    assert rest["run"]["teams"]["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "endCursor": rest["run"]["teams"]["pageInfo"]["endCursor"],
    }
    refused = await club.answer(TEAMS, first=2, after="bm90IG91cnM")
    assert {each["extensions"]["code"] for each in refused["errors"]} == {"INVALID_INPUT"}


async def test_a_challenge_of_members_has_no_teams(deploy_small: Deploy) -> None:
    world = await deploy_small(CLUB.replace("of: team, give", "give").split("  mean:")[0])
    (relay,) = (await world.ask(TEAMS, first=2))["program"]["challenges"]
    assert relay["run"]["teams"] is None


MATE = """subscription { memberUpdated(externalId: "ben") { member {
  team { size } progress(kinds: [CHALLENGE]) { key current share }
} } }"""


async def test_mates_are_told_what_their_team_has_come_to(club: World) -> None:
    """Whatever a mate does, joining and leaving included, moves what ben sees; another team's, and
    what is done in no team, does not."""
    for member, team in (("ann", "red"), ("ben", "red"), ("cem", "blue")):
        await change(club, "joinTeam", member, team)

    def bars(message: dict[str, Any]) -> tuple[int, list[str]]:
        member = message["memberUpdated"]["member"]
        return member["team"]["size"], [bar["current"] for bar in member["progress"]]

    async with serving(club) as server, server.ready() as socket:
        await socket.subscribe(MATE)
        assert bars(await socket.next()) == (2, ["0", "0", "0"])
        await ran(club, "ann", "9")
        assert bars(await socket.next()) == (2, ["9", "4.5", "9"])
        await ran(club, "cem", "9")
        await ran(club, "dan", "9")
        await change(club, "joinTeam", "dan", "red")
        assert bars(await socket.next()) == (3, ["9", "3", "9"])
        await ran(club, "dan", "3")
        assert bars(await socket.next()) == (3, ["12", "4", "12"])
        await change(club, "leaveTeam", "ann", "red")
        assert bars(await socket.next()) == (2, ["12", "1.5", "12"])


async def test_a_hundred_at_once_reach_the_goal_of_a_team_once(crowd: World) -> None:
    members = [f"m{number:02d}" for number in range(20)]
    await asyncio.gather(*(change(crowd, "joinTeam", member, "red") for member in members))
    await asyncio.gather(*(ran(crowd, members[number % 20], "1") for number in range(100)))
    query = """{ program { challenges { key run { team(name: "red") { current reachedAt } } } } }"""
    noon = "2017-08-30T12:00:00Z"
    found = (await crowd.ask(query))["program"]["challenges"]
    assert [(each["key"], each["run"]["team"]["current"]) for each in found] == [
        ("relay", "100"),
        ("mean", "5"),
        ("duo", "10"),
    ]
    assert [each["run"]["team"]["reachedAt"] is None for each in found] == [False, True, True]
    assert found[0]["run"]["team"]["reachedAt"].startswith(noon[:16])
    assert await differences(crowd) == []
    rewarded = await reward_communities(crowd.store, crowd.hub, crowd.program, now=crowd.at)
    assert rewarded == 20
    assert await reward_communities(crowd.store, crowd.hub, crowd.program, now=crowd.at) == 0
