"""Progress bars: how far, how much is left, which milestone is next, as of now."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gamification.definition.compiled import CompiledProgram, Timeline
from gamification.facts import Activity
from gamification.progress import (
    CriterionProgress,
    Milestone,
    Progress,
    ProgressKind,
    needs,
    progress_of,
)
from gamification.quantity import SCALE
from gamification.replay import replay
from gamification.state import TallyKey
from tests.builders import ANNE, BEN, NOON, activity, after, rules, units

VISITS = {"visits": {"count": "visit"}}
LEVELS = rules(
    metrics=VISITS,
    badges={"regular": {"name": "Regular", "levels": {"bronze": 2, "gold": 5}, "on": "visits"}},
)


def bars(
    program: CompiledProgram, *facts: Activity, now: datetime = NOON + timedelta(hours=1)
) -> dict[str, Progress]:
    """What `needs` asks for is all that the bars may read."""
    state = replay(Timeline(((None, program),)), [(fact, ()) for fact in facts]).state
    wanted = needs(program, now)
    bounds = {(each.metric, each.window): each.below for each in wanted.subjects}
    tallies = {
        key: tally
        for key, tally in state.tallies.items()
        if (not key.subject and (key.metric, key.window) in wanted.tallies)
        or (key.subject and tally.value < bounds.get((key.metric, key.window), 0))
    }
    earned = {
        key: award.earned_at for key, award in state.awards.items() if key.badge in wanted.badges
    }
    return {
        bar.key: bar for bar in progress_of(program, ANNE, tallies=tallies, earned=earned, now=now)
    }


def visits(count: int, **parts: Any) -> list[Activity]:
    return [activity(key=f"v{n}", at=after(minutes=n), **parts) for n in range(count)]


def test_before_anything_happened() -> None:
    bar = bars(LEVELS)["regular"]
    assert (bar.name, bar.current, bar.target, bar.fraction, bar.remaining) == (
        "Regular",
        0,
        units(2),
        0,
        units(2),
    )
    assert [(each.key, each.target, each.reached_at) for each in bar.milestones] == [
        ("bronze", units(2), None),
        ("gold", units(5), None),
    ]
    assert bar.next_milestone == bar.milestones[0]
    assert (bar.completed_at, bar.starts_at, bar.ends_at) == (None, None, None)


def test_between_two_levels() -> None:
    bar = bars(LEVELS, *visits(3))["regular"]
    assert (bar.current, bar.target, bar.fraction) == (units(3), units(5), 6000)
    assert bar.milestones[0].reached_at == after(minutes=1)
    assert bar.next_milestone == bar.milestones[1]


def test_after_the_last_level() -> None:
    bar = bars(LEVELS, *visits(7))["regular"]
    assert (bar.current, bar.target, bar.fraction, bar.remaining) == (units(7), units(5), SCALE, 0)
    assert bar.completed_at == after(minutes=4)
    assert bar.next_milestone is None


def test_a_window_begins_anew() -> None:
    program = rules(
        time_zone="Europe/Lisbon",
        metrics=VISITS,
        badges={
            "keen": {
                "when": {"metric": "visits", "at_least": 2, "over": "month"},
                "repeat": "per window",
            }
        },
    )
    march = bars(program, *visits(2))["keen"]
    assert (march.current, march.completed_at) == (units(2), after(minutes=1))
    assert march.starts_at == datetime(2026, 3, 1, tzinfo=UTC)
    assert march.ends_at == datetime(2026, 3, 31, 23, tzinfo=UTC)
    april = bars(program, *visits(2), now=datetime(2026, 4, 1, tzinfo=UTC))["keen"]
    assert (april.current, april.completed_at) == (0, None)


def test_rolling_days_leave_again() -> None:
    program = rules(
        metrics={"recent": {"count": "visit", "over": "2 days"}},
        badges={"busy": {"when": {"metric": "recent", "at_least": 9}}},
    )
    facts = [*visits(3), activity(key="w", at=after(days=1))]
    assert bars(program, *facts, now=after(days=1))["busy"].current == units(4)
    assert bars(program, *facts, now=after(days=2))["busy"].current == units(1)
    assert bars(program, *facts, now=after(days=3))["busy"].current == 0


def test_the_criterion_that_is_furthest_behind_is_shown() -> None:
    program = rules(
        metrics={**VISITS, "spend": {"sum": "value", "of": "visit"}},
        badges={
            "both": {
                "when": [
                    {"metric": "visits", "at_least": 4},
                    {"metric": "spend", "at_least": 100},
                ]
            }
        },
    )
    bar = bars(program, *visits(2, value="5"))["both"]
    assert (bar.current, bar.target) == (units(10), units(100))
    assert [(each.name, each.current, each.target, each.is_met) for each in bar.criteria] == [
        ("visits", units(2), units(4), False),
        ("spend", units(10), units(100), False),
    ]


def test_the_nearest_subject_that_is_not_there_yet_is_shown() -> None:
    program = rules(
        activities={"up": {"properties": {"post": "string"}}},
        metrics={"score": {"count": "up", "per": "properties.post"}},
        badges={"nice": {"when": {"metric": "score", "at_least": 3}, "repeat": "per subject"}},
    )
    posts = ["p", "q", "q", "r", "r", "r", "s", "s"]
    facts = [
        activity("up", key=f"u{n}", at=after(minutes=n), post=post) for n, post in enumerate(posts)
    ]
    bar = bars(program, *facts)["nice"]
    assert (bar.subject, bar.current, bar.completed_at) == ("q", units(2), None)


def test_a_number_below_nothing_is_no_progress() -> None:
    program = rules(
        metrics={"balance": {"sum": "value", "of": "visit"}},
        badges={"saver": {"when": {"metric": "balance", "at_least": 10}}},
    )
    bar = bars(program, activity(value="-5"))["saver"]
    assert (bar.current, bar.fraction, bar.remaining) == (units(-5), 0, units(15))


def test_other_members_are_left_out() -> None:
    tallies = {
        TallyKey(BEN, "visits", "", ""): tally
        for fact in visits(1)
        for tally in replay(Timeline(((None, LEVELS),)), [(fact, ())]).state.tallies.values()
    }
    (bar,) = progress_of(LEVELS, ANNE, tallies=tallies, earned={}, now=NOON)
    assert bar.current == 0


DAILY = rules(
    metrics=VISITS, streaks={"daily": {"name": "Daily", "metric": "visits", "targets": [2, 4]}}
)


def on_days(*days: int) -> list[Activity]:
    return [activity(key=f"d{day}", at=after(days=day)) for day in days]


def test_a_streak_is_about_its_next_target() -> None:
    bar = bars(DAILY, *on_days(0, 1, 2), now=after(days=2, minutes=1))["daily"]
    assert (bar.kind, bar.name, bar.current, bar.target, bar.remaining) == (
        ProgressKind.STREAK, "Daily", units(3), units(4), units(1),
    )  # fmt: skip
    assert bar.fraction == 7500
    assert bar.milestones == (
        Milestone("2", units(2), is_reached=True),
        Milestone("4", units(4), is_reached=False),
    )
    assert bar.next_milestone == bar.milestones[1]
    assert bar.criteria == (CriterionProgress("Daily", units(3), units(4), is_met=False),)
    assert (bar.starts_at, bar.ends_at) == (None, datetime(2026, 3, 6, tzinfo=UTC))
    assert bar.completed_at is None


def test_a_streak_that_has_ended_has_its_targets_ahead_again() -> None:
    bar = bars(DAILY, *on_days(0, 1, 2, 3), now=after(days=6))["daily"]
    assert (bar.current, bar.target, bar.ends_at) == (0, units(2), None)
    assert [each.is_reached for each in bar.milestones] == [False, False]


def test_a_streak_beyond_its_last_target() -> None:
    bar = bars(DAILY, *on_days(0, 1, 2, 3, 4), now=after(days=4))["daily"]
    assert (bar.current, bar.target, bar.fraction, bar.remaining) == (units(5), units(4), SCALE, 0)
    assert (bar.next_milestone, bar.completed_at) == (None, None)


def test_a_streak_without_targets_has_no_bar() -> None:
    assert bars(rules(metrics=VISITS, streaks={"daily": {"metric": "visits"}})) == {}


LADDER = rules(
    metrics={"spend": {"sum": "value", "of": "visit"}},
    tiers={
        "status": {
            "name": "Status",
            "metric": "spend",
            "over": "month",
            "levels": {"basic": 0, "silver": 10, "gold": 50},
        }
    },
)


def test_a_ladder_is_about_the_level_above() -> None:
    bar = bars(LADDER, activity(value="20"))["status"]
    assert (bar.kind, bar.name, bar.current, bar.target, bar.remaining) == (
        ProgressKind.TIER, "Status", units(20), units(50), units(30),
    )  # fmt: skip
    assert bar.milestones == (
        Milestone("basic", 0, is_reached=True),
        Milestone("silver", units(10), is_reached=True),
        Milestone("gold", units(50), is_reached=False),
    )
    assert bar.criteria == (CriterionProgress("spend", units(20), units(50), is_met=False),)
    assert (bar.starts_at, bar.ends_at) == (
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 4, 1, tzinfo=UTC),
    )
    april = bars(LADDER, activity(value="20"), now=after(days=35))["status"]
    assert (april.current, april.target) == (0, units(50)), "silver is held, and gold begins anew"
    assert [each.is_reached for each in april.milestones] == [True, True, False]


def test_at_the_top_a_ladder_is_about_keeping_it() -> None:
    top = bars(LADDER, activity(value="60"))["status"]
    assert (top.current, top.target, top.fraction, top.remaining) == (
        units(60), units(50), SCALE, 0,
    )  # fmt: skip
    assert (top.next_milestone, top.completed_at) == (None, None)
    april = [activity(value="60"), activity(key="a2", value="15", at=after(days=35))]
    kept = bars(LADDER, *april, now=after(days=36))["status"]
    assert (kept.current, kept.target, kept.remaining) == (units(15), units(50), units(35))
    assert kept.next_milestone is None


def test_of_several_numbers_a_ladder_shows_the_one_that_has_come_furthest() -> None:
    program = rules(
        metrics={**VISITS, "spend": {"sum": "value", "of": "visit"}},
        tiers={
            "status": {
                "any_of": [{"metric": "visits"}, {"metric": "spend"}],
                "levels": {
                    "basic": 0,
                    "silver": {"at": {"visits": 4, "spend": 100}},
                    "gold": {"at": {"spend": 500}},
                },
            }
        },
    )
    bar = bars(program, *visits(3, value="5"))["status"]
    assert (bar.current, bar.target) == (units(3), units(4))
    assert [each.key for each in bar.milestones] == ["basic", "silver"]
    assert bar.next_milestone == bar.milestones[1]
    assert [(each.name, each.current, each.target) for each in bar.criteria] == [
        ("visits", units(3), units(4)),
        ("spend", units(15), units(100)),
    ]
    bar = bars(program, *visits(4, value="5"))["status"]
    assert (bar.current, bar.target, len(bar.criteria)) == (units(20), units(500), 1)
    assert [each.is_reached for each in bar.milestones] == [True, True, False]


def test_a_number_below_nothing_and_a_ladder_of_one_level() -> None:
    debts = bars(LADDER, activity(value="-5"))["status"]
    assert (debts.current, debts.target, debts.fraction, debts.remaining) == (
        units(-5), units(10), 0, units(15),
    )  # fmt: skip
    flat = rules(
        metrics=VISITS, tiers={"one": {"metric": "visits", "over": "all time", "levels": {"a": 0}}}
    )
    bar = bars(flat)["one"]
    assert (bar.current, bar.target, bar.fraction, bar.ends_at) == (0, 0, SCALE, None)


@given(st.integers(0, 8))
def test_fractions_and_milestones_never_contradict_each_other(count: int) -> None:
    bar = bars(LEVELS, *visits(count))["regular"]
    assert 0 <= bar.fraction <= SCALE
    assert bar.remaining == max(0, bar.target - bar.current)
    assert (bar.fraction == SCALE) == (bar.completed_at is not None)
    assert [each.reached_at is not None for each in bar.milestones] == [count >= 2, count >= 5]
