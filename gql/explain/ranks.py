"""Ranks explained: the score, who is ahead, how a tie is broken, and what the next place takes."""

import strawberry

from gamification.definition.compiled import CompiledBoard
from gamification.ports import Ahead, Member, Standing
from gql.context import Info
from gql.leaderboards.boards import Run
from gql.leaderboards.types import Leaderboard, LeaderboardEntry, LeaderboardPeriod, entry_of
from gql.loaders import AheadAsked, ScoreAsked
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
    ahead: Ahead | None = None
    above: int | None = None
    if entry is not None:
        place, loaders = entry.place, context.loaders
        standing = Standing(member.id, place.score, place.reached_at)
        ahead = await loaders.ahead.load(AheadAsked(board.key, run.windows, standing))
        above = await loaders.scores_above.load(ScoreAsked(board.key, run.windows, place.score))
    segment = board.segment
    return RankExplanation(
        leaderboard=Leaderboard.of(board),
        period=LeaderboardPeriod.of(run, context.at),
        ranked=_ranked(info, board),
        among=None if segment is None else segment.source,
        is_among=segment is None or segment.holds(member.attributes),
        entry=entry,
        higher=None if ahead is None else ahead.higher,
        tied_ahead=None if ahead is None else ahead.before - ahead.higher,
        ties_broken_by=TIES_BROKEN_BY,
        next_score=None if above is None else Quantity(above),
        distance=None if above is None or entry is None else Quantity(above - entry.place.score),
    )


def _ranked(info: Info, board: CompiledBoard) -> str:
    written = info.context.program.rules.definition.leaderboards[board.key]
    return f"points/{written.points}" if written.metric is None else f"metric/{written.metric}"
