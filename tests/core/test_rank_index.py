"""An index says of a board what a sort done by hand says, whatever has come, moved and gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamification.ids import MemberId
from gamification.ports import Board, Standing
from gamification.ranking import ahead_by_hand, sort_by_hand
from gamification.ranks import lineup, scores
from gamification.ranks.index import RankIndex
from gamification.ranks.lineup import Lineup, Spot
from gamification.stored import Ahead
from tests.core.test_ranking import standing
from tests.scene import now_done

BOARD = Board("stars", ("",))

standings = st.builds(standing, st.integers(0, 30), st.integers(-4, 4), minute=st.integers(0, 2))
gone = st.integers(0, 30).map(MemberId)
changes = st.lists(st.one_of(standings, standings, standings, gone), max_size=150)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few members make many blocks, which are split and joined all the time."""
    monkeypatch.setattr(lineup, "BLOCK_MAX", 4)
    monkeypatch.setattr(scores, "BLOCK_MAX", 4)


def made(history: list[Standing | MemberId]) -> tuple[RankIndex, list[Standing]]:
    """The index after a history, and the board by hand."""
    index, board = RankIndex(BOARD), dict[MemberId, Standing]()
    for each in history:
        if isinstance(each, Standing):
            index.put(each)
            board[each.member] = each
        else:
            index.remove(each)
            board.pop(each, None)
    return index, sort_by_hand(board.values())


@given(changes)
def test_every_answer_is_that_of_a_sort_by_hand(history: list[Standing | MemberId]) -> None:
    index, rows = made(history)
    count = len(rows)
    assert now_done(index.participant_count(BOARD)) == count
    assert now_done(index.standings(BOARD, after=None, limit=99)) == rows
    ahead = [ahead_by_hand(rows, place) for place in range(count)]
    assert now_done(index.ahead(BOARD, rows)) == ahead
    members = [MemberId(each) for each in range(31)]
    assert now_done(index.standings_of(BOARD, members)) == {row.member: row for row in rows}
    for place, row in enumerate(rows):
        assert now_done(index.standing_at(BOARD, place + 1)) == row
        following = now_done(index.standings(BOARD, after=row, limit=3))
        assert following == rows[place + 1 : place + 4]
        before = now_done(index.standings_before(BOARD, row, limit=3))
        assert before == rows[max(place - 3, 0) : place]
    assert now_done(index.standing_at(BOARD, count + 1)) is None


@given(changes, standings)
def test_where_nobody_stands_is_counted_too(
    history: list[Standing | MemberId], asked: Standing
) -> None:
    index, rows = made([*history, asked.member])
    higher = {row.score for row in rows if row.score > asked.score}
    tied = sum(row.score == asked.score for row in rows)
    assert now_done(index.ahead(BOARD, [asked])) == [
        Ahead(
            before=sort_by_hand([*rows, asked]).index(asked),
            higher=sum(row.score > asked.score for row in rows),
            higher_scores=len(higher),
            tied=max(tied - 1, 0),
        )
    ]


def test_blocks_are_joined_when_their_standings_have_gone() -> None:
    line = Lineup()
    spots = [Spot(number, 0, number) for number in range(40)]
    for spot in spots:
        line.add(spot)
    for spot in spots[1:-1]:
        line.remove(spot)
    assert line.spots(0, 40) == [spots[0], spots[-1]]
    assert line.block_count == 1


def test_removing_from_an_empty_board_does_nothing() -> None:
    index, rows = made([MemberId(1)])
    assert rows == []
    assert now_done(index.ahead(BOARD, [standing(1, 5)])) == [Ahead(0, 0, 0, 0)]
    assert now_done(index.standings(BOARD, after=standing(1, 5), limit=2)) == []
