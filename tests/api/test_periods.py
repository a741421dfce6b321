"""Final runs of a leaderboard: answered from what was kept, whatever arrives later."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gamification.tick import tick
from tests.api.live import serving
from tests.api.world import Deploy, World

CLUB = """
key: club
name: Club
activities:
  visit: {value: points}
metrics:
  score: {sum: value, of: visit}
points:
  stars: {name: Stars}
leaderboards:
  weekly:
    metric: score
    every: week
    settle_for: 12 hours
    prizes: {1: {stars: 500}, 2-3: {stars: 50}}
  ever: {metric: score}
"""
WEEK, NEXT_WEEK = "w2017-08-28", "w2017-09-04"
LAST_WEEK = datetime(2017, 8, 30, 12, tzinfo=UTC)
ENDED = datetime(2017, 9, 4, 12, tzinfo=UTC)


async def finish(world: World) -> None:
    """One pass of the scheduler, in which nothing may fail."""
    async for each in tick(world.store, world.hub, world.program, now=world.at):
        assert each.failure is None


async def scored(world: World, at: datetime, *members: tuple[str, str]) -> None:
    for member, value in members:
        await world.did(member, "visit", value=value, occurred_at=at, key=f"{member} {at}")


@pytest.fixture
async def club(deploy: Deploy) -> World:
    """Ann 9, bob 7, cy 7, dora 5, eve 1: the week is over, and not yet final."""
    world = await deploy(CLUB)
    scores = (("ann", "9"), ("bob", "7"), ("cy", "7"), ("dora", "5"), ("eve", "1"))
    for seconds, score in enumerate(scores):
        await scored(world, LAST_WEEK.replace(second=seconds), score)
    world.at = ENDED
    return world


@pytest.fixture
async def over(club: World) -> World:
    """The same week, final; since then late activity has arrived, and the next week has begun."""
    await finish(club)
    club.at = ENDED.replace(hour=13)
    await scored(club, LAST_WEEK.replace(hour=20), ("eve", "100"), ("finn", "50"))
    await scored(club, ENDED.replace(hour=13), ("dora", "3"), ("ann", "2"), ("gil", "1"))
    return club


async def period(world: World, fields: str, *, at: datetime = LAST_WEEK) -> dict[str, Any]:
    data = await world.ask(
        f"""query ($at: DateTime) {{
          leaderboard(key: "weekly") {{ period(at: $at) {{ {fields} }} }}
        }}""",
        at=at.isoformat(),
    )
    return data["leaderboard"]["period"]


LIST = """entries(first: 3, after: $after, startAtRank: $from) {
  edges { node { rank position tiedWith score member { externalId } } }
  pageInfo { hasNextPage hasPreviousPage endCursor }
}"""


async def listed(world: World, **variables: object) -> tuple[list[tuple[Any, ...]], dict[str, Any]]:
    data = await world.ask(
        f"""query ($at: DateTime, $after: String, $from: Int) {{
          leaderboard(key: "weekly") {{ period(at: $at) {{ {LIST} }} }}
        }}""",
        at=LAST_WEEK.isoformat(),
        **variables,
    )
    entries = data["leaderboard"]["period"]["entries"]
    nodes = [edge["node"] for edge in entries["edges"]]
    rows = [(*list(node.values())[:4], node["member"]["externalId"]) for node in nodes]
    return rows, entries["pageInfo"]


async def test_a_run_goes_from_scheduled_to_final(club: World) -> None:
    fields = "key state finalAt settledAt version"
    told = {
        "key": WEEK,
        "finalAt": "2017-09-04T12:00:00Z",
        "settledAt": None,
        "version": None,
    }
    club.at = datetime(2017, 8, 27, tzinfo=UTC)
    assert await period(club, fields) == {**told, "state": "SCHEDULED"}
    club.at = LAST_WEEK
    assert await period(club, fields) == {**told, "state": "OPEN"}
    club.at = ENDED.replace(hour=11)
    await finish(club)
    assert await period(club, fields) == {**told, "state": "SETTLING"}
    club.at = ENDED
    await finish(club)
    final = {**told, "state": "FINAL", "settledAt": "2017-09-04T12:00:00Z", "version": 1}
    assert await period(club, fields) == final


async def test_a_run_without_scores_and_one_of_all_time_are_never_final(over: World) -> None:
    over.at = datetime(2018, 1, 1, tzinfo=UTC)
    await finish(over)
    empty = datetime(2017, 10, 10, tzinfo=UTC)
    assert await period(over, "state participantCount", at=empty) == {
        "state": "SETTLING",
        "participantCount": 0,
    }
    data = await over.ask(
        '{ leaderboard(key: "ever") { period { state finalAt previous { key } } } }'
    )
    assert data["leaderboard"]["period"] == {"state": "OPEN", "finalAt": None, "previous": None}


async def test_the_list_stays_what_it_was(over: World) -> None:
    first, info = await listed(over)
    assert first == [(1, 1, 0, "9", "ann"), (2, 2, 1, "7", "bob"), (2, 3, 1, "7", "cy")]
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (True, False)
    rest, info = await listed(over, after=info["endCursor"])
    assert rest == [(4, 4, 0, "5", "dora"), (5, 5, 0, "1", "eve")]
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (False, True)
    assert (await listed(over, **{"from": 4}))[0] == rest


async def test_a_page_begun_before_the_end_is_continued_after_it(club: World) -> None:
    first, info = await listed(club)
    await finish(club)
    rest, _ = await listed(club, after=info["endCursor"])
    assert [row[4] for row in (*first, *rest)] == ["ann", "bob", "cy", "dora", "eve"]


async def test_own_place_neighbours_and_thresholds_stay_what_they_were(over: World) -> None:
    found = await period(
        over,
        """participantCount
        entry(member: "eve") { rank score reachedAt }
        late: entry(member: "finn") { rank }
        around(member: "dora", radius: 1) { position member { externalId } }
        top: around(member: "ann", radius: 1) { position }
        none: around(member: "finn") { rank }
        second: threshold(rank: 2) last: threshold(rank: 5) beyond: threshold(rank: 6)""",
    )
    assert found == {
        "participantCount": 5,
        "entry": {"rank": 5, "score": "1", "reachedAt": "2017-08-30T12:00:04Z"},
        "late": None,
        "around": [
            {"position": 3, "member": {"externalId": "cy"}},
            {"position": 4, "member": {"externalId": "dora"}},
            {"position": 5, "member": {"externalId": "eve"}},
        ],
        "top": [{"position": 1}, {"position": 2}],
        "none": [],
        "second": "7",
        "last": "1",
        "beyond": None,
    }


async def test_a_member_s_standing_in_a_final_run(over: World) -> None:
    data = await over.ask(
        """query ($at: DateTime) { member(externalId: "eve") {
          standing(leaderboard: "weekly", at: $at) { rank score }
          explainRank(leaderboard: "weekly", at: $at) {
            period { state } entry { rank } higher tiedAhead nextScore distance
          }
        } cy: member(externalId: "cy") {
          explainRank(leaderboard: "weekly", at: $at) { higher tiedAhead nextScore distance }
        } ann: member(externalId: "ann") {
          explainRank(leaderboard: "weekly", at: $at) { higher tiedAhead nextScore distance }
        } finn: member(externalId: "finn") {
          explainRank(leaderboard: "weekly", at: $at) { entry { rank } higher nextScore }
        } }""",
        at=LAST_WEEK.isoformat(),
    )
    assert data["member"]["standing"] == {"rank": 5, "score": "1"}
    assert data["member"]["explainRank"] == {
        "period": {"state": "FINAL"},
        "entry": {"rank": 5},
        "higher": 4,
        "tiedAhead": 0,
        "nextScore": "5",
        "distance": "4",
    }
    explained = {"higher": 1, "tiedAhead": 1, "nextScore": "9", "distance": "2"}
    assert data["cy"]["explainRank"] == explained
    best = {"higher": 0, "tiedAhead": 0, "nextScore": None, "distance": None}
    assert data["ann"]["explainRank"] == best
    assert data["finn"]["explainRank"] == {"entry": None, "higher": None, "nextScore": None}


PRIZES = """prizes(first: 2, after: $after) {
  edges { node { entry { rank member { externalId } } gives { unit amount } } }
  pageInfo { hasNextPage endCursor }
}"""


async def won(world: World, after: str | None = None) -> tuple[list[tuple[Any, ...]], Any]:
    data = await world.ask(
        f"""query ($at: DateTime, $after: String) {{
          leaderboard(key: "weekly") {{ period(at: $at) {{ {PRIZES} }} }}
        }}""",
        at=LAST_WEEK.isoformat(),
        after=after,
    )
    prizes = data["leaderboard"]["period"]["prizes"]
    nodes = [edge["node"] for edge in prizes["edges"]]
    rows = [
        (node["entry"]["member"]["externalId"], node["entry"]["rank"], node["gives"])
        for node in nodes
    ]
    return rows, prizes["pageInfo"]


async def test_prizes_are_told_before_and_who_has_won_them_after(club: World) -> None:
    data = await club.ask(
        '{ leaderboard(key: "weekly") { prizes { firstRank lastRank gives { unit amount } } } }'
    )
    best, good = [{"unit": "stars", "amount": "500"}], [{"unit": "stars", "amount": "50"}]
    assert data["leaderboard"]["prizes"] == [
        {"firstRank": 1, "lastRank": 1, "gives": best},
        {"firstRank": 2, "lastRank": 3, "gives": good},
    ]
    assert await won(club) == ([], {"hasNextPage": False, "endCursor": None})
    await finish(club)
    first, info = await won(club)
    assert first == [("ann", 1, best), ("bob", 2, good)]
    rest, info = await won(club, info["endCursor"])
    assert rest == [("cy", 2, good)]
    assert info["hasNextPage"] is False


async def test_a_prize_is_in_the_account_and_names_the_run(over: World) -> None:
    data = await over.ask(
        """{ member(externalId: "ann") { points { balance
          entries { edges { node { rule granted } } } } } }"""
    )
    (account,) = data["member"]["points"]
    (entry,) = [edge["node"] for edge in account["entries"]["edges"]]
    assert account["balance"] == "500"
    assert entry == {"rule": f"prize/weekly/{WEEK}", "granted": "500"}


async def test_ranks_are_told_with_those_of_the_run_before(over: World) -> None:
    data = await over.ask(
        """{ leaderboard(key: "weekly") { period { key previous { key state previous { key } }
          entries { edges { node { rank previousRank member { externalId } } } } } }
          ever: leaderboard(key: "ever") { period {
            entries(first: 1) { edges { node { previousRank } } } } } }"""
    )
    now = data["leaderboard"]["period"]
    assert now["key"] == NEXT_WEEK
    assert now["previous"] == {"key": WEEK, "state": "FINAL", "previous": {"key": "w2017-08-21"}}
    rows = [edge["node"] for edge in now["entries"]["edges"]]
    assert [(row["member"]["externalId"], row["rank"], row["previousRank"]) for row in rows] == [
        ("dora", 1, 4),
        ("ann", 2, 1),
        ("gil", 3, None),
    ]
    assert data["ever"]["period"]["entries"]["edges"][0]["node"] == {"previousRank": None}


async def test_runs_are_listed_final_ones_also_when_no_score_is_left(over: World) -> None:
    over.at = datetime(2017, 9, 12, tzinfo=UTC)
    await finish(over)
    for member in ("dora", "ann", "gil"):
        key = f"{member} {ENDED.replace(hour=13)}"
        await over.ask(
            """mutation ($key: String) { retractActivity(input: {activityKey: $key, reason: "x"}) {
              userErrors { message } } }""",
            key=key,
        )
    data = await over.ask(
        """{ leaderboard(key: "weekly") {
          periods { edges { node { key state participantCount } } } } }"""
    )
    runs = [edge["node"] for edge in data["leaderboard"]["periods"]["edges"]]
    assert runs == [
        {"key": NEXT_WEEK, "state": "FINAL", "participantCount": 3},
        {"key": WEEK, "state": "FINAL", "participantCount": 5},
    ]


async def test_late_activity_moves_no_place_of_a_final_run(over: World) -> None:
    data = await over.ask(
        """mutation ($at: DateTime) { recordActivity(input: {
          member: "bob", type: "visit", value: "30", occurredAt: $at
        }) { standings { leaderboard { key } entry { score } } userErrors { message } } }""",
        at=LAST_WEEK.isoformat(),
    )
    assert data["recordActivity"]["userErrors"] == []
    assert data["recordActivity"]["standings"] == [
        {"leaderboard": {"key": "ever"}, "entry": {"score": "37"}}
    ]


async def test_the_end_of_a_run_is_pushed_to_its_board_the_feed_and_the_winners(
    club: World,
) -> None:
    async with serving(club) as server, server.socket() as socket:
        await socket.init()
        await socket.subscribe(
            """subscription { leaderboardUpdated(key: "weekly", perSecond: 10) {
              period { key previous { state } } } }""",
            id="board",
        )
        assert (await socket.next("board"))["leaderboardUpdated"]["period"] == {
            "key": NEXT_WEEK,
            "previous": {"state": "SETTLING"},
        }
        await finish(club)
        assert (await socket.next("board"))["leaderboardUpdated"]["period"] == {
            "key": NEXT_WEEK,
            "previous": {"state": "FINAL"},
        }


NOTICES = "notices { kind about details member { externalId } badge { key } award { level } }"


async def test_notices_tell_the_run_the_rank_and_the_prize(club: World) -> None:
    async with serving(club) as server, server.socket() as socket:
        await socket.init()
        await socket.subscribe(f"subscription {{ feedUpdated(perSecond: 10) {{ {NOTICES} }} }}")
        assert (await socket.next())["feedUpdated"]["notices"] == []
        await finish(club)
        (notice,) = (await socket.next())["feedUpdated"]["notices"]
    assert notice == {
        "kind": "PERIOD_FINAL",
        "about": "weekly",
        "details": {"period": WEEK, "participants": 5},
        "member": {"externalId": "ann"},
        "badge": None,
        "award": None,
    }
