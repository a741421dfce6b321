"""Law 9: kept answers are the answers. Whatever is written, by whichever process, and wherever the
clock goes, a query is answered as if nothing were kept."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamification.facts import NewActivity
from gamification.ports import Store
from gamification.refusals import Refusal
from gamification.tick import tick
from gamification.twin import Twin
from gamification.use_cases.apply_definition import apply_definition
from models.store import open_store
from tests.api.one import Alone
from tests.api.world import World, new_world
from tests.laws.effort import tried

CLUB = """
key: club
name: Club
time_zone: Europe/Lisbon
activities:
  visit: {value: visits}
metrics:
  visits: {sum: value, of: visit}
points:
  coins: {}
seasons: {late: 2017-08-29/2017-08-31, autumn: 2017-09-01/2017-09-02}
leaderboards:
  ever: {name: Ever, metric: visits}
  daily:
    {name: Daily, metric: visits, every: day, settle_for: 6 hours, prizes: {1: {coins: 5}}}
  weekly: {name: Weekly, metric: visits, every: week, ties: dense}
  rolling: {name: Rolling, metric: visits, every: 3 days}
  season: {name: Season, metric: visits, every: season}
"""
BOARDS = ("ever", "daily", "weekly", "rolling", "season")

PLACE = "rank position tiedWith score reachedAt previousRank member { externalId displayName }"
RUN = "key startsAt endsAt finalAt state settledAt version participantCount threshold(rank: 2)"
QUERIES = (
    f"""query ($board: String!) {{ leaderboard(key: $board) {{ name period {{ {RUN}
      entries(first: 2) {{ edges {{ cursor node {{ {PLACE} }} }} pageInfo {{ hasNextPage }} }}
      around(member: "ann", radius: 1) {{ {PLACE} }}
      entry(member: "bob") {{ {PLACE} }}
      previous {{
        {RUN} prizes {{ edges {{ node {{ entry {{ rank }} gives {{ unit amount }} }} }} }}
      }}
    }} }} }}""",
    f"""query ($board: String!) {{ leaderboard(key: $board) {{
      period(at: "2017-08-31T12:00:00Z") {{ {RUN} previous {{ {RUN} }} }}
      periods(first: 3) {{ edges {{ node {{ {RUN} }} }} }}
    }} }}""",
)
RENAME = """mutation ($input: UpdateMemberInput!) {
  updateMember(input: $input) { userErrors { code } }
}"""
MEMBERS = ("ann", "bob", "cem")

Step = tuple[str, Any]

_steps: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("here"), st.sampled_from(MEMBERS)),
    st.tuples(st.just("elsewhere"), st.sampled_from(MEMBERS)),
    st.tuples(st.just("named"), st.sampled_from(MEMBERS)),
    st.tuples(st.just("clock"), st.sampled_from([-30, -7, 1, 5, 11, 13, 26, 24 * 8])),
    st.tuples(st.just("tick"), st.none()),
    st.tuples(st.just("rules"), st.sampled_from(["Daily", "By day"])),
)
_numbers = count(1)


@pytest.fixture(params=["twin", "sqlite", "postgresql"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Store, Store]]:
    """Two on the same data, as two processes have them."""
    if request.param == "twin":
        yield (twin := Twin()), twin
        return
    url = request.getfixturevalue(f"{request.param}_url")
    async with open_store(url, pool_size=3) as here, open_store(url, pool_size=3) as elsewhere:
        yield here, elsewhere


@tried(0.2)
@given(steps=st.lists(_steps, min_size=3, max_size=8), board=st.sampled_from(BOARDS))
async def test_kept_answers_are_the_answers(
    stores: tuple[Store, Store], steps: Sequence[Step], board: str
) -> None:
    here, elsewhere = stores
    rules = CLUB.replace("key: club", f"key: club-{next(_numbers)}", 1)
    world = await new_world(here, rules)
    keeping = world.app()
    world.here.answers = None
    plain = world.app()
    async with world.client(keeping) as kept, world.client(plain) as fresh:
        for step in [("tick", None), *steps]:
            await taken(step, world, elsewhere, rules)
            for query in QUERIES:
                expected = await asked(fresh, query, board)
                # The second time nothing has changed since.
                assert await asked(kept, query, board) == expected
                assert await asked(kept, query, board) == expected


async def taken(step: Step, world: World, elsewhere: Store, rules: str) -> None:
    """Change something."""
    match step:
        case "here" | "elsewhere" as where, str(member):
            other = World.alone(elsewhere, world.program, at=world.at)
            await visited(world if where == "here" else other, member, world.at)
        case "named", str(member):
            await world.ask(RENAME, input={"externalId": member, "displayName": f"{world.at}"})
        case "clock", int(hours):
            world.at += timedelta(hours=hours)
        case "tick", None:
            async for done in tick(elsewhere, world.hub, world.program, now=world.at):
                assert done.failure is None
        case "rules", str(name):
            changed = rules.replace("name: Daily", f"name: {name}")
            with suppress(Refusal):  # the clock may have gone back behind the last version
                applied = await apply_definition(elsewhere, changed, now=world.at)
                assert applied.program is not None
                (server,) = world.servers
                assert isinstance(server, Alone)
                server.program = applied.program
        case _:
            raise AssertionError(step)


async def visited(writer: World, member: str, at: datetime) -> None:
    new = NewActivity(
        member=member, type="visit", value="1", occurred_at=at, key=f"visit-{next(_numbers)}"
    )
    await writer.record(new)


async def asked(client: httpx.AsyncClient, query: str, board: str) -> str:
    response = await client.post("/", json={"query": query, "variables": {"board": board}})
    assert response.status_code == 200
    assert "errors" not in response.json(), response.text
    return response.text
