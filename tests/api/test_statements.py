"""A page costs a constant number of statements, however many members it shows."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from gamification.ports import ProgramRecord, Reading
from gamification.twin import Twin
from tests.api.world import World, new_world


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
