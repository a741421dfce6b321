"""A page costs a constant number of statements, however many members it shows."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, cast

import pytest

from gamification.ports import ProgramRecord
from gamification.reading import Reading
from gamification.tick import tick
from gamification.twin import Twin
from tests.api.world import World, new_world

pytestmark = pytest.mark.one_server("counts what one server asks of a store made for that")


class CountedReading:
    """A reading that counts its calls: each is one statement."""

    def __init__(self, reading: Reading, calls: Counter[str]) -> None:
        self._reading = reading
        self._calls = calls

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method: Callable[..., Awaitable[Any]] = getattr(self._reading, name)

        def counted(*args: Any, **kwargs: Any) -> Awaitable[Any]:
            self._calls[name] += 1
            return method(*args, **kwargs)

        return counted


class CountingTwin(Twin):
    """The store in memory, counting what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def reading(self, program: ProgramRecord) -> Reading:  # pyright: ignore[reportIncompatibleMethodOverride]
        return cast("Reading", CountedReading(super().reading(program), self.calls))


@pytest.fixture
async def counted_world() -> World:
    world = await new_world(CountingTwin())
    for n in range(50):
        await world.did(f"m{n:02}", "visit")
        await world.upvotes(f"m{n:02}", 1 + n % 3, post=f"p{n}")
    return world


def calls(world: World) -> Counter[str]:
    store = world.store
    assert isinstance(store, CountingTwin)
    return store.calls


FORUM_PAGE = """
query ($first: Int) { members(first: $first) { edges { node {
  externalId
  badges(first: 5) { totalCount edges { node { badge { key holders } activity { type } } } }
  nice: badges(badges: ["nice-post"]) { totalCount }
  points { unit balance }
  progress { key fraction nextMilestone { key target } }
  standing(leaderboard: "weekly") { rank member { externalId } }
} } } }
"""


@pytest.mark.parametrize("members", [1, 7, 50])
async def test_a_page_of_members_with_all_they_have(counted_world: World, members: int) -> None:
    calls(counted_world).clear()
    data = await counted_world.ask(FORUM_PAGE, first=members)
    assert len(data["members"]["edges"]) == members
    assert calls(counted_world) == Counter(
        {
            "member_page": 1,
            "awards": 2,
            "award_counts": 2,
            "badge_holders": 1,
            "activities_by_key": 1,
            "accounts": 1,
            "tallies": 1,
            "subjects_below": 1,
            "earned": 1,
            "standings_of": 1,
            "ahead": 1,
            "members": 1,
        }
    )


@pytest.mark.parametrize("entries", [1, 50])
async def test_a_leaderboard_with_badges_beside_the_names(
    counted_world: World, entries: int
) -> None:
    calls(counted_world).clear()
    data = await counted_world.ask(
        """query ($first: Int) { leaderboard(key: "weekly") { period {
          entries(first: $first) { edges { node { rank member { externalId
            badges(first: 3) { edges { node { level } } } } } } }
        } } }""",
        first=entries,
    )
    assert len(data["leaderboard"]["period"]["entries"]["edges"]) == entries
    counted = calls(counted_world)
    assert counted.pop("ahead", 1) == 1, "ties are counted only where the page cuts one"
    assert counted == Counter({"standings_with_members": 1, "awards": 1})


async def test_nothing_is_read_for_members_that_are_not_selected(counted_world: World) -> None:
    calls(counted_world).clear()
    await counted_world.ask(
        '{ leaderboard(key: "weekly") { period { entries { edges { node { rank } } } } } }'
    )
    counted = calls(counted_world)
    assert counted.pop("ahead", 1) == 1
    assert counted == Counter({"standings": 1})


async def test_members_selected_in_fragments_are_read(counted_world: World) -> None:
    data = await counted_world.ask(
        """query { leaderboard(key: "weekly") { period { entries(first: 1) { edges { ...E } } } } }
        fragment E on LeaderboardEntryEdge {
          node { ... on LeaderboardEntry { who: member { ...M } } }
        }
        fragment M on Member { externalId }"""
    )
    edges = data["leaderboard"]["period"]["entries"]["edges"]
    assert edges == [{"node": {"who": {"externalId": "m02"}}}]


async def test_a_thousand_repeats_are_answered_by_two_statements(counted_world: World) -> None:
    activities = [
        {"member": f"m{n % 50:02}", "type": "visit", "key": f"v{n}"} for n in range(1_000)
    ]
    record = """mutation ($activities: [RecordActivityInput!]!) {
      recordActivities(input: {activities: $activities}) {
        results { replayed awards { badgeKey } entries { granted } }
      }
    }"""
    first = await counted_world.ask(record, activities=activities)
    calls(counted_world).clear()
    again = await counted_world.ask(record, activities=activities)
    assert calls(counted_world) == Counter({"awards_of_activities": 1, "entries_of_activities": 1})
    told = again["recordActivities"]["results"]
    assert all(result["replayed"] for result in told)
    assert [{**result, "replayed": False} for result in told] == first["recordActivities"][
        "results"
    ]


@pytest.mark.parametrize("activities", [1, 20])
async def test_activities_with_all_that_came_of_them(counted_world: World, activities: int) -> None:
    for _ in range(20):
        await counted_world.did("m00", "visit")
    calls(counted_world).clear()
    data = await counted_world.ask(
        """query ($first: Int) { member(externalId: "m00") { activities(first: $first) {
          edges { node { key awards { badgeKey } entries { rule granted } } } } } }""",
        first=activities,
    )
    assert len(data["member"]["activities"]["edges"]) == activities
    assert calls(counted_world) == Counter(
        {
            "members_by_external_id": 1,
            "activity_page": 1,
            "awards_of_activities": 1,
            "entries_of_activities": 1,
        }
    )


EXPLAINED_PAGE = """
query ($first: Int) { members(first: $first) { edges { node {
  explainBadge(badge: "regular") { isEarned levels { award { version } firstUnmet { remaining } } }
  explainRank(leaderboard: "weekly") { higher distance }
  points { explanation { total isBalanced } }
} } } }
"""


@pytest.mark.parametrize("members", [1, 50])
async def test_a_page_of_explanations(counted_world: World, members: int) -> None:
    calls(counted_world).clear()
    data = await counted_world.ask(EXPLAINED_PAGE, first=members)
    assert len(data["members"]["edges"]) == members
    assert calls(counted_world) == Counter(
        {
            "member_page": 1,
            "tallies_by_key": 1,
            "awards_by_key": 1,
            "standings_of": 1,
            "ahead": 2,
            "scores_above": 1,
            "accounts": 1,
            "rule_sums": 1,
        }
    )


@pytest.mark.parametrize("entries", [1, 40])
async def test_a_board_with_the_ranks_of_the_run_before(counted_world: World, entries: int) -> None:
    counted_world.at += timedelta(days=7)
    async for each in tick(
        counted_world.store, counted_world.hub, counted_world.program, now=counted_world.at
    ):
        assert each.failure is None
    for n in range(50):
        await counted_world.upvotes(f"m{n:02}", 1, post=f"q{n}")
    calls(counted_world).clear()
    data = await counted_world.ask(
        """query ($first: Int) { leaderboard(key: "weekly") { period {
          previous { state }
          entries(first: $first) { edges { node { previousRank member { externalId } } } }
        } } }""",
        first=entries,
    )
    board = data["leaderboard"]["period"]
    assert board["previous"] == {"state": "FINAL"}
    assert len(board["entries"]["edges"]) == entries
    assert all(edge["node"]["previousRank"] for edge in board["entries"]["edges"])
    assert calls(counted_world) == Counter(
        {"standings_with_members": 1, "ahead": 1, "periods": 1, "final_places_of": 1}
    )


CHALLENGES = """
key: club
name: Club
activities: {ran: {value: kilometres}}
metrics: {distance: {sum: value, of: ran}}
challenges:
  weekly: {goal: {metric: distance, target: 2}, every: week}
  first: {goal: {metric: distance, target: 5}, winners: {most: 1}}
  together: {goal: {metric: distance, target: 100}, of: community}
"""


@pytest.mark.parametrize("members", [1, 7, 50])
async def test_a_page_of_members_with_their_challenges(members: int) -> None:
    world = await new_world(CountingTwin(), CHALLENGES)
    for n in range(50):
        await world.did(f"m{n:02}", "ran", value="2")
    calls(world).clear()
    query = """query ($first: Int) { members(first: $first) { edges { node {
      challenges {
        state run { placesLeft together { total participants } }
        steps { current } completion { activity { type } }
      }
      progress(kinds: [CHALLENGE]) { share }
    } } } }"""
    data = await world.ask(query, first=members)
    first, *_ = data["members"]["edges"]
    assert [each["state"] for each in first["node"]["challenges"]] == [
        "COMPLETED", "ACTIVE", "COMPLETED",
    ]  # fmt: skip
    assert calls(world) == Counter(
        {
            "member_page": 1,
            "tallies": 2,
            "subjects_below": 1,
            "earned": 1,
            "shared_numbers": 3,
            "participant_count": 1,
            "awards_by_key": 1,
            "activities_by_key": 1,
        }
    )


LEAGUES = """
key: course
name: Course
activities: {lesson: {value: xp}}
metrics: {xp: {sum: value, of: lesson}}
leaderboards: {weekly: {metric: xp, every: week}, monthly: {metric: xp, every: month}}
leagues:
  duel: {leaderboard: weekly, levels: [bronze, silver], cohort: 2, promote: 1}
  marathon: {leaderboard: monthly, levels: [walker, runner], cohort: 10, promote: 1}
"""


@pytest.mark.parametrize("members", [1, 7, 50])
@pytest.mark.parametrize("is_over", [False, True])
async def test_a_page_of_members_with_their_leagues(members: int, is_over: bool) -> None:
    world = await new_world(CountingTwin(), LEAGUES)
    for n in range(50):
        await world.did(f"m{n:02}", "lesson", value=str(1 + n % 3))
    played_at = world.at
    if is_over:
        world.at += timedelta(days=32)
    async for each in tick(world.store, world.hub, world.program, now=world.at):
        assert each.failure is None
    calls(world).clear()
    query = """query ($first: Int, $at: DateTime) { members(first: $first) { edges { node {
      leagues(at: $at) {
        level nextLevel cohort entry { position zone member { externalId } }
      }
    } } } }"""
    data = await world.ask(query, first=members, at=played_at.isoformat())
    shown = [edge["node"]["leagues"] for edge in data["members"]["edges"]]
    assert [league["cohort"] for league, _ in shown] == [1 + n // 2 for n in range(members)]
    assert [league["cohort"] for _, league in shown] == [1 + n // 10 for n in range(members)]
    assert {league["nextLevel"] is not None for each in shown for league in each} == {is_over}
    scores = {"periods": 1, "final_places_of": 2} if is_over else {"standings_of": 2}
    assert calls(world) == Counter(
        {"member_page": 1, "seats": 1, "league_levels": 1, "cohort_members": 2, "members": 1}
        | scores
    )


TEAMS = """
key: club
name: Club
activities: {ran: {value: kilometres}}
metrics: {distance: {sum: value, of: ran}}
challenges:
  sum: {goal: {metric: distance, target: 99}, of: team}
  mean: {goal: {metric: distance, target: 99}, of: team, combine: mean}
  best: {goal: {metric: distance, target: 99}, of: team, combine: best, best: 1}
"""


@pytest.fixture
async def fifty_teams() -> World:
    """Fifty teams of two, whose first has gone a kilometre more than the number."""
    world = await new_world(CountingTwin(), TEAMS)
    for n in range(50):
        for member in (f"a{n:02}", f"b{n:02}"):
            await world.ask(
                """mutation ($member: String!, $team: String!) {
                  joinTeam(input: {member: $member, team: $team}) { userErrors { code } } }""",
                member=member,
                team=f"t{n:02}",
            )
        await world.did(f"a{n:02}", "ran", value=str(n + 1))
    calls(world).clear()
    return world


@pytest.mark.parametrize("teams", [1, 7, 50])
async def test_a_page_of_the_teams_of_a_run(fifty_teams: World, teams: int) -> None:
    query = """query ($first: Int) { program { challenges { run { teams(first: $first) { edges {
      node { rank size team { name current reachedAt shares(first: 1) { member { externalId } } } }
    } } } } } }"""
    data = await fifty_teams.ask(query, first=teams)
    for challenge in data["program"]["challenges"]:
        nodes = [edge["node"] for edge in challenge["run"]["teams"]["edges"]]
        assert [each["team"]["name"] for each in nodes] == [f"t{49 - n:02}" for n in range(teams)]
    assert calls(fifty_teams) == Counter(
        {"teams_ranked": 3, "shared_numbers": 1, "standings_in_each": 3, "members": 1}
    )


@pytest.mark.parametrize("members", [1, 7, 50])
async def test_a_page_of_members_with_their_teams(fifty_teams: World, members: int) -> None:
    query = """query ($first: Int) { members(first: $first) { edges { node {
      team { name size }
      challenges { state run { team { current reachedAt } } }
      progress(kinds: [CHALLENGE]) { current share }
    } } } }"""
    data = await fifty_teams.ask(query, first=members)
    nodes = [edge["node"] for edge in data["members"]["edges"]]
    assert [each["team"] for each in nodes] == [
        {"name": f"t{n:02}", "size": 2} for n in range(members)
    ]
    assert [each["progress"][1]["current"] for each in nodes] == [
        f"{n // 2}.5" if n % 2 == 0 else str((n + 1) // 2) for n in range(members)
    ]
    assert calls(fifty_teams) == Counter(
        {
            "member_page": 1,
            "members": 3,
            "tallies": 2,
            "subjects_below": 1,
            "earned": 1,
            "shared_numbers": 3,
            "standings_in_each": 10,
        }
    )
