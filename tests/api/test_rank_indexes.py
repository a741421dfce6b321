"""Whatever is asked of a leaderboard, the answer is the same with an index of ranks and without."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gql.freshness import Versions
from server.ranks import held
from server.ranks.held import HeldRanks
from tests.api.one import Alone
from tests.api.two import OneOfTwo
from tests.api.world import World

EVERYTHING = """
{ weekly: leaderboard(key: "weekly") { ...all } spent: leaderboard(key: "spent") { ...all }
  reputation: leaderboard(key: "reputation") { ...all } }
fragment all on Leaderboard { period {
  participantCount
  top: entries(first: 2) { edges { cursor node { ...place } } }
  middle: entries(first: 2, startAtRank: 3) { edges { cursor node { ...place } } }
  around(member: "cy", radius: 1) { ...place }
  nobody: around(member: "nobody") { ...place }
  entry(member: "dora") { ...place }
  second: threshold(rank: 2)
  last: threshold(rank: 5)
  beyond: threshold(rank: 6)
} }
fragment place on LeaderboardEntry {
  rank position tiedWith score reachedAt member { externalId }
}
"""


@pytest.fixture
async def ranks(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HeldRanks]:
    """Every board is worth an index, and every question is worked out."""
    monkeypatch.setattr(held, "WORTH_FROM", 0)
    world.divide()
    server = world.servers[0]
    server.answers = None
    if isinstance(server, OneOfTwo):
        yield server.ranks
        return
    assert isinstance(server, Alone)
    versions = Versions(server.store.data_versions)
    made = HeldRanks(server.store, versions.of, members_max=1000, clock=time.monotonic)
    server.ranks = made
    yield made
    await made.stop()


async def did_something(world: World, amount: str) -> None:
    await world.upvotes("bob", 2)
    await world.upvotes("cy", 2)
    await world.upvotes("ann", 3, post="p2")
    await world.upvotes("dora", 1)
    await world.upvotes("eve", 1)
    for member in ("ann", "bob", "cy", "dora", "eve"):
        await world.did(member, "purchase", value=amount, properties={"store": "north"})


async def test_all_answers_are_those_of_the_database(world: World, ranks: HeldRanks) -> None:
    await did_something(world, "10")
    counted = await world.ask(EVERYTHING)
    await ranks.built_all()
    assert (ranks.builds, ranks.boards_held, ranks.answers) == (3, 3, 0)
    assert await world.ask(EVERYTHING) == counted
    assert ranks.answers == 3 * 7, "all but the top and the member whom nobody knows"
    assert position_of(counted["weekly"]["period"]["entry"]) == (3, 4, 1, "10")
    assert counted["weekly"]["period"]["second"] == "20"


async def test_indexes_follow_what_happens(world: World, ranks: HeldRanks) -> None:
    await did_something(world, "10")
    await world.ask(EVERYTHING)
    await ranks.built_all()
    await world.upvotes("dora", 3, post="p3")
    await world.did("dora", "purchase", value="5", properties={"store": "south"})
    indexed = await world.ask(EVERYTHING)
    assert ranks.answers == 3 * 7
    assert position_of(indexed["spent"]["period"]["entry"]) == (1, 1, 0, "15")
    assert position_of(indexed["weekly"]["period"]["entry"]) == (1, 1, 0, "40")
    await ranks.stop()
    assert await world.ask(EVERYTHING) == indexed


def position_of(entry: dict[str, Any]) -> tuple[int, int, int, str]:
    return entry["rank"], entry["position"], entry["tiedWith"], entry["score"]
