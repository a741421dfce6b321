"""A budget is shared by all members, decided once, and written down in the ledger."""

import json
from datetime import timedelta

from gamification.admission import Admission
from gamification.commands import NewFact
from gamification.refusals import Refusal
from gamification.use_cases.apply_definition import Backfill
from gamification.use_cases.record_activities import Batch
from gamification.use_cases.simulate_activity import simulate_activity
from tests.builders import after, definition, sent, units
from tests.scene import Scene, now_done, scene


def shop(**campaign: object) -> str:
    return definition(
        activities={"buy": {}},
        points={"stars": {}},
        earning={"spend": {"on": "buy", "give": {"stars": "value"}}},
        campaigns={"double": {"on": "buy", "multiply": {"stars": 2}, **campaign}},
    )


BUDGET = "campaign/double/stars"


def used(told: Scene) -> int:
    reading = told.store.reading(told.program.record)
    return now_done(reading.shared_numbers([BUDGET]))[BUDGET]


def added(told: Scene) -> dict[str, tuple[int, int, str]]:
    """What the campaign asked for, was granted, and by what it was limited, by cause."""
    return {
        key.cause: (posting.requested, posting.granted, posting.limited_by)
        for totals in now_done(told.totals()).values()
        for key, posting in totals.postings.items()
        if key.rule == "campaign/double"
    }


def test_it_stops_at_zero_exactly_and_both_numbers_are_kept() -> None:
    told = now_done(scene(shop(budget={"stars": 25})))
    facts = [sent("buy", member=f"m{n}", value="10", at=after(), key=f"k{n}") for n in range(4)]
    now_done(told.recorded(*facts))
    ten = units(10)
    assert added(told) == {
        "k0": (ten, ten, ""),
        "k1": (ten, ten, ""),
        "k2": (ten, units(5), "budget/double"),
        "k3": (ten, 0, "budget/double"),
    }
    assert used(told) == units(25)
    assert now_done(told.differences()) == []


def test_a_retraction_gives_the_room_back_and_leaves_what_was_decided() -> None:
    told = now_done(scene(shop(budget={"stars": 15})))
    now_done(told.recorded(sent("buy", value="10", at=after(), key="a")))
    now_done(told.recorded(sent("buy", member="ben", value="10", at=after(), key="b")))
    now_done(told.retract("a"))
    assert (added(told)["a"], added(told)["b"]) == (
        (0, 0, ""),
        (units(10), units(5), "budget/double"),
    )
    assert used(told) == units(5)
    now_done(told.recorded(sent("buy", member="ben", value="12", at=after(), key="c")))
    assert added(told)["c"] == (units(12), units(10), "budget/double")
    assert now_done(told.differences()) == []


def test_a_partial_retraction_gives_back_what_is_not_asked_for_any_more() -> None:
    told = now_done(scene(shop(budget={"stars": 8})))
    now_done(told.recorded(sent("buy", value="10", at=after(), key="a")))
    now_done(told.retract("a", amount="1", key="r1"))
    assert added(told)["a"] == (units(9), units(8), "budget/double")
    now_done(told.retract("a", amount="4", key="r2"))
    assert added(told)["a"] == (units(5), units(5), "")
    assert used(told) == units(5)
    assert now_done(told.differences()) == []


def test_a_late_activity_draws_on_what_is_left_and_others_keep_theirs() -> None:
    """Three in one batch and one late: the late one is judged again with its member's history."""
    told = now_done(scene(shop(budget={"stars": 25})))
    now_done(told.recorded(sent("buy", value="10", at=after(minutes=9), key="a")))
    now_done(told.recorded(sent("buy", value="10", at=after(minutes=8), key="b")))
    now_done(told.recorded(sent("buy", value="10", at=after(minutes=7), key="c")))
    now_done(told.recorded(sent("buy", value="10", at=after(minutes=6), key="d")))
    assert [added(told)[key][1] for key in "abcd"] == [units(10), units(10), units(5), 0]
    assert used(told) == units(25)
    assert now_done(told.differences()) == []


def test_simulating_tells_what_is_left_and_draws_nothing() -> None:
    told = now_done(scene(shop(budget={"stars": 4})))
    new = sent("buy", value="10", at=after(), key="a")
    found = now_done(
        simulate_activity(told.store, told.program, new, now=told.now, new_key=told.new_key)
    )
    assert not isinstance(found, Refusal)
    entries = {entry.posting.rule: entry.amount for entry, _ in found.settlement.entries}
    assert entries == {"earning/spend": units(10), "campaign/double": units(4)}
    assert used(told) == 0


def test_a_budget_given_later_begins_with_what_was_added() -> None:
    told = now_done(scene(shop()))
    now_done(told.recorded(sent("buy", value="10", at=after(), key="a")))
    now_done(told.apply(shop(budget={"stars": 12})))
    assert used(told) == units(10)
    now_done(told.recorded(sent("buy", value="10", at=told.now, key="b")))
    assert added(told)["b"] == (units(10), units(2), "budget/double")
    assert now_done(told.differences()) == []


def test_a_backfill_honours_what_was_granted() -> None:
    told = now_done(scene(shop(budget={"stars": 15})))
    for number in range(3):
        now_done(told.recorded(sent("buy", member=f"m{number}", value="10", at=after())))
    before = added(told)
    now_done(told.apply(shop(budget={"stars": 15}, name="Again"), backfill=Backfill.SILENT))
    assert added(told) == before
    assert used(told) == units(15)


def test_the_auditor_names_a_use_that_the_ledger_does_not_show() -> None:
    told = now_done(scene(shop(budget={"stars": 15})))
    now_done(told.recorded(sent("buy", value="10", at=after(), key="a")))

    async def falsify() -> None:
        async with told.store.writing(told.program.record) as writing:
            await writing.lock_shared([BUDGET])
            await writing.put_shared({BUDGET: units(3)})

    now_done(falsify())
    assert [str(each) for each in now_done(told.differences())] == [
        "the use of campaign/double/stars: stored 3, computed 10"
    ]


MARKET = definition(
    activities={"buy": {}, "visit": {}},
    points={"stars": {}},
    metrics={"visits": {"count": "visit"}},
    challenges={
        "first": {
            "goal": {"metric": "visits", "target": 99},
            "winners": {"most": 1},
            "give": {"stars": 1},
        }
    },
    campaigns={
        "spring": {
            "on": "buy",
            "from": "2026-03-02",
            "until": "2026-03-03",
            "give": {"stars": 1},
            "budget": {"stars": 10},
        },
        "greens": {
            "on": "visit",
            "among": "member.attributes.color == 'green'",
            "give": {"stars": 1},
            "budget": {"stars": 10},
        },
    },
)
SPRING, GREENS = "campaign/spring/stars", "campaign/greens/stars"


async def in_play(told: Scene, *facts: NewFact) -> frozenset[str]:
    """The budgets that recording these facts would lock."""
    batch = Batch(Admission(told.program, told.now, told.new_key, is_import=False))
    for fact in facts:
        batch.add(fact)
    async with told.store.writing(told.program.record) as writing:
        members = await writing.lock_members(batch.external_ids(), told.now)
        return await batch.budgets(writing, members)


def market() -> Scene:
    """One without a challenge for the first: places are another reason to judge again."""
    document = json.loads(MARKET)
    del document["challenges"]
    return now_done(scene(json.dumps(document)))


def test_a_budget_is_in_play_for_the_types_and_days_of_its_campaign() -> None:
    told = market()
    assert now_done(in_play(told, sent("buy", at=after()))) == {SPRING}
    assert now_done(in_play(told, sent("buy", at=after(days=1)))) == frozenset()
    assert now_done(in_play(told, sent("visit", at=after(days=1)))) == {GREENS}
    both = sent("buy", at=after()), sent("visit", member="ben", at=after())
    assert now_done(in_play(told, *both)) == {SPRING, GREENS}


def test_all_are_in_play_where_a_history_may_be_judged_again() -> None:
    told = market()
    now_done(told.recorded(sent("buy", at=after(days=2), key="a")))
    assert now_done(in_play(told, sent("buy", at=after(days=1), key="b"))) == {SPRING, GREENS}
    assert now_done(in_play(told, sent("buy", at=after(days=3), key="c"))) == frozenset()

    now_done(told.update("ben", color="green"))
    early = sent("visit", member="ben", at=after(days=4), key="d")
    assert now_done(in_play(told, early)) == {SPRING, GREENS}
    told.now += timedelta(days=1)
    later = sent("visit", member="ben", at=told.now, key="e")
    assert now_done(in_play(told, later)) == {GREENS}


def test_all_are_in_play_where_a_place_may_be_given() -> None:
    told = now_done(scene(MARKET))
    assert now_done(in_play(told, sent("buy", at=after(days=1)))) == {SPRING, GREENS}
