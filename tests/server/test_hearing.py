"""Whoever has heard of every version has missed nothing, and anybody else knows it."""

import pytest

from gamification.ids import ProgramId
from server.live import hearing
from server.live.hearing import Hearing

CLUB, OTHER = ProgramId(1), ProgramId(2)


def following(until: int, *versions: int) -> Hearing:
    """Somebody who knew all until a version, and then heard of others."""
    heard = Hearing()
    heard.follow([CLUB])
    heard.settle(CLUB, until, latest_before=0)
    for version in versions:
        heard.hear(CLUB, version)
    return heard


def doubts(heard: Hearing, stored: int, latest_before: int = 0) -> bool:
    return heard.is_in_doubt(CLUB, stored, latest_before=latest_before)


def test_who_has_just_begun_is_in_doubt() -> None:
    heard = Hearing()
    heard.follow([CLUB])
    assert doubts(heard, 0)
    heard.hear(CLUB, 1)
    assert doubts(heard, 1)
    heard.settle(CLUB, 1, latest_before=0)
    assert not doubts(heard, 1)


def test_versions_without_a_gap_leave_no_doubt_in_any_order() -> None:
    heard = following(5, 7, 8, 6)
    assert not doubts(heard, 8)
    assert doubts(heard, 9)


def test_a_version_that_is_missing_leaves_doubt_until_one_has_looked() -> None:
    heard = following(5, 6, 8)
    assert not doubts(heard, 6)
    assert doubts(heard, 7)
    assert doubts(heard, 8)
    heard.settle(CLUB, 7, latest_before=0)
    assert not doubts(heard, 8)


def test_what_is_heard_twice_or_late_changes_nothing() -> None:
    heard = following(5, 6, 6, 3)
    assert not doubts(heard, 6)
    assert heard.latest(CLUB) == 6


def test_a_version_that_is_not_stored_was_heard_of_another_database() -> None:
    heard = following(5, 900)
    assert doubts(heard, 5, latest_before=heard.latest(CLUB))
    heard.settle(CLUB, 5, latest_before=900)
    assert heard.latest(CLUB) == 5
    assert not doubts(heard, 5, latest_before=5)


def test_a_version_heard_while_reading_is_no_reason_to_doubt() -> None:
    heard = following(5)
    before = heard.latest(CLUB)
    heard.hear(CLUB, 6)
    assert not doubts(heard, 5, latest_before=before)


def test_a_database_that_was_set_back_is_looked_at() -> None:
    heard = following(9)
    assert doubts(heard, 4, latest_before=heard.latest(CLUB))
    heard.settle(CLUB, 4, latest_before=9)
    heard.hear(CLUB, 5)
    assert not doubts(heard, 5, latest_before=5)


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "AHEAD_MAX", 3)
    heard = following(5, 7, 8, 9)
    assert heard.latest(CLUB) == 9
    heard.hear(CLUB, 10)
    assert heard.latest(CLUB) == 0
    assert doubts(heard, 5)


def test_programs_that_nobody_follows_are_forgotten() -> None:
    heard = following(5)
    heard.hear(OTHER, 1)
    heard.follow([OTHER])
    heard.hear(CLUB, 6)
    heard.follow([CLUB, OTHER])
    assert doubts(heard, 6)
