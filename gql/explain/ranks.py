"""Ranks explained: the score, who is ahead, how a tie is broken, and what the next place takes."""

from typing import NamedTuple

import strawberry

from gamification.definition.compiled import CompiledBoard
from gamification.places import Place
from gamification.ports import Member, Standing
from gamification.use_cases import final_rank
from gql.asked import AheadAsked, ScoreAsked
from gql.context import Context, Info
from gql.leaderboards.boards import Run
from gql.leaderboards.entries import LeaderboardEntry, entry_of
from gql.leaderboards.standings import final_period
from gql.leaderboards.types import Leaderboard, LeaderboardPeriod
from gql.scalars import Quantity

TIES_BROKEN_BY = "who reached the score first, then the member's id"


@strawberry.type(
    description="Why a member stands where they stand on a leaderboard, or does not stand on it."
)
class RankExplanation:
    leaderboard: Leaderboard = strawberry.field(description="Which leaderboard.")
    period: LeaderboardPeriod = strawberry.field(description="Which run of it.")
    ranked: str = strawberry.field(
        description="What is ranked: `metric/KEY` or `points/KEY`, counted in the run."
    )
    among: str | None = strawberry.field(
        description="Who takes part, as the definition has it. Null: everybody."
    )
    is_among: bool = strawberry.field(
        description="Whether the member takes part, by the attributes they have now."
    )
    entry: LeaderboardEntry | None = strawberry.field(
        description="Where the member stands. Null for one without a score."
    )
    higher: int | None = strawberry.field(description="How many have a higher score.")
    tied_ahead: int | None = strawberry.field(
        description="How many have the same score and a better position."
    )
    ties_broken_by: str = strawberry.field(
        description="What decides the position among equal scores. Their rank follows from the "
        "leaderboard's `ties`."
    )
    next_score: Quantity | None = strawberry.field(
        description="The lowest score above the member's. Null if nobody has a higher one."
    )
    distance: Quantity | None = strawberry.field(
        description="What the member lacks to have that score. Null if nobody has a higher one."
    )


async def rank_explained(info: Info, run: Run, member: Member) -> RankExplanation:
    """Explain where a member stands in one run of a leaderboard."""
    context, board = info.context, run.board
    entry = await entry_of(info, run, member.id)
    above = None if entry is None else await _above(context, run, entry.place)
    segment = board.segment
    return RankExplanation(
        leaderboard=Leaderboard.of(board),
        period=LeaderboardPeriod.of(run, context.program.rules),
        ranked=_ranked(info, board),
        among=None if segment is None else segment.source,
        is_among=segment is None or segment.holds(member.attributes),
        entry=entry,
        higher=None if above is None else above.higher,
        tied_ahead=None if above is None else above.tied_ahead,
        ties_broken_by=TIES_BROKEN_BY,
        next_score=None if above is None or above.score is None else Quantity(above.score),
        distance=None if above is None or above.distance is None else Quantity(above.distance),
    )


class _Above(NamedTuple):
    """What is above a place: how many with a higher score, how many with the same, and the lowest
    of the higher scores."""

    higher: int
    tied_ahead: int
    score: int | None
    distance: int | None


async def _above(context: Context, run: Run, place: Place) -> _Above:
    boards, board = context.loaders.boards, run.board
    period = await final_period(context, run)
    if period is not None:
        higher = await context.reading.final_tie_starts(period.key, place) - 1
        score = await final_rank.score_at(context.reading, period.key, higher)
        tied_ahead = place.position - 1 - higher
    else:
        standing = Standing(place.member, place.score, place.reached_at)
        ahead = await boards.ahead.load(AheadAsked(board.key, run.windows, standing))
        score = await boards.scores_above.load(ScoreAsked(board.key, run.windows, place.score))
        higher, tied_ahead = ahead.higher, ahead.before - ahead.higher
    distance = None if score is None else score - place.score
    return _Above(higher, tied_ahead, score, distance)


def _ranked(info: Info, board: CompiledBoard) -> str:
    written = info.context.program.rules.definition.leaderboards[board.key]
    return f"points/{written.points}" if written.metric is None else f"metric/{written.metric}"
