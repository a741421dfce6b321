"""Every slice of a board is numbered like the whole board by hand."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamification.ids import MemberId
from gamification.ports import Standing
from gamification.ranking import (
    Place,
    Ties,
    ahead_by_hand,
    number,
    rank_by_hand,
    sort_by_hand,
)
from gamification.stored import Ahead

START = datetime(2026, 1, 1, tzinfo=UTC)
TOP = Ahead(before=0, higher=0, higher_scores=0, tied=0)


def standing(member: int, score: int, *, minute: int = 0) -> Standing:
    return Standing(MemberId(member), score, START + timedelta(minutes=minute))


standings = st.lists(
    st.builds(standing, st.integers(0, 99), st.integers(-3, 3), minute=st.integers(0, 3)),
    max_size=14,
    unique_by=lambda row: row.member,
)


@pytest.mark.parametrize(
    ("ties", "ranks"),
    [
        (Ties.COMPETITION, [1, 2, 2, 4]),
        (Ties.DENSE, [1, 2, 2, 3]),
        (Ties.ORDINAL, [1, 2, 3, 4]),
    ],
)
def test_ties(ties: Ties, ranks: list[int]) -> None:
    rows = [standing(1, 9), standing(2, 7), standing(3, 7), standing(4, 5)]
    places = number(rows, ties=ties, first=TOP)
    assert [place.rank for place in places] == ranks
    assert [place.position for place in places] == [1, 2, 3, 4]
    assert [place.tied_with for place in places] == [0, 1, 1, 0]
    assert places == rank_by_hand(rows, ties)


def test_a_slice_inside_one_group_of_ties() -> None:
    first = Ahead(before=12, higher=10, higher_scores=4, tied=6)
    [place] = number([standing(5, 7)], ties=Ties.COMPETITION, first=first, last=first)
    assert place == Place(MemberId(5), 11, 13, 6, 7, START)


def test_no_rows_have_no_places() -> None:
    assert number([], ties=Ties.DENSE, first=TOP) == []


def test_the_first_to_reach_a_score_is_ahead_and_then_the_lower_id() -> None:
    late, early, twin = standing(1, 5, minute=2), standing(9, 5, minute=1), standing(8, 5, minute=1)
    assert sort_by_hand([late, early, twin]) == [twin, early, late]


@given(standings, st.sampled_from(Ties), st.data())
def test_any_slice_is_numbered_like_the_whole(
    rows: list[Standing], ties: Ties, data: st.DataObject
) -> None:
    board = sort_by_hand(rows)
    whole = rank_by_hand(rows, ties)
    start = data.draw(st.integers(0, len(board)))
    end = data.draw(st.integers(start, len(board)))
    if start == end:
        return
    first = ahead_by_hand(board, start)
    last = ahead_by_hand(board, end - 1)
    assert number(board[start:end], ties=ties, first=first, last=last) == whole[start:end]
    assert number(board[start:], ties=ties, first=first) == whole[start:]
