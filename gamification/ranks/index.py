"""One board's ranking, held in memory and moved with every change: any place in microseconds."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from gamification.ids import MemberId
from gamification.ranks.lineup import Lineup, Spot
from gamification.ranks.scores import Scores
from gamification.stored import Ahead, Board, Standing

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class RankIndex:
    """Fulfils `Ranking` for one board. Nothing in it waits, so that what is asked of it in one go
    is about one moment."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self._lineup = Lineup()
        self._scores = Scores()

    def __len__(self) -> int:
        return len(self._lineup)

    def put(self, standing: Standing) -> None:
        """Let a member stand there, and nowhere else."""
        self.remove(standing.member)
        spot = _spot(standing)
        self._lineup.add(spot)
        self._scores.put(spot.member, standing.score, spot.reached_at)

    def remove(self, member: MemberId) -> None:
        """Let a member not stand on the board."""
        known = self._scores.of(member)
        if known is not None:
            score, reached_at = known
            self._lineup.remove(Spot(-score, reached_at, member))
            self._scores.remove(member)

    async def standings(
        self, board: Board, *, after: Standing | None, limit: int
    ) -> list[Standing]:
        return self.following(after, limit=limit)

    def following(self, after: Standing | None, *, limit: int) -> list[Standing]:
        """The next standings after a place, or from the top."""
        start = 0
        if after is not None:
            spot = _spot(after)
            start = self._lineup.before(spot._replace(member=spot.member + 1))
        return self._between(start, start + limit)

    async def standings_before(
        self, board: Board, before: Standing, *, limit: int
    ) -> list[Standing]:
        stop = self._lineup.before(_spot(before))
        return self._between(max(stop - limit, 0), stop)

    async def standing_at(self, board: Board, position: int) -> Standing | None:
        found = self._between(position - 1, position)
        return found[0] if found else None

    async def standings_of(
        self, board: Board, members: Collection[MemberId]
    ) -> dict[MemberId, Standing]:
        known = ((member, self._scores.of(member)) for member in members)
        return {
            member: Standing(member, score_and_time[0], _moment(score_and_time[1]))
            for member, score_and_time in known
            if score_and_time is not None
        }

    async def ahead(self, board: Board, standings: Sequence[Standing]) -> list[Ahead]:
        return [self._ahead(standing) for standing in standings]

    async def participant_count(self, board: Board) -> int:
        return len(self)

    def _ahead(self, standing: Standing) -> Ahead:
        higher, equal = self._lineup.with_score(standing.score)
        return Ahead(
            before=self._lineup.before(_spot(standing)),
            higher=higher,
            higher_scores=self._lineup.scores_above(standing.score),
            tied=max(equal - 1, 0),
        )

    def _between(self, start: int, stop: int) -> list[Standing]:
        return [
            Standing(MemberId(spot.member), -spot.below_zero, _moment(spot.reached_at))
            for spot in self._lineup.spots(start, stop)
        ]


def _spot(standing: Standing) -> Spot:
    return Spot(-standing.score, (standing.reached_at - _EPOCH) // _MICROSECOND, standing.member)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
