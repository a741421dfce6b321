"""What is wrong with streaks and ladders is told with its path and the fix."""

from typing import Any

import pytest

from gamification.definition.problems import DefinitionRefused
from tests.builders import rules

METRICS: dict[str, Any] = {
    "nights": {"sum": "value", "of": "stay"},
    "stays": {"count": "stay"},
    "hotels": {"distinct": "properties.hotel", "of": "stay"},
}


def streak(**parts: Any) -> dict[str, Any]:
    return {"streaks": {"s": {"metric": "stays", **parts}}}


def tier(**parts: Any) -> dict[str, Any]:
    written = {"metric": "nights", "levels": {"member": 0, "gold": 10}, **parts}
    return {"tiers": {"t": {key: each for key, each in written.items() if each is not None}}}


BAD: list[tuple[dict[str, Any], str, str, str]] = [
    (
        streak(every="week", pauses={"most": 2, "per": "week"}),
        "streaks.s.pauses.per",
        "a week is no longer than the streak's periods",
        "Use a longer window: quarter or year",
    ),
    (
        streak(every="month", restore={"within": 2}),
        "streaks.s.restore.per",
        "a month is no longer than the streak's periods",
        "Use a longer window: quarter or year",
    ),
    (
        streak(restore={"within": 2, "cost": {"gems": 5}}),
        "streaks.s.restore.cost",
        "there is no points 'gems'",
        "Use one of stars",
    ),
    (
        streak(targets=[7, 7]),
        "streaks.s.targets",
        "do not rise",
        "List the lengths from the shortest to the longest",
    ),
    (
        tier(over="season") | {"seasons": {"early": "2026-01-01/2026-02-01"}},
        "tiers.t.over",
        "a level is reached in windows that follow each other on the calendar",
        "Use day, week, month, quarter, year, all time, 365 days, 12 months or year of joining",
    ),
    (
        tier(over="365 days", downgrade="one step"),
        "tiers.t.downgrade",
        "days that roll have no end at which a level could fall by one step",
        "Use 'reassess', or a window of the calendar",
    ),
    (
        tier(over="30 days", rollover=True),
        "tiers.t.rollover",
        "nothing rolls over from one window to the next over 30 days",
        "Use a window of the calendar, or remove it",
    ),
    (
        tier(over="all time", grace="3 days"),
        "tiers.t.grace",
        "over all time a level does not fall, so there is nothing to be graceful about",
        "Remove it",
    ),
    (
        tier(grace="400 days"),
        "tiers.t.grace",
        "is longer than 366 days",
        "Use fewer days",
    ),
    (
        tier(any_of=[{"metric": "nights"}, {"metric": "stays"}]),
        "tiers.t",
        "is reached by nothing, or by two things",
        "Give either 'metric' or 'points', or several numbers in 'any_of'",
    ),
    (
        tier(metric=None, any_of=[{"metric": "nights"}, {"points": "stars"}]),
        "tiers.t.levels.gold",
        "says not which number must reach it",
        "Give one for each: nights, stars",
    ),
    (
        tier(metric=None, any_of=[{"metric": "nights"}, {}], levels={"member": 0}),
        "tiers.t.any_of.1",
        "is no number, or two",
        "Give either 'metric' or 'points'",
    ),
    (
        tier(levels={"member": 0, "gold": {"at": {"stays": 5}}}),
        "tiers.t.levels.gold.at",
        "there is no number of the ladder 'stays'",
        "Use one of nights",
    ),
    (
        tier(levels={"member": 0, "gold": {"at": {}}}),
        "tiers.t.levels.gold.at",
        "is reached by nothing",
        "Give one for any of: nights",
    ),
    (
        tier(levels={"gold": {"at": 9, "for_life": {"at_least": 5}}}),
        "tiers.t.levels.gold.for_life",
        "is no number, or two",
        "Give either 'metric' or 'points'",
    ),
    (
        tier(metric="hotels", over="year of joining"),
        "tiers.t.metric",
        "different values cannot be counted over years of joining",
        "Use a window of the calendar",
    ),
]


@pytest.mark.parametrize("bad", BAD, ids=[f"{path}: {message}" for _, path, message, _ in BAD])
def test_a_fault_is_told_with_its_path_and_the_fix(
    bad: tuple[dict[str, Any], str, str, str],
) -> None:
    parts, *expected = bad
    with pytest.raises(DefinitionRefused) as refused:
        rules(
            activities={"stay": {"value": "nights", "properties": {"hotel": "string"}}},
            metrics=METRICS,
            points={"stars": {}},
            **parts,
        )
    found = [
        [each.path, each.message, each.fix]
        for each in refused.value.problems
        if not each.is_warning
    ]
    assert found == [expected]
