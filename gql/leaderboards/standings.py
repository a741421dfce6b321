"""Who stands where in a run: read from the board that moves, or from what was kept of it.

Without this module every field would ask anew whether its run is final.
"""

from collections.abc import Sequence

from gamification.ids import MemberId
from gamification.periods import FinalPeriod, PeriodKey
from gamification.places import Place
from gamification.ports import Standing
from gamification.refusals import InvalidInput
from gamification.use_cases import final_rank, rank
from gql.asked import FinalPlaceAsked, PlaceAsked
from gql.context import Context
from gql.leaderboards.boards import Run


def key_of(run: Run) -> PeriodKey:
    """How a final run is named."""
    return PeriodKey(run.board.key, run.window.key)


async def final_period(context: Context, run: Run) -> FinalPeriod | None:
    """What was kept of a run; None while it can move. One that goes on is not asked for."""
    ends_at = run.window.ends_at
    if not run.board.has_ends or ends_at is None or context.at < ends_at:
        return None
    return await context.loaders.boards.final_periods.load(key_of(run))


async def page_of(
    context: Context,
    run: Run,
    *,
    after: Standing | None = None,
    start_position: int | None = None,
    limit: int,
    with_members: bool = True,
) -> list[Place]:
    """The next places after a standing, or from a position on. `with_members`: those who stand
    there are going to be listed."""
    period = await final_period(context, run)
    if period is None:
        stored = context.loaders.ranking if with_members else context.reading
        is_top = after is None and (start_position or 1) == 1
        return await rank.page_of_board(
            stored
            if is_top
            else await context.ranks.ranking(context.program.record, run.scores, stored),
            run.board,
            run.windows,
            after=after,
            start_position=start_position,
            limit=limit,
        )
    position = (start_position or 1) - 1
    if after is not None:
        position = await _position(context, period.key, after.member)
    return await context.reading.final_places(period.key, after=position, limit=limit)


async def around(context: Context, run: Run, member: MemberId, *, radius: int) -> Sequence[Place]:
    """The member's place and those next to it; empty for one without a score."""
    period = await final_period(context, run)
    if period is not None:
        return await final_rank.around(context.reading, period.key, member, radius=radius)
    ranking = await context.ranking(run.scores)
    return await rank.around(ranking, run.board, run.windows, member, radius=radius)


async def place_of(context: Context, run: Run, member: MemberId) -> Place | None:
    """Where a member stands; None for one without a score."""
    period = await final_period(context, run)
    if period is not None:
        return await context.loaders.boards.final_places.load(FinalPlaceAsked(period.key, member))
    asked = PlaceAsked(run.board.key, run.windows, member)
    return await context.loaders.boards.places.load(asked)


async def threshold(context: Context, run: Run, position: int) -> int | None:
    """The score that stands at a rank; None where nobody does."""
    period = await final_period(context, run)
    if period is not None:
        return await final_rank.score_at(context.reading, period.key, position)
    ranking = await context.ranking(run.scores)
    return await rank.threshold(ranking, run.board, run.windows, position)


async def participant_count(context: Context, run: Run) -> int:
    """How many have a score."""
    period = await final_period(context, run)
    if period is not None:
        return period.participants
    ranking = await context.ranking(run.scores)
    return await ranking.participant_count(run.scores)


async def _position(context: Context, key: PeriodKey, member: MemberId) -> int:
    """Where the member of a cursor stands. The cursor may be of the time before the end."""
    place = await context.loaders.boards.final_places.load(FinalPlaceAsked(key, member))
    if place is None:
        message = "the run has become final, without the member of this cursor: begin at the top"
        raise InvalidInput(message, field=("after",))
    return place.position
