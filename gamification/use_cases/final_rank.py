"""Reads of final runs: what `rank.py` reads of a board that moves, read from what was kept."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gamification.definition.compiled import CompiledBoard
from gamification.ids import MemberId
from gamification.periods import FinalPeriod, FinalPlaces, PeriodKey, ReadingPeriods
from gamification.places import Place
from gamification.program import Program

_PAGE = 200


class Won(NamedTuple):
    """What a place has won of one unit, in ten-thousandths."""

    place: Place
    unit: str
    amount: int


async def around(
    reading: ReadingPeriods, key: PeriodKey, member: MemberId, *, radius: int
) -> list[Place]:
    """The member's place with up to `radius` places before and after; [] without a score."""
    own = (await reading.final_places_of(key, [member])).get(member)
    if own is None:
        return []
    above = min(radius, own.position - 1)
    after = own.position - above - 1
    return await reading.final_places(key, after=after, limit=above + 1 + radius)


async def score_at(reading: FinalPlaces, key: PeriodKey, position: int) -> int | None:
    """The score that stands at a position, from 1; None where nobody does."""
    found = await reading.final_places(key, after=position - 1, limit=1) if position > 0 else []
    return found[0].score if found else None


async def winners(
    reading: FinalPlaces, board: CompiledBoard, key: PeriodKey, *, after: int, limit: int
) -> list[Place]:
    """The next places after a position whose rank wins something, by `board`'s prizes."""
    found: list[Place] = []
    while len(found) < limit:
        page = await reading.final_places(key, after=after, limit=_PAGE)
        paid = [place for place in page if place.rank <= board.last_rank_paid]
        found += [place for place in paid if board.prize_of(place.rank) is not None]
        if len(paid) < _PAGE:  # ranks never fall from one place to the next
            break
        after = page[-1].position
    return found[:limit]


def won(board: CompiledBoard, places: Sequence[Place]) -> Iterator[Won]:
    """What these places have won: everybody with a rank wins the prize of the rank."""
    for place in places:
        prize = board.prize_of(place.rank)
        for unit, amount in prize.gives if prize is not None else ():
            yield Won(place, unit, amount)


def board_of(program: Program, period: FinalPeriod) -> CompiledBoard:
    """The board by whose prizes a run is paid: as it was when the run ended."""
    return program.timeline.numbered(period.version).boards[period.key.board]
