"""Numbers the rows of a board: ranks, positions and ties, the same for every part of the board."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import assert_never

from gamification.places import Place, Ties
from gamification.ports import Standing
from gamification.stored import Ahead


def number(
    rows: Sequence[Standing], *, ties: Ties, first: Ahead, last: Ahead | None = None
) -> list[Place]:
    """Number consecutive rows of a board, given in the board's order.

    `first` tells how many stand before the first row; `last` the same of the last row, which
    matters when the slice cuts its group of ties. Without it the board ends with the slice.
    """
    if not rows:
        return []
    tied = Counter([row.score for row in rows])
    if last is not None:
        tied[rows[-1].score] = last.tied + 1
    tied[rows[0].score] = first.tied + 1
    places: list[Place] = []
    score, higher, higher_scores = rows[0].score, first.higher, first.higher_scores
    for position, row in enumerate(rows, first.before + 1):
        if row.score != score:
            score, higher, higher_scores = row.score, position - 1, higher_scores + 1
        rank = _rank(ties, higher, higher_scores, position=position)
        places.append(Place(row.member, rank, position, tied[score] - 1, score, row.reached_at))
    return places


def sort_by_hand(standings: Iterable[Standing]) -> list[Standing]:
    """The board's order: score down, then who reached it first, then member id."""
    return sorted(standings, key=lambda row: (-row.score, row.reached_at, row.member))


def rank_by_hand(standings: Iterable[Standing], ties: Ties) -> list[Place]:
    """Number a whole board by the definitions, in quadratic time: the reference for all else."""
    rows = sort_by_hand(standings)
    places: list[Place] = []
    for index, row in enumerate(rows):
        ahead = ahead_by_hand(rows, index)
        rank = _rank(ties, ahead.higher, ahead.higher_scores, position=index + 1)
        places.append(Place(row.member, rank, index + 1, ahead.tied, row.score, row.reached_at))
    return places


def ahead_by_hand(rows: Sequence[Standing], index: int) -> Ahead:
    """What stands before the row at `index` of a whole board, counted one by one."""
    score = rows[index].score
    higher = [row.score for row in rows if row.score > score]
    tied = sum(row.score == score for row in rows) - 1
    return Ahead(before=index, higher=len(higher), higher_scores=len(set(higher)), tied=tied)


def _rank(ties: Ties, higher: int, higher_scores: int, *, position: int) -> int:
    match ties:
        case Ties.COMPETITION:
            return higher + 1
        case Ties.DENSE:
            return higher_scores + 1
        case Ties.ORDINAL:
            return position
        case _:
            assert_never(ties)
