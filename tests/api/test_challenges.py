"""joinChallenge, leaveChallenge, inviteToChallenge, and how members stand to challenges."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from gamification.duties.reward_communities import reward_communities
from gamification.ports import Contended
from gamification.use_cases.verify_program import Difference, verify_program
from tests.api.world import Deploy, World

CLUB = """
key: club
name: Fitness club
activities:
  ran: {value: kilometres}
  swam: {}
metrics:
  distance: {name: Kilometres, sum: value, of: ran}
  swims: {count: swam}
points:
  stars: {}
challenges:
  weekend-run:
    name: Ten a week
    description: Run ten kilometres.
    goal: {metric: distance, target: 10}
    every: week
    join: opt_in
    count_from: join
    give: {stars: 50, badge: runner}
  duathlon:
    steps: [{name: Run, metric: distance, target: 5}, {name: Swim, metric: swims, target: 2}]
    order: sequential
    from: 2017-09-01
    until: 2017-10-01
  inner-circle: {goal: {metric: swims, target: 1}, join: invitation}
  past: {goal: {metric: swims, target: 1}, until: 2017-08-01, join: opt_in}
badges:
  runner: {name: Runner}
"""

MUTATION = """
mutation ($input: ChallengeInput!) {
  NAME(input: $input) {
    member { externalId }
    challenge { state joinedAt isInvited run { key startsAt endsAt } steps { name current target } }
    replayed
    userErrors { code field message }
  }
}
"""


@pytest.fixture
async def club(deploy: Deploy) -> World:
    """A Wednesday in the fitness club, on SQLite and on PostgreSQL."""
    return await deploy(CLUB)


async def change(world: World, name: str, challenge: str, **more: Any) -> dict[str, Any]:
    given = {"member": "ann", "challenge": challenge, **more}
    return (await world.ask(MUTATION.replace("NAME", name), input=given))[name]


async def codes(world: World, name: str, challenge: str, **more: Any) -> list[str]:
    answer = await change(world, name, challenge, **more)
    assert answer["member"] is None
    assert answer["challenge"] is None
    return [error["code"] for error in answer["userErrors"]]


async def challenges(world: World, arguments: str = "") -> list[dict[str, Any]]:
    query = f"""{{ member(externalId: "ann") {{ challenges{arguments} {{
        challenge {{ key }} state run {{ key }} steps {{ current isReached isOpen }}
    }} }} }}"""
    return (await world.ask(query))["member"]["challenges"]


async def test_a_member_joins_the_run_that_is_going_on(club: World) -> None:
    await club.did("ann", "ran", value="8")
    assert await change(club, "joinChallenge", "weekend-run") == {
        "member": {"externalId": "ann"},
        "challenge": {
            "state": "ACTIVE",
            "joinedAt": "2017-08-30T12:00:01Z",
            "isInvited": False,
            "run": {
                "key": "w2017-08-28",
                "startsAt": "2017-08-28T00:00:00Z",
                "endsAt": "2017-09-04T00:00:00Z",
            },
            "steps": [{"name": "Kilometres", "current": "0", "target": "10"}],
        },
        "replayed": False,
        "userErrors": [],
    }
    await club.did("ann", "ran", value="4")
    (run,) = await challenges(club, "(state: [ACTIVE])")
    assert run == {
        "challenge": {"key": "weekend-run"},
        "state": "ACTIVE",
        "run": {"key": "w2017-08-28"},
        "steps": [{"current": "4", "isReached": False, "isOpen": True}],
    }


async def test_completing_it_is_told_with_all_that_it_gives(club: World) -> None:
    await change(club, "joinChallenge", "weekend-run")
    query = """
    mutation { recordActivity(input: {member: "ann", type: "ran", value: "10", key: "r"}) {
      completedChallenges {
        challengeKey run completedAt version evidence { criterion value atLeast }
        activity { key } member { externalId } challenge { name badges { key } }
      }
      awards { badge { key } }
      entries { rule granted }
      progress { kind key current target completedAt }
    } }
    """
    completed = {
        "challengeKey": "weekend-run",
        "run": "w2017-08-28",
        "completedAt": "2017-08-30T12:00:00Z",
        "version": 1,
        "evidence": [{"criterion": "Kilometres", "value": "10", "atLeast": "10"}],
        "activity": {"key": "r"},
        "member": {"externalId": "ann"},
        "challenge": {"name": "Ten a week", "badges": [{"key": "runner"}]},
    }
    assert (await club.ask(query))["recordActivity"] == {
        "completedChallenges": [completed],
        "awards": [{"badge": {"key": "runner"}}],
        "entries": [{"rule": "challenge/weekend-run/w2017-08-28", "granted": "50"}],
        "progress": [
            {
                "kind": "BADGE",
                "key": "runner",
                "current": "1",
                "target": "1",
                "completedAt": "2017-08-30T12:00:00Z",
            },
            {
                "kind": "CHALLENGE",
                "key": "weekend-run",
                "current": "10",
                "target": "10",
                "completedAt": "2017-08-30T12:00:00Z",
            },
        ],
    }
    again = (await club.ask(query))["recordActivity"]
    assert again["completedChallenges"] == [completed]
    listed = await club.ask(
        '{ member(externalId: "ann") { badges { totalCount edges { node { badgeKey } } }'
        " challenges(state: [COMPLETED]) { completion { run activity { key } } } } }"
    )
    assert listed["member"] == {
        "badges": {"totalCount": 1, "edges": [{"node": {"badgeKey": "runner"}}]},
        "challenges": [{"completion": {"run": "w2017-08-28", "activity": {"key": "r"}}}],
    }


async def test_a_retraction_takes_it_back_with_all_that_it_gave(club: World) -> None:
    await change(club, "joinChallenge", "weekend-run")
    await club.did("ann", "ran", value="10", key="r")
    query = """
    mutation { retractActivity(input: {activityKey: "r"}) {
      reopenedChallenges { challengeKey run }
      completedChallenges { run }
      revokedAwards { badgeKey }
      entries { granted }
    } }
    """
    assert (await club.ask(query))["retractActivity"] == {
        "reopenedChallenges": [{"challengeKey": "weekend-run", "run": "w2017-08-28"}],
        "completedChallenges": [],
        "revokedAwards": [{"badgeKey": "runner"}],
        "entries": [{"granted": "-50"}],
    }
    (run,) = await challenges(club, "(state: [ACTIVE])")
    assert run["steps"] == [{"current": "0", "isReached": False, "isOpen": True}]


async def test_states_follow_the_calendar(club: World) -> None:
    await club.did("ann", "swam")
    states = {each["challenge"]["key"]: each["state"] for each in await challenges(club)}
    assert states == {
        "weekend-run": "NOT_JOINED",
        "duathlon": "UPCOMING",
        "inner-circle": "NOT_JOINED",
        "past": "EXPIRED",
    }
    club.at = datetime(2017, 9, 1, tzinfo=UTC)
    (duathlon,) = await challenges(club, "(state: [ACTIVE])")
    assert duathlon["steps"] == [
        {"current": "0", "isReached": False, "isOpen": True},
        {"current": "0", "isReached": False, "isOpen": False},
    ]
    club.at = datetime(2017, 10, 1, tzinfo=UTC)
    states = {each["challenge"]["key"]: each["state"] for each in await challenges(club)}
    assert states["duathlon"] == "EXPIRED"
    (now, *_) = await challenges(club, '(at: "2017-09-05T00:00:00Z")')
    assert now["run"] == {"key": "w2017-09-04"}


async def test_what_cannot_be_done_is_refused_and_leaves_nothing(club: World) -> None:
    assert await codes(club, "joinChallenge", "inner-circle") == ["NOT_INVITED"]
    assert await codes(club, "leaveChallenge", "weekend-run") == ["NOT_JOINED"]
    assert await codes(club, "joinChallenge", "duathlon") == ["INVALID_INPUT"]
    assert await codes(club, "leaveChallenge", "duathlon") == ["INVALID_INPUT"]
    assert await codes(club, "inviteToChallenge", "weekend-run") == ["INVALID_INPUT"]
    assert await codes(club, "joinChallenge", "past") == ["NOT_OPEN"]
    assert await codes(club, "joinChallenge", "weekend") == ["NOT_FOUND"]
    reading = club.store.reading(club.program.record)
    assert await reading.member_count() == 0


async def test_the_invited_join_and_nobody_joins_twice(club: World) -> None:
    invited = await change(club, "inviteToChallenge", "inner-circle")
    assert (invited["challenge"]["state"], invited["challenge"]["isInvited"]) == (
        "NOT_JOINED",
        True,
    )
    club.at = datetime(2017, 8, 30, 13, tzinfo=UTC)
    joined = await change(club, "joinChallenge", "inner-circle", key="join")
    assert joined["challenge"]["state"] == "ACTIVE"
    again = await change(club, "joinChallenge", "inner-circle", key="join")
    assert (again["replayed"], again["challenge"]["state"]) == (True, "ACTIVE")
    assert await codes(club, "joinChallenge", "inner-circle") == ["ALREADY_JOINED"]
    club.at = datetime(2017, 8, 30, 14, tzinfo=UTC)
    left = await change(club, "leaveChallenge", "inner-circle")
    assert (left["challenge"]["state"], left["challenge"]["joinedAt"]) == ("NOT_JOINED", None)
    kinds = [
        (notice.kind.name, notice.about, dict(notice.details))
        for notice in await club.store.reading(club.program.record).notices_after(
            0, member=None, public_only=False, limit=10
        )
    ]
    assert kinds == [
        ("CHALLENGE_INVITED", "inner-circle", {"run": ""}),
        ("CHALLENGE_JOINED", "inner-circle", {"run": ""}),
    ]


SHARED = """
key: shared
name: Shared
activities: {ran: {value: kilometres}}
metrics: {distance: {sum: value, of: ran}}
points: {stars: {}}
challenges:
  sprint: {goal: {metric: distance, target: 1}, winners: {most: 5}, give: {stars: 7}}
  together: {goal: {metric: distance, target: 100}, of: community, give: {stars: 2}}
"""

RAN = """
mutation ($member: String!) { recordActivity(input: {member: $member, type: "ran", value: "1"}) {
  completedChallenges { challengeKey } entries { rule granted } userErrors { code }
} }
"""


@pytest.fixture
async def crowd(deploy_on_postgresql: Deploy) -> World:
    """A program whose members compete and act together, on PostgreSQL."""
    return await deploy_on_postgresql(SHARED)


async def test_two_hundred_at_once_win_five_places_and_reach_one_goal_once(crowd: World) -> None:
    asked = [crowd.ask(RAN, member=f"m{number % 100:03d}") for number in range(200)]
    answers = [answer["recordActivity"] for answer in await asyncio.gather(*asked)]
    assert [answer for answer in answers if answer["userErrors"]] == []
    winning = [answer for answer in answers if answer["completedChallenges"]]
    assert [answer["completedChallenges"] for answer in winning] == [
        [{"challengeKey": "sprint"}]
    ] * 5
    assert [answer["entries"] for answer in winning] == [
        [{"rule": "challenge/sprint/", "granted": "7"}]
    ] * 5
    query = """{ program { challenges { key run { placesLeft together {
        total target participants reachedAt
    } } } } }"""
    sprint, together = (await crowd.ask(query))["program"]["challenges"]
    assert sprint == {"key": "sprint", "run": {"placesLeft": 0, "together": None}}
    assert together == {
        "key": "together",
        "run": {
            "placesLeft": None,
            "together": {
                "total": "200",
                "target": "100",
                "participants": 100,
                "reachedAt": "2017-08-30T12:00:00Z",
            },
        },
    }
    found = verify_program(crowd.store, crowd.program)
    assert [str(each) async for each in found if isinstance(each, Difference)] == []


async def test_two_processes_that_reward_at_once_reward_each_member_once(crowd: World) -> None:
    for number in range(50):
        await crowd.ask(RAN, member=f"m{number}")
        await crowd.ask(RAN, member=f"m{number}")

    async def reward() -> int:
        while True:
            with suppress(Contended):
                return await reward_communities(
                    crowd.store, crowd.hub, crowd.program, now=crowd.at, page_size=7
                )

    assert sum(await asyncio.gather(reward(), reward(), reward())) == 50
    member = """{ member(externalId: "m9") { points { balance } challenges(state: [COMPLETED]) {
        challenge { key } steps { current } completion { run }
    } } }"""
    assert (await crowd.ask(member))["member"] == {
        "points": [{"balance": "2"}],
        "challenges": [
            {
                "challenge": {"key": "together"},
                "steps": [{"current": "2"}],
                "completion": {"run": ""},
            }
        ],
    }


async def test_a_simulation_tells_what_would_be_completed(club: World) -> None:
    await change(club, "joinChallenge", "weekend-run")
    query = """{ simulateActivity(input: {member: "ann", type: "ran", value: "10"}) {
      completedChallenges { challengeKey } entries { granted } progress { key current }
    } }"""
    assert (await club.ask(query))["simulateActivity"] == {
        "completedChallenges": [{"challengeKey": "weekend-run"}],
        "entries": [{"granted": "50"}],
        "progress": [
            {"key": "runner", "current": "1"},
            {"key": "weekend-run", "current": "10"},
        ],
    }
    (run,) = await challenges(club, "(state: [ACTIVE])")
    assert run["steps"] == [{"current": "0", "isReached": False, "isOpen": True}]


async def test_the_program_lists_its_challenges(club: World) -> None:
    query = """{ program { challenges {
      key name description join countsFromJoining isSequential every
      steps { name target } gives { unit amount } badges { key } run { key endsAt }
    } } }"""
    first, second, *_ = (await club.ask(query))["program"]["challenges"]
    assert first == {
        "key": "weekend-run",
        "name": "Ten a week",
        "description": "Run ten kilometres.",
        "join": "OPT_IN",
        "countsFromJoining": True,
        "isSequential": False,
        "every": "week",
        "steps": [{"name": "Kilometres", "target": "10"}],
        "gives": [{"unit": "stars", "amount": "50"}],
        "badges": [{"key": "runner"}],
        "run": {"key": "w2017-08-28", "endsAt": "2017-09-04T00:00:00Z"},
    }
    assert (second["join"], second["isSequential"], second["every"]) == ("AUTOMATIC", True, None)


async def test_an_explanation_names_what_counted_and_what_is_missing(club: World) -> None:
    club.at = datetime(2017, 9, 2, tzinfo=UTC)
    await club.did("ann", "swam", key="too soon")
    await club.did("ann", "ran", value="3", key="a")
    await club.did("ann", "ran", value="2", key="b")
    await club.did("ann", "swam", key="c")
    query = """{ member(externalId: "ann") { explainChallenge(challenge: "duathlon") {
      version isJoiningMissing firstUnmet { name current target } standing { state }
      activities { activity { key } moved { step before after } }
    } } }"""
    assert (await club.ask(query))["member"]["explainChallenge"] == {
        "version": 1,
        "isJoiningMissing": False,
        "firstUnmet": {"name": "Swim", "current": "1", "target": "2"},
        "standing": {"state": "ACTIVE"},
        "activities": [
            {"activity": {"key": "c"}, "moved": [{"step": "Swim", "before": "0", "after": "1"}]},
            {"activity": {"key": "b"}, "moved": [{"step": "Run", "before": "3", "after": "5"}]},
            {"activity": {"key": "a"}, "moved": [{"step": "Run", "before": "0", "after": "3"}]},
        ],
    }
    badge = await club.ask(
        '{ member(externalId: "ann") { explainBadge(badge: "runner") { nextLevel {'
        " criteria { name current target } } } } }"
    )
    assert badge["member"]["explainBadge"]["nextLevel"]["criteria"] == [
        {"name": "Ten a week", "current": "0", "target": "1"}
    ]
    unknown = await club.answer(query.replace("duathlon", "triathlon"))
    assert unknown["errors"][0]["extensions"]["code"] == "NOT_FOUND"
