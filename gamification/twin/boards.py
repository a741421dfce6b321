"""Without this part the twin would have numbers and no ranks."""

from collections.abc import Collection, Sequence

from gamification.ids import MemberId
from gamification.ports import Board, Member, Standing
from gamification.stored import Ahead
from gamification.team_boards import TeamBoard, TeamPlace, TeamStanding
from gamification.twin.tables import picked, place
from gamification.twin.team_boards import teams_by_hand
from gamification.twin.view import TwinView


class TwinBoards(TwinView):
    """What `Reading` tells of boards: those who stand on them, in order, and how far ahead."""

    async def standings(
        self, board: Board, *, after: Standing | None, limit: int
    ) -> list[Standing]:
        ranked = self._tables.board(board)
        return [s for s in ranked if after is None or place(s) > place(after)][:limit]

    async def standings_with_members(
        self, board: Board, *, after: Standing | None, limit: int
    ) -> tuple[list[Standing], dict[MemberId, Member]]:
        found = await self.standings(board, after=after, limit=limit)
        return found, picked(self._tables.members, [each.member for each in found])

    async def standings_before(
        self, board: Board, before: Standing, *, limit: int
    ) -> list[Standing]:
        ahead = [s for s in self._tables.board(board) if place(s) < place(before)]
        return ahead[max(len(ahead) - limit, 0) :]

    async def standing_at(self, board: Board, position: int) -> Standing | None:
        return next(iter(self._tables.board(board)[position - 1 : position]), None)

    async def standings_in_each(
        self, metric: str, windows: Collection[str], *, limit: int
    ) -> dict[str, list[Standing]]:
        return {each: self._tables.board(Board(metric, (each,)))[:limit] for each in windows}

    async def teams_ranked(
        self, board: TeamBoard, *, after: TeamPlace | None, limit: int
    ) -> list[TeamStanding]:
        ranked = teams_by_hand(self._tables, board)
        return [
            each
            for each in ranked
            if after is None or (-after.current, after.team) < (-each.current, each.team)
        ][:limit]

    async def standings_of(
        self, board: Board, members: Collection[MemberId]
    ) -> dict[MemberId, Standing]:
        return {s.member: s for s in self._tables.board(board) if s.member in members}

    async def ahead(self, board: Board, standings: Sequence[Standing]) -> list[Ahead]:
        ranked = self._tables.board(board)
        return [
            Ahead(
                before=sum(place(other) < place(standing) for other in ranked),
                higher=sum(other.score > standing.score for other in ranked),
                higher_scores=len({o.score for o in ranked if o.score > standing.score}),
                tied=max(sum(other.score == standing.score for other in ranked) - 1, 0),
            )
            for standing in standings
        ]

    async def scores_above(self, board: Board, scores: Collection[int]) -> dict[int, int]:
        ranked = {standing.score for standing in self._tables.board(board)}
        above = {score: [other for other in ranked if other > score] for score in scores}
        return {score: min(higher) for score, higher in above.items() if higher}

    async def participant_count(self, board: Board) -> int:
        return len(self._tables.board(board))

    async def windows(self, metric: str, *, limit: int, before: str | None) -> list[str]:
        found = {key.window for key in self._tables.ranked if key.metric == metric}
        earlier = (window for window in found if before is None or window < before)
        return sorted(earlier, reverse=True)[:limit]
