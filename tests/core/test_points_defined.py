"""What a definition may say of points in lots, and how it is told what it may not."""

import pytest

from gamification.definition.compiled import Negative
from gamification.definition.problems import DefinitionRefused
from tests.builders import rules


def test_points_that_have_matured_stay_where_only_pending_ones_are_taken_back() -> None:
    unit = rules(points={"stars": {"pending": "14 days", "negative": "only_pending"}}).units[
        "stars"
    ]
    assert unit.keeps_matured
    assert unit.lots is not None
    assert unit.lots.negative is Negative.ONLY_PENDING


def test_points_that_are_never_pending_could_never_be_taken_back() -> None:
    with pytest.raises(DefinitionRefused) as refused:
        rules(points={"stars": {"negative": "only_pending"}})
    (problem,) = [each for each in refused.value.problems if not each.is_warning]
    assert problem.path == "points.stars.negative"
    assert problem.message == "takes nothing back, because these points are never pending"
    assert problem.fix == "Say how long they are: 'pending: 14 days'; or choose 'within_balance'"


def test_limits_of_transfers_leave_room_for_the_fewest_at_a_time() -> None:
    transfers = {"least": 10, "most": 9, "most_per": {"day": 9.9999, "half year": 10}}
    with pytest.raises(DefinitionRefused) as refused:
        rules(points={"stars": {"transfers": transfers}})
    problems = [each for each in refused.value.problems if not each.is_warning]
    assert [(each.path, each.fix) for each in problems] == [
        ("points.stars.transfers.most", "Allow 10 or more, or lower 'least'"),
        ("points.stars.transfers.most_per.day", "Allow 10 or more, or lower 'least'"),
    ]
