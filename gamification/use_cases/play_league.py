"""Reads of leagues: who stands where in a cohort, and which level somebody plays at."""

from collections.abc import Collection, Iterable

from gamification.definition.compiled import CompiledLeague
from gamification.ids import MemberId
from gamification.periods import FinalPeriod
from gamification.places import Place, Ties
from gamification.ports import Ahead, Board, Reading, Standing
from gamification.ranking import number, sort_by_hand


async def places_in_cohort(
    reading: Reading,
    league: CompiledLeague,
    window: str,
    members: Collection[MemberId],
    *,
    period: FinalPeriod | None,
) -> list[Place]:
    """Where the members of a cohort stand among themselves, the best first; in a final run by its
    final standings. Who has no score any more stands nowhere."""
    if period is not None:
        final = await reading.final_places_of(period.key, members)
        rows = [Standing(each.member, each.score, each.reached_at) for each in final.values()]
    else:
        board = Board(league.board.metric, (window,))
        rows = list((await reading.standings_of(board, members)).values())
    return ranked(rows, league.board.ties)


def ranked(rows: Iterable[Standing], ties: Ties) -> list[Place]:
    """The places of a few, among themselves."""
    ordered = sort_by_hand(rows)
    tied = sum(row.score == ordered[0].score for row in ordered) - 1 if ordered else 0
    return number(ordered, ties=ties, first=Ahead(0, 0, 0, tied))
