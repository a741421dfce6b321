"""Reads of leagues: who stands where in a cohort, and which level somebody plays at."""

from collections.abc import Collection, Iterable, Mapping

from gamification.definition.compiled import CompiledLeague
from gamification.ids import MemberId
from gamification.periods import FinalPeriod
from gamification.places import Place, Ties
from gamification.ports import Board, Standing
from gamification.ranking import number, sort_by_hand
from gamification.reading import Reading
from gamification.seats import Cohort
from gamification.stored import Ahead


async def places_in_cohorts(
    reading: Reading,
    league: CompiledLeague,
    window: str,
    cohorts: Mapping[Cohort, Collection[MemberId]],
    *,
    period: FinalPeriod | None,
) -> dict[Cohort, list[Place]]:
    """Where the members of cohorts stand among themselves, the best first; in a final run by its
    final standings. Who has no score any more stands nowhere. One statement, however many."""
    everybody = [member for members in cohorts.values() for member in members]
    if period is not None:
        final = await reading.final_places_of(period.key, everybody)
        rows = {id: Standing(id, each.score, each.reached_at) for id, each in final.items()}
    else:
        rows = await reading.standings_of(Board(league.board.metric, (window,)), everybody)
    return {
        cohort: ranked((rows[id] for id in members if id in rows), league.board.ties)
        for cohort, members in cohorts.items()
    }


def ranked(rows: Iterable[Standing], ties: Ties) -> list[Place]:
    """The places of a few, among themselves."""
    ordered = sort_by_hand(rows)
    tied = sum(row.score == ordered[0].score for row in ordered) - 1 if ordered else 0
    return number(ordered, ties=ties, first=Ahead(0, 0, 0, tied))
