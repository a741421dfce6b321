"""Prizes and settling as they are written: what they mean, and what is refused of them."""

from datetime import UTC, datetime, timedelta

import pytest

from gamification.definition.compiled import Prize, Settling
from gamification.definition.compiling import compile_program
from gamification.definition.problems import DefinitionRefused
from gamification.definition.reading import read_definition, stored_definition
from gamification.windows import window
from tests.builders import definition, rules, units

YAML = """
key: club
name: Club
time_zone: Europe/Lisbon
activities: {visit: {}}
metrics: {visits: {count: visit}}
points: {stars: {}, gems: {}}
leaderboards:
  weekly:
    metric: visits
    every: week
    prizes: {2-10: {stars: 50, gems: 0.5}, 1: {stars: 500}}
"""


def board(**parts: object) -> str:
    written = {"metric": "visits", "every": "week", **parts}
    return definition(
        metrics={"visits": {"count": "visit"}},
        points={"stars": {}, "gems": {}},
        seasons={"w" * 60: "2026-01-01/2026-02-01"},
        leaderboards={"weekly": written},
    )


def test_ranks_are_numbers_or_ranges_in_any_order() -> None:
    compiled = compile_program(read_definition(YAML))[0].boards["weekly"]
    assert compiled.prizes == (
        Prize(1, 1, (("stars", units(500)),)),
        Prize(2, 10, (("stars", units(50)), ("gems", units("0.5")))),
    )
    assert compiled.last_rank_paid == 10
    assert [compiled.prize_of(rank) for rank in (1, 2, 10, 11)] == [
        compiled.prizes[0],
        compiled.prizes[1],
        compiled.prizes[1],
        None,
    ]


def test_what_is_stored_is_read_again() -> None:
    written = read_definition(YAML)
    assert stored_definition(written.model_dump_json()) == written


def problems_of(document: str) -> list[tuple[str, str]]:
    with pytest.raises(DefinitionRefused) as refused:
        compile_program(read_definition(document))
    return [
        (each.path.removeprefix("leaderboards.weekly."), each.message)
        for each in refused.value.problems
        if not each.is_warning
    ]


@pytest.mark.parametrize(
    ("parts", "path", "message"),
    [
        (
            {"every": "all time", "prizes": {"1": {"stars": 5}}},
            "prizes",
            "are never won: a board of all time has no run that ends",
        ),
        (
            {"every": "30 days", "prizes": {"1": {"stars": 5}}},
            "prizes",
            "are never won: a board of 30 days has no run that ends",
        ),
        (
            {"prizes": {"1-3": {"stars": 5}, "3": {"stars": 1}}},
            "prizes",
            "gives rank 3 two prizes",
        ),
        ({"prizes": {"5-2": {"stars": 5}}}, "prizes.5-2", "ends before it begins"),
        ({"prizes": {"1": {"star": 5}}}, "prizes.1", "there is no points 'star'"),
    ],
)
def test_what_cannot_be_won_is_refused(parts: dict[str, object], path: str, message: str) -> None:
    assert problems_of(board(**parts)) == [(path, message)]


@pytest.mark.parametrize(
    "parts",
    [
        {"prizes": {"first": {"stars": 5}}},
        {"prizes": {"0": {"stars": 5}}},
        {"prizes": {"1": {"stars": 0}}},
        {"prizes": {"1": {"stars": -5}}},
        {"prizes": {"1": {}}},
        {"prizes": [1, 2]},
        {"settle_for": "12"},
        {"settle_for": "0 hours"},
        {"settle_for": "2 weeks"},
    ],
)
def test_what_has_another_form_is_refused(parts: dict[str, object]) -> None:
    with pytest.raises(DefinitionRefused) as refused:
        read_definition(board(**parts))
    assert all(each.path.startswith("leaderboards.weekly") for each in refused.value.problems)


def test_names_have_to_fit_into_the_key_of_a_prize() -> None:
    unit = "u" * 60
    document = board(every="season", prizes={"1": {unit: 5}}).replace('"gems"', f'"{unit}"')
    compile_program(read_definition(document.replace("weekly", "b" * 20)))
    (problem,) = problems_of(document.replace("weekly", "b" * 21))
    assert problem == (
        f"leaderboards.{'b' * 21}.prizes.1",
        "the names of the board, its seasons and the unit are too long to name the prize",
    )


def test_a_board_that_counts_its_own_prizes_is_warned_of() -> None:
    _, problems = compile_program(
        read_definition(board(metric=None, points="stars", prizes={"1": {"stars": 5, "gems": 1}}))
    )
    (warning,) = [each for each in problems if each.path.startswith("leaderboards")]
    assert (warning.path, warning.is_warning) == ("leaderboards.weekly.prizes.1", True)
    assert warning.message == (
        "the prize counts for the run in which it is paid, because stars are ranked"
    )


@pytest.mark.parametrize(
    ("words", "settling"),
    [
        ("30 minutes", Settling(0, timedelta(minutes=30))),
        ("1 hour", Settling(0, timedelta(hours=1))),
        ("12 hours", Settling(0, timedelta(hours=12))),
        ("1 day", Settling(1, timedelta())),
        ("2 days", Settling(2, timedelta())),
    ],
)
def test_settling_is_words_people_write(words: str, settling: Settling) -> None:
    program = rules(
        metrics={"visits": {"count": "visit"}},
        leaderboards={"weekly": {"metric": "visits", "every": "week", "settle_for": words}},
    )
    assert program.boards["weekly"].settling == settling


@pytest.mark.parametrize(
    ("words", "final_at"),
    [
        ("1 hour", datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("24 hours", datetime(2026, 3, 30, 0, tzinfo=UTC)),
        ("1 day", datetime(2026, 3, 29, 23, tzinfo=UTC)),
    ],
)
def test_days_are_those_of_the_calendar_and_hours_pass(words: str, final_at: datetime) -> None:
    """The day 2026-03-28 ends at midnight in Lisbon; the next one has 23 hours there."""
    program = rules(
        time_zone="Europe/Lisbon",
        metrics={"visits": {"count": "visit"}},
        leaderboards={"daily": {"metric": "visits", "every": "day", "settle_for": words}},
    )
    daily = program.boards["daily"]
    run = window(daily.window, "2026-03-28", program.calendar)
    assert daily.final_at(run, program.calendar) == final_at


@pytest.mark.parametrize("every", ["all time", "7 days"])
def test_some_boards_have_no_runs_that_end(every: str) -> None:
    program = rules(
        metrics={"visits": {"count": "visit"}},
        leaderboards={"ever": {"metric": "visits", "every": every}},
    )
    ever = program.boards["ever"]
    run = window(ever.window, "" if every == "all time" else "2026-03-28", program.calendar)
    assert ever.final_at(run, program.calendar) is None
