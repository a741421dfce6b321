"""What the places of a leaderboard win, and who has won it."""

import strawberry

from gamification.definition.compiled import CompiledBoard, Prize
from gamification.periods import FinalPeriod
from gamification.use_cases.final_rank import board_of, winners
from gql.context import Info
from gql.lasting import LASTING
from gql.leaderboards.boards import Run
from gql.leaderboards.entries import LeaderboardEntry, entries_of
from gql.leaderboards.standings import final_period
from gql.pages import Connection, page, page_size, place_of
from gql.scalars import Quantity


@strawberry.type(description="Points that a prize consists of.")
class PrizePoints:
    unit: str = strawberry.field(description="The key of the unit of points.", metadata=LASTING)
    amount: Quantity = strawberry.field(description="How many.", metadata=LASTING)


@strawberry.type(description="What a leaderboard gives for ranks, in each of its runs.")
class LeaderboardPrize:
    first_rank: int = strawberry.field(description="The best rank that wins it.", metadata=LASTING)
    last_rank: int = strawberry.field(description="The last rank that wins it.", metadata=LASTING)
    gives: list[PrizePoints] = strawberry.field(
        description="What everybody wins who has one of the ranks: those who share a rank do not "
        "share its prize.",
        metadata=LASTING,
    )


@strawberry.type(description="Who has won what in a final run of a leaderboard.")
class PrizeWon:
    entry: LeaderboardEntry = strawberry.field(
        description="Who, and where they stood.", metadata=LASTING
    )
    gives: list[PrizePoints] = strawberry.field(description="What they have won.", metadata=LASTING)


def prizes_of(board: CompiledBoard) -> list[LeaderboardPrize]:
    """The prizes of a board, the best rank first."""
    return [
        LeaderboardPrize(first_rank=each.first, last_rank=each.last, gives=_points(each))
        for each in board.prizes
    ]


async def prizes_won(
    info: Info, run: Run, *, first: int | None, after: str | None
) -> Connection[PrizeWon]:
    """Who has won what in a run, the best first; nobody before it is final."""
    context, size = info.context, page_size(first)
    position = 0 if after is None else int(place_of(after, "prize", int)[0])
    period = await final_period(context, run)
    won = [] if period is None else await _won(info, run, period, after=position, limit=size + 1)
    return page(
        won,
        size,
        node=lambda each: each,
        place=lambda each: ("prize", each.entry.place.position),
        follows=after is not None,
    )


async def _won(
    info: Info, run: Run, period: FinalPeriod, *, after: int, limit: int
) -> list[PrizeWon]:
    context = info.context
    board = board_of(context.program, period)
    places = await winners(context.reading, board, period.key, after=after, limit=limit)
    return [
        PrizeWon(entry=entry, gives=_points(prize))
        for entry in await entries_of(info, run, places)
        if (prize := board.prize_of(entry.place.rank)) is not None
    ]


def _points(prize: Prize) -> list[PrizePoints]:
    return [PrizePoints(unit=unit, amount=Quantity(amount)) for unit, amount in prize.gives]
