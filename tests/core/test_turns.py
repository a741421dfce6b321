"""Stretches of time in which no run of a leaderboard begins or ends."""

from datetime import UTC, datetime, timedelta

import pytest

from gamification.definition.compiling import compile_program
from gamification.definition.reading import read_definition
from gamification.turns import Stretch, stretch_at

BOARDS = """
key: club
name: Club
time_zone: Europe/Lisbon
activities: {visit: {}}
metrics: {visits: {count: visit}}
seasons: {first: 2017-08-01/2017-08-11, second: 2017-08-21/2017-08-31}
leaderboards:
"""
EVER = "  ever: {name: Ever, metric: visits}\n"
WEEKLY = "  weekly: {name: Weekly, metric: visits, every: week}\n"
ROLLING = "  rolling: {name: Rolling, metric: visits, every: 30 days}\n"
SEASON = "  season: {name: Season, metric: visits, every: season}\n"


def day(number: int) -> datetime:
    """Midnight in Lisbon of a day in August, when it is an hour ahead of UTC."""
    return datetime(2017, 7, 31, 23, tzinfo=UTC) + timedelta(days=number - 1)


@pytest.mark.parametrize(
    ("boards", "at", "stretch"),
    [
        (EVER, day(16), Stretch(None, None)),
        (WEEKLY, day(16), Stretch(day(14), day(21))),
        (WEEKLY, day(14), Stretch(day(14), day(21))),
        (ROLLING, day(16), Stretch(day(16), day(17))),
        (SEASON, day(5), Stretch(day(1), day(11))),
        (SEASON, day(16), Stretch(day(11), day(21))),
        (SEASON, day(-30), Stretch(None, day(1))),
        (SEASON, day(31), Stretch(day(31), None)),
        (EVER + WEEKLY + SEASON, day(12), Stretch(day(11), day(14))),
        (EVER + WEEKLY + SEASON + ROLLING, day(12), Stretch(day(12), day(13))),
    ],
)
def test_a_stretch_ends_where_a_run_does(boards: str, at: datetime, stretch: Stretch) -> None:
    rules, _ = compile_program(read_definition(BOARDS + boards), version=1)
    assert stretch_at(rules, at) == stretch


def test_an_end_belongs_to_the_next_stretch() -> None:
    stretch = Stretch(day(14), day(21))
    assert stretch.holds(day(14))
    assert not stretch.holds(day(21))
    assert not stretch.holds(day(13))
    assert Stretch(None, None).holds(day(13))
