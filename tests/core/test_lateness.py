"""Which late activity is folded at once and which makes its member's history be judged again: both
must end in the same state, but only the first is cheap."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from gamification.definition.compiled import CompiledProgram
from gamification.facts import Activity, NewActivity, Retraction
from gamification.ids import MemberId
from gamification.ports import ProgramRecord
from gamification.twin import Twin
from gamification.twin.writing import TwinWriting
from tests.builders import NOON, after, rules, sent
from tests.laws.pictures import picture
from tests.scene import Scene, now_done, staged


class WatchfulTwin(Twin):
    """A twin that notes whose history was read: only a replay does."""

    def __init__(self) -> None:
        super().__init__()
        self.replayed: list[MemberId] = []

    @asynccontextmanager
    async def writing(self, program: ProgramRecord) -> AsyncGenerator[TwinWriting]:
        async with super().writing(program) as writing:
            yield _Watched(writing, self.replayed)


class _Watched(TwinWriting):
    def __init__(self, writing: TwinWriting, replayed: list[MemberId]) -> None:
        super().__init__(writing._tables, writing._leases)
        self._replayed = replayed

    async def history(self, member: MemberId) -> list[tuple[Activity, tuple[Retraction, ...]]]:
        self._replayed.append(member)
        return await super().history(member)


@dataclass(frozen=True, slots=True)
class Late:
    """Facts in order, and one that comes after them though it happened before or among them."""

    name: str
    rules: CompiledProgram
    known: tuple[NewActivity, ...]
    late: NewActivity


OPTIONAL = {"type": "string", "optional": True}
ACTIVITIES = {
    name: {"properties": {"post": OPTIONAL, "store": OPTIONAL}}
    for name in ("visit", "other", "up", "down", "buy", "weigh", "both", "one")
}


def late(name: str, known: Sequence[NewActivity], late: NewActivity, **parts: Any) -> Late:
    return Late(name, rules(activities=ACTIVITIES, **parts), tuple(known), late)


def did(type_: str, minutes: float, value: str | None = None, **properties: Any) -> NewActivity:
    at = after(minutes=minutes)
    return sent(type_, at=at, value=value, key=f"{type_} at {minutes}", **properties)


STARS: dict[str, Any] = {
    "points": {"stars": {}},
    "earning": {"visit": {"on": "visit", "give": {"stars": 10}}},
    "leaderboards": {"top": {"points": "stars"}},
}
CAPPED: dict[str, Any] = {
    "points": {"stars": {}},
    "caps": {"daily": {"points": "stars", "most": 25, "per": "day"}},
    "earning": {"visit": {"on": "visit", "give": {"stars": 10}, "cap": "daily"}},
}
FLOORED: dict[str, Any] = {
    "points": {"stars": {"start": 1, "minimum": 1}},
    "earning": {
        "up": {"on": "up", "give": {"stars": 5}},
        "down": {"on": "down", "give": {"stars": -2}},
    },
}
SCORE = {"score": {"sum": {"up": 1, "down": -1}, "per": "properties.post"}}
NICE: dict[str, Any] = {
    "metrics": SCORE,
    "badges": {"nice": {"when": {"metric": "score", "at_least": 3}, "repeat": "per subject"}},
}
MIXED: dict[str, Any] = {
    "metrics": {"spend": {"sum": "value", "of": "buy"}, "orders": {"count": "buy"}},
    "badges": {
        "spree": {
            "when": [
                {"metric": "spend", "at_least": 10},
                {"metric": "orders", "at_least": 2, "over": "day"},
            ]
        }
    },
}
MONTHLY: dict[str, Any] = {
    "metrics": {"orders": {"count": "buy"}},
    "badges": {
        "keen": {
            "when": {"metric": "orders", "at_least": 2, "over": "month"},
            "repeat": "per window",
        }
    },
    "leaderboards": {"weekly": {"metric": "orders", "every": "week"}},
}
STREAK: dict[str, Any] = {
    "metrics": {"orders": {"count": "buy"}, "visits": {"count": "visit"}},
    "streaks": {"daily": {"metric": "orders", "at_least": 2, "freezes": {"start": 1}}},
}
REWARDED: dict[str, Any] = {
    **STREAK,
    "badges": {"steady": {"when": {"streak": "daily", "at_least": 1}}},
}
DAY = 24 * 60

FAST = [
    late(
        "a day of a streak that was done without it",
        [did("buy", 2), did("buy", 3), did("buy", DAY), did("buy", DAY + 1)],
        did("buy", 1),
        **STREAK,
    ),
    late(
        "too little for a day of a streak",
        [did("buy", DAY), did("buy", DAY + 1)],
        did("buy", 1),
        **STREAK,
    ),
    late(
        "a burst on a rewarded day of a streak, after the award",
        [did("buy", 1), did("buy", 2), did("buy", 4)],
        did("buy", 3),
        **REWARDED,
    ),
    late("points add up", [did("visit", 5)], did("visit", 1), **STARS),
    late("a first fact", [did("visit", 5)], did("other", 1), **STARS),
    late(
        "an account that the late fact opens",
        [did("other", 5)],
        did("up", 1),
        **FLOORED,
    ),
    late(
        "a sum that no threshold watches",
        [did("buy", 5, "7")],
        did("buy", 1, "-3"),
        metrics={"spend": {"sum": "value", "of": "buy"}},
        leaderboards={"top": {"metric": "spend"}},
    ),
    late("a cap that has not bitten", [did("visit", 5)], did("visit", 1), **CAPPED),
    late(
        "a cap that bit on another day",
        [did("visit", minutes) for minutes in (DAY, DAY + 1, DAY + 2)],
        did("visit", 1),
        **CAPPED,
    ),
    late(
        "points given back while no floor was met",
        [did("up", 2), did("down", 5)],
        did("up", 1),
        **FLOORED,
    ),
    late(
        "a floor that was met before",
        [did("down", 1), did("up", 5)],
        did("up", 3),
        **FLOORED,
    ),
    late(
        "a highest value, earlier or lower",
        [did("buy", 5, "7")],
        did("buy", 1, "9"),
        metrics={"best": {"max": "value", "of": "buy"}},
        leaderboards={"top": {"metric": "best"}},
    ),
    late(
        "a latest value that came after it",
        [did("weigh", 5, "80")],
        did("weigh", 1, "90"),
        metrics={"weight": {"last": "value", "of": "weigh"}},
        leaderboards={"top": {"metric": "weight"}},
    ),
    late(
        "a value not seen before",
        [did("buy", 5, store="x")],
        did("buy", 1, store="y"),
        metrics={"stores": {"distinct": "properties.store", "of": "buy"}},
        leaderboards={"top": {"metric": "stores"}},
    ),
    late(
        "a value seen before it",
        [did("buy", 1, store="x"), did("buy", 5, store="y")],
        did("buy", 3, store="x"),
        metrics={"stores": {"distinct": "properties.store", "of": "buy"}},
        leaderboards={"top": {"metric": "stores"}},
    ),
    late(
        "a badge that stays out of reach",
        [did("up", 5, post="p")],
        did("up", 1, post="p"),
        **NICE,
    ),
    late(
        "a badge earned before it",
        [*(did("up", minutes, post="p") for minutes in (1, 2, 3)), did("up", 9, post="p")],
        did("up", 5, post="p"),
        **NICE,
    ),
    late(
        "a badge about another subject",
        [did("up", minutes, post="p") for minutes in (2, 3, 4)],
        did("up", 1, post="q"),
        **NICE,
    ),
    late(
        "a badge of the month that was earned before it, while a board counts by the week",
        [did("buy", 1), did("buy", 2), did("buy", 9)],
        did("buy", 5),
        **MONTHLY,
    ),
]

REPLAYED = [
    late(
        "what makes a day of a streak done",
        [did("buy", 1), did("buy", DAY), did("buy", DAY + 1)],
        did("buy", 2),
        **STREAK,
    ),
    late(
        "a day of a streak that an award was made for, before the award",
        [did("buy", 2), did("buy", 3)],
        did("buy", 1),
        **REWARDED,
    ),
    late(
        "a cap that bites on it",
        [did("visit", minutes) for minutes in (5, 6)],
        did("visit", 1),
        **CAPPED,
    ),
    late(
        "the last of a cap that limits together with another",
        [did("both", 5)],
        did("one", 1),
        points={"stars": {}},
        caps={
            "wide": {"points": "stars", "most": 8, "per": "day"},
            "tight": {"points": "stars", "most": 5, "per": "day"},
        },
        earning={
            "both": {"on": "both", "give": {"stars": 20}, "cap": ["wide", "tight"]},
            "one": {"on": "one", "give": {"stars": 3}, "cap": "wide"},
        },
    ),
    late("points taken, above a floor", [did("up", 5)], did("down", 1), **FLOORED),
    late("points given before a floor was met", [did("down", 5)], did("up", 1), **FLOORED),
    late(
        "points given at the moment a floor was met",
        [did("down", 5)],
        sent("up", at=after(minutes=5), key="a key that comes first"),
        **FLOORED,
    ),
    late(
        "a latest value of the same moment",
        [did("weigh", 5, "80")],
        sent("weigh", at=after(minutes=5), value="90", key="a key that comes first"),
        metrics={"weight": {"last": "value", "of": "weigh"}},
        leaderboards={"top": {"metric": "weight"}},
    ),
    late(
        "a value seen later than it",
        [did("buy", 5, store="x")],
        did("buy", 1, store="x"),
        metrics={"stores": {"distinct": "properties.store", "of": "buy"}},
        leaderboards={"top": {"metric": "stores"}},
    ),
    late(
        "a badge that it earns",
        [did("up", 5, post="p"), did("up", 6, post="p")],
        did("up", 1, post="p"),
        **NICE,
    ),
    late(
        "a badge that is earned earlier with it",
        [did("up", minutes, post="p") for minutes in (2, 3, 4)],
        did("up", 1, post="p"),
        **NICE,
    ),
    late(
        "a badge that is lost with it",
        [did("up", minutes, post="p") for minutes in (2, 3, 4)],
        did("down", 1, post="p"),
        **NICE,
    ),
    late(
        "a number that was high enough for a while",
        [did("up", 2, post="p"), did("up", 3, post="p"), did("down", 4, post="p")],
        did("up", 1, post="p"),
        **NICE,
    ),
    late(
        "a badge over two kinds of window, earned on a later day",
        [did("buy", DAY, "3"), did("buy", DAY + 1, "3")],
        did("buy", 1, "5"),
        **MIXED,
    ),
    late(
        "a badge over rolling days, which a later day may complete",
        [did("buy", DAY, "5")],
        did("buy", 1, "5"),
        metrics={"recent": {"sum": "value", "of": "buy", "over": "3 days"}},
        badges={"busy": {"when": {"metric": "recent", "at_least": 10}}},
    ),
    late(
        "a badge whose gift meets a cap that counts points",
        [did("visit", 5)],
        did("visit", 1),
        **STARS,
        badges={"rich": {"when": {"points": "stars", "at_least": 20}}},
    ),
]


async def told_late(case: Late) -> tuple[Scene, list[MemberId]]:
    """The facts as they come, and whose history was judged again for the late one."""
    store = WatchfulTwin()
    scene = await staged(case.rules, store=store)
    for each in case.known:
        await scene.recorded(each)
    assert store.replayed == []
    await scene.recorded(case.late)
    return scene, store.replayed


async def in_order(case: Late) -> Scene:
    scene = await staged(case.rules)
    facts = [*case.known, case.late]
    for each in sorted(facts, key=lambda each: (each.occurred_at or NOON, each.key or "")):
        await scene.recorded(each)
    return scene


@pytest.mark.parametrize("case", FAST, ids=[case.name for case in FAST])
def test_is_folded_at_once(case: Late) -> None:
    scene, replayed = now_done(told_late(case))
    assert replayed == []
    assert now_done(picture(scene)) == now_done(picture(now_done(in_order(case))))
    assert now_done(scene.differences()) == []


@pytest.mark.parametrize("case", REPLAYED, ids=[case.name for case in REPLAYED])
def test_is_judged_again(case: Late) -> None:
    scene, replayed = now_done(told_late(case))
    assert len(replayed) == 1
    assert now_done(picture(scene)) == now_done(picture(now_done(in_order(case))))
    assert now_done(scene.differences()) == []


def test_a_burst_stamped_by_several_servers_stays_on_the_fast_path() -> None:
    """Forty votes within a second, some milliseconds out of order, and each in its own batch."""
    program = rules(
        activities={"up": {"properties": {"post": "string"}}},
        metrics={"score": {"count": "up", "per": "properties.post"}},
        points={"stars": {"start": 1, "minimum": 1}},
        caps={"daily": {"points": "stars", "most": 1000, "per": "day"}},
        earning={"up": {"on": "up", "give": {"stars": 10}, "cap": "daily"}},
        badges={"nice": {"when": {"metric": "score", "at_least": 50}, "repeat": "per subject"}},
        leaderboards={"weekly": {"points": "stars", "every": "week"}},
    )
    burst = [
        sent(
            "up",
            at=NOON + timedelta(milliseconds=index * 20 - (index % 3) * 35),
            key=f"vote {index}",
            post="p",
        )
        for index in range(40)
    ]
    store = WatchfulTwin()
    scene = now_done(staged(program, store=store))
    for vote in burst:
        now_done(scene.recorded(vote))
    assert store.replayed == []
    whole = now_done(staged(program))
    now_done(whole.recorded(*burst))
    assert now_done(picture(scene)) == now_done(picture(whole))


def test_only_the_member_with_the_late_fact_is_judged_again() -> None:
    case = REPLAYED[0]
    store = WatchfulTwin()
    scene = now_done(staged(case.rules, store=store))
    now_done(scene.recorded(*case.known, sent("visit", member="ben", at=after(minutes=9))))
    now_done(scene.recorded(case.late, sent("visit", member="ben", at=after(minutes=10))))
    assert store.replayed == [now_done(scene.member("anne")).id]
    assert now_done(scene.differences()) == []
