"""The auditor names what is wrong with final runs and their prizes, and nothing else."""

from typing import NamedTuple

import pytest

from gamification.periods import PeriodKey
from gamification.places import Ties
from gamification.refusals import Refusal
from gamification.rules.prize import command
from gamification.tick import tick
from gamification.use_cases.record_activities import record_activities
from tests.builders import definition, moment, numbered_keys, sent, units
from tests.scene import Scene, scene

RUN = PeriodKey("weekly", "w2026-03-02")
CLUB = definition(
    metrics={"score": {"sum": "value", "of": "visit"}},
    points={"stars": {}},
    leaderboards={
        "weekly": {
            "metric": "score",
            "every": "week",
            "prizes": {"1": {"stars": 5}, "3": {"stars": 1}},
        }
    },
)


async def played() -> Scene:
    """Ben and Cleo share the first rank, Anne has the third."""
    here = await scene(CLUB, now=moment("2026-03-01"))
    here.now = moment("2026-03-03")
    await here.recorded(
        sent(member="anne", value="4", at=moment("2026-03-03"), key="a"),
        sent(member="ben", value="7", at=moment("2026-03-02"), key="b"),
        sent(member="cleo", value="7", at=moment("2026-03-03"), key="c"),
    )
    here.now = moment("2026-03-10")
    return here


async def finished(here: Scene) -> None:
    async for each in tick(here.store, here.bus, here.program, now=here.now):
        assert each.failure is None


async def settled(here: Scene, *, ties: Ties = Ties.COMPETITION, has_prizes: bool) -> None:
    async with here.store.writing(here.program.record) as writing:
        await writing.settle(
            RUN,
            metric="score",
            ties=ties,
            ends_at=moment("2026-03-09 00:00"),
            version=1,
            has_prizes=has_prizes,
            now=here.now,
        )


async def given(here: Scene, external_id: str, amount: str, *, run: PeriodKey = RUN) -> None:
    """A prize that nobody has reckoned."""
    member = await here.member(external_id)
    prize = command(
        run,
        member=member.id,
        external_id=external_id,
        rank=1,
        unit="stars",
        amount=units(amount),
    )
    results = await record_activities(
        here.store, here.bus, here.program, [prize], now=here.now, new_key=numbered_keys()
    )
    assert not any(isinstance(each, Refusal) for each in results)


class Found(NamedTuple):
    what: str
    where: str
    stored: str
    computed: str


async def found(here: Scene) -> list[Found]:
    return [
        Found(each.what, each.where, each.stored, each.computed)
        for each in await here.differences()
    ]


async def test_a_run_that_is_settled_and_paid_is_as_it_should_be() -> None:
    here = await played()
    assert await found(here) == []
    await finished(here)
    assert await found(here) == []


async def test_a_run_that_is_not_paid_yet_owes_its_prizes() -> None:
    here = await played()
    await settled(here, has_prizes=True)
    assert await found(here) == []
    await given(here, "ben", "5")
    assert await found(here) == []


async def test_a_rank_that_does_not_follow_from_the_scores_is_found() -> None:
    here = await played()
    await settled(here, ties=Ties.DENSE, has_prizes=True)
    (difference,) = await found(here)
    assert difference.what == "the final rank"
    assert difference.where == "weekly w2026-03-02, position 3"
    assert "rank=2, position=3" in difference.stored
    assert "rank=3, position=3" in difference.computed


@pytest.mark.parametrize(
    ("paid", "lacking"),
    [
        ({}, [("position 1", "nothing"), ("position 2", "nothing"), ("position 3", "nothing")]),
        ({"ben": "5", "cleo": "4", "anne": "1"}, [("position 2", "4")]),
    ],
)
async def test_prizes_that_are_missing_or_wrong_are_found(
    paid: dict[str, str], lacking: list[tuple[str, str]]
) -> None:
    here = await played()
    await settled(here, has_prizes=False)
    for member, amount in paid.items():
        await given(here, member, amount)
    amounts = {"position 1": "5", "position 2": "5", "position 3": "1"}
    expected = [
        Found("the prize", f"weekly w2026-03-02, {where}", stored, f"{amounts[where]} stars")
        for where, stored in lacking
    ]
    if not paid:
        expected.append(Found("the prizes", "weekly w2026-03-02", "0", "3"))
    assert await found(here) == expected


async def test_prizes_that_nobody_has_won_are_found() -> None:
    here = await played()
    await finished(here)
    here.now = moment("2026-03-11")
    await here.recorded(sent(member="dan", value="1", at=moment("2026-03-11"), key="d"))
    await given(here, "dan", "5")
    await given(here, "dan", "5", run=PeriodKey("weekly", "w2026-03-09"))
    assert await found(here) == [
        Found("the prizes", "weekly w2026-03-02", "4", "3"),
        Found("the prizes", "weekly w2026-03-09", "1", "0: it is not final"),
    ]


async def test_a_retracted_prize_was_given_all_the_same() -> None:
    here = await played()
    await finished(here)
    ben = (await here.member("ben")).id
    await here.retract(f"prize weekly w2026-03-02 {ben} stars")
    assert await found(here) == []
