"""Reads of leaderboards: the list, own rank, around-me and thresholds, all from one ranking."""

from collections.abc import Collection, Sequence

from gamification.definition.compiled import CompiledBoard
from gamification.ids import MemberId
from gamification.places import Place, Ties
from gamification.ports import Board, Standing
from gamification.ranking import number
from gamification.ranks.asking import Ranking
from gamification.stored import Ahead

RADIUS_MAX = 50


async def page_of_board(
    reading: Ranking,
    board: CompiledBoard,
    windows: tuple[str, ...],
    *,
    after: Standing | None = None,
    start_position: int | None = None,
    limit: int,
) -> list[Place]:
    """The next `limit` places after a standing, or from a position on (1 by default)."""
    ranking = Board(board.metric, windows)
    if start_position is not None and start_position > 1:
        first = await reading.standing_at(ranking, start_position)
        if first is None:
            return []
        rows = [first, *await reading.standings(ranking, after=first, limit=limit)]
    else:
        # One more than is wanted tells whether the last tie goes on.
        rows = await reading.standings(ranking, after=after, limit=limit + 1)
    wanted = rows[:limit]
    is_whole = len(rows) <= limit or rows[limit].score != rows[limit - 1].score
    if after is None and (start_position or 1) == 1 and is_whole:
        return _numbered_from_the_top(wanted, board.ties)
    return await _numbered(reading, ranking, wanted, board.ties)


async def around(
    reading: Ranking,
    board: CompiledBoard,
    windows: tuple[str, ...],
    member: MemberId,
    *,
    radius: int,
) -> list[Place]:
    """The member's place with up to `radius` places before and after; [] without a score."""
    ranking = Board(board.metric, windows)
    own = (await reading.standings_of(ranking, [member])).get(member)
    if own is None:
        return []
    before = await reading.standings_before(ranking, own, limit=radius) if radius else []
    after = await reading.standings(ranking, after=own, limit=radius) if radius else []
    return await _numbered(reading, ranking, [*before, own, *after], board.ties)


async def places_of(
    reading: Ranking,
    board: CompiledBoard,
    windows: tuple[str, ...],
    members: Collection[MemberId],
) -> dict[MemberId, Place]:
    """The places of those members that have a score."""
    ranking = Board(board.metric, windows)
    standings = list((await reading.standings_of(ranking, members)).values())
    ahead = await reading.ahead(ranking, standings)
    places: dict[MemberId, Place] = {}
    for standing, before in zip(standings, ahead, strict=True):
        (place,) = number([standing], ties=board.ties, first=before, last=before)
        places[standing.member] = place
    return places


async def rank_of(
    reading: Ranking, board: CompiledBoard, windows: tuple[str, ...], standing: Standing
) -> int:
    """The rank that a score would have on the board as it is now."""
    (before,) = await reading.ahead(Board(board.metric, windows), [standing])
    (place,) = number([standing], ties=board.ties, first=before, last=before)
    return place.rank


async def threshold(
    reading: Ranking, board: CompiledBoard, windows: tuple[str, ...], rank: int
) -> int | None:
    """The score of the last place whose rank is at most `rank`; None when the board has none.

    That many points are needed to stand there, as the board is now.
    """
    standing = await reading.standing_at(Board(board.metric, windows), rank)
    return standing.score if standing is not None else None


def _numbered_from_the_top(rows: Sequence[Standing], ties: Ties) -> list[Place]:
    """Number the top of a board, down to where a tie ends: nothing has to be counted for it."""
    tied = sum(1 for row in rows if row.score == rows[0].score)
    return number(rows, ties=ties, first=Ahead(0, 0, 0, tied - 1))


async def _numbered(
    reading: Ranking, ranking: Board, rows: Sequence[Standing], ties: Ties
) -> list[Place]:
    """Number rows; the counts around the slice's two ends come in one statement."""
    if not rows:
        return []
    first, last = await reading.ahead(ranking, [rows[0], rows[-1]])
    return number(rows, ties=ties, first=first, last=last)
