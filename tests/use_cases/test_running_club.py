"""A spring in a running club, with the numbers that one works out by hand.

Anne runs every week, Ben joins in the middle, Cem comes late. One challenge begins anew each week,
one is a quest in steps, one has a single winner, and one they reach together.
"""

from datetime import UTC, datetime

from gamification.challenges import runs_shown, status_at
from gamification.duties.reward_communities import reward_communities
from gamification.quantity import to_text
from gamification.use_cases.join_challenge import joining
from gamification.use_cases.leave_challenge import leaving
from tests.builders import definition, sent
from tests.scene import Scene, scene

CLUB = definition(
    time_zone="Europe/Lisbon",
    activities={"ran": {"value": "kilometres"}, "met": {"properties": {"place": "string"}}},
    metrics={
        "distance": {"sum": "value", "of": "ran"},
        "longest": {"max": "value", "of": "ran"},
        "places": {"distinct": "properties.place", "of": "met"},
    },
    points={"stars": {}},
    challenges={
        "ten-a-week": {
            "goal": {"metric": "distance", "target": 10},
            "every": "week",
            "join": "opt_in",
            "count_from": "join",
            "give": {"stars": 50, "badge": "runner"},
        },
        "spring-quest": {
            "steps": [
                {"metric": "distance", "target": 15},
                {"metric": "longest", "target": 8},
                {"metric": "places", "target": 2},
            ],
            "order": "sequential",
            "from": "2026-03-02",
            "until": "2026-03-30",
            "give": {"stars": 200},
        },
        "first-twenty": {
            "goal": {"metric": "distance", "target": 20},
            "winners": {"most": 1},
            "give": {"stars": 100},
        },
        "round-the-bay": {
            "goal": {"metric": "distance", "target": 60},
            "of": "community",
            "give": {"stars": 10},
        },
    },
    badges={
        "runner": {"name": "Runner"},
        "steady": {"when": {"challenge": "ten-a-week", "at_least": 2}, "give": {"stars": 5}},
    },
)


def on(day: int, hour: int = 12) -> datetime:
    """A moment in March 2026, in UTC; the 2nd is a Monday."""
    return datetime(2026, 3, day, hour, tzinfo=UTC)


async def ran(told: Scene, member: str, kilometres: str, at: datetime, key: str = "") -> None:
    told.now = max(told.now, at)
    await told.recorded(sent("ran", member=member, value=kilometres, at=at, key=key or None))


async def met(told: Scene, member: str, place: str, at: datetime) -> None:
    told.now = max(told.now, at)
    await told.recorded(sent("met", member=member, at=at, place=place))


async def join(told: Scene, member: str, challenge: str, at: datetime) -> None:
    told.now = at
    await told.recorded(joining(told.program, member=member, challenge=challenge, key=None, now=at))


async def stars(told: Scene, member: str) -> str:
    accounts = (await told.totals())[(await told.member(member)).id].accounts.values()
    return to_text(sum(account.balance for account in accounts))


async def standing(told: Scene, member: str) -> dict[str, str]:
    """How a member stands to each challenge: "active 6/10"."""
    id_, rules = (await told.member(member)).id, told.program.rules
    tallies = (await told.totals())[id_].tallies
    keys = {key for each, run in runs_shown(rules, told.now) for key in each.shared_keys(run.key)}
    shared = await told.store.reading(told.program.record).shared_numbers(keys)
    found: dict[str, str] = {}
    for challenge, run in runs_shown(rules, told.now):
        status = status_at(challenge, id_, tallies.get, run=run, at=told.now, shared=shared)
        steps = " ".join(f"{to_text(each.current)}/{to_text(each.target)}" for each in status.steps)
        found[challenge.key] = f"{status.state.value} {steps}"
    return found


async def test_a_spring() -> None:
    told = await scene(CLUB, now=on(1))

    # The first week. Anne runs before she joins: the quest counts it, the week does not.
    await ran(told, "anne", "6", on(2))
    await join(told, "anne", "ten-a-week", on(3))
    await ran(told, "anne", "7", on(4))
    assert await standing(told, "anne") == {
        "ten-a-week": "active 7/10",
        "spring-quest": "active 13/15 0/8 0/2",
        "first-twenty": "active 13/20",
        "round-the-bay": "active 13/60",
    }
    await ran(told, "anne", "3", on(7))  # ten in the week, sixteen in the quest: its first step
    assert await stars(told, "anne") == "50"

    # The second week. Nine at once is the second step; eight before the first step was not.
    await ran(told, "anne", "9", on(10))  # twenty-five: the first to have twenty
    assert await stars(told, "anne") == "150"
    await join(told, "ben", "ten-a-week", on(11))
    await ran(told, "ben", "21", on(12))  # ten in the week; twenty, but he is the second
    assert await stars(told, "ben") == "50"
    await met(told, "anne", "park", on(13))
    await met(told, "anne", "park", on(14))
    assert (await standing(told, "anne"))["spring-quest"] == "active 25/15 9/8 1/2"

    # The third week. Anne joins again, and has the badge for the second completed week.
    await join(told, "anne", "ten-a-week", on(16))
    await ran(told, "anne", "10", on(17))  # 50, and 5 for being steady
    assert await stars(told, "anne") == "205"
    # At ten in the evening of the 29th, in UTC, the quest still runs: it ends at Lisbon's midnight,
    # which is eleven in UTC, since clocks went forward that day.
    await met(told, "anne", "beach", on(29, 22))
    assert await stars(told, "anne") == "405"
    told.now = on(29, 23)
    assert (await standing(told, "ben"))["spring-quest"] == "expired 21/15 0/8 0/2"

    # Anne has 35, Ben 21. Cem's four reach the bay together with them, and Dan is too late.
    await ran(told, "cem", "4", on(30))
    assert (await standing(told, "cem"))["round-the-bay"] == "completed 4/60"
    await ran(told, "dan", "5", on(31))
    assert await reward_communities(told.store, told.bus, told.program, now=told.now) == 3
    assert [await stars(told, name) for name in ("anne", "ben", "cem", "dan")] == [
        "415", "60", "10", "0",
    ]  # fmt: skip

    # Anne's watch was wrong: without the nine she has not done the quest. Twenty she has a week
    # later, and her place was kept; and so is what was reached together.
    await told.retract(await nine(told))
    assert await stars(told, "anne") == "215"
    assert (await standing(told, "anne"))["round-the-bay"] == "completed 26/60"
    assert await told.differences() == []


async def nine(told: Scene) -> str:
    """The key of Anne's run of nine kilometres."""
    page = await told.store.reading(told.program.record).activity_page(
        (await told.member("anne")).id, before=None, limit=100, types=["ran"]
    )
    return next(row.activity.key for row in page if to_text(row.activity.value) == "9")


async def test_who_leaves_has_no_part_in_what_comes() -> None:
    told = await scene(CLUB, now=on(1))
    await join(told, "anne", "ten-a-week", on(2))
    await ran(told, "anne", "6", on(3))
    told.now = on(4)
    await told.recorded(
        leaving(told.program, member="anne", challenge="ten-a-week", key=None, now=told.now)
    )
    await ran(told, "anne", "6", on(5))
    assert (await standing(told, "anne"))["ten-a-week"] == "not_joined 6/10"
    await ran(told, "anne", "3", on(3, 18))  # told late, done while she took part
    assert (await standing(told, "anne"))["ten-a-week"] == "not_joined 9/10"
    await join(told, "anne", "ten-a-week", on(6))
    await ran(told, "anne", "1", on(7))
    assert (await standing(told, "anne"))["ten-a-week"] == "completed 10/10"
    assert await stars(told, "anne") == "50"
    assert await told.differences() == []
