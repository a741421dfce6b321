"""Batched reads of leaderboards: who stands where, now and in final runs."""

from collections.abc import Awaitable, Callable
from functools import cached_property

from strawberry.dataloader import DataLoader

from gamification.periods import FinalPeriod, PeriodKey
from gamification.places import Place
from gamification.ports import Board
from gamification.program import Program
from gamification.ranks.asking import Ranking, Ranks
from gamification.reading import Reading
from gamification.stored import Ahead
from gamification.use_cases import rank
from gql.asked import AheadAsked, FinalPlaceAsked, PlaceAsked, ScoreAsked
from gql.batching import grouped


class BoardLoaders:
    """The loaders of leaderboards."""

    def __init__(self, program: Program, reading: Reading, ranks: Ranks) -> None:
        self._program = program
        self._reading = reading
        self._ranks = ranks

    @cached_property
    def places(self) -> DataLoader[PlaceAsked, Place | None]:
        rules, ranking_of = self._program.rules, self._ranking_of

        async def load(
            group: tuple[str, tuple[str, ...]], asked: list[PlaceAsked]
        ) -> dict[PlaceAsked, Place | None]:
            key, windows = group
            board = rules.boards[key]
            members = {each.member for each in asked}
            ranking = await ranking_of(Board(board.metric, windows))
            found = await rank.places_of(ranking, board, windows, members)
            return {each: found.get(each.member) for each in asked}

        return grouped(load, lambda asked: (asked.board, asked.windows))

    @cached_property
    def final_periods(self) -> DataLoader[PeriodKey, FinalPeriod | None]:
        reading = self._reading

        async def load(keys: list[PeriodKey]) -> list[FinalPeriod | None]:
            found = await reading.periods(keys)
            return [found.get(key) for key in keys]

        return DataLoader(load_fn=load)

    @cached_property
    def final_places(self) -> DataLoader[FinalPlaceAsked, Place | None]:
        reading = self._reading

        async def load(
            period: PeriodKey, asked: list[FinalPlaceAsked]
        ) -> dict[FinalPlaceAsked, Place | None]:
            members = {each.member for each in asked}
            found = await reading.final_places_of(period, members)
            return {each: found.get(each.member) for each in asked}

        return grouped(load, lambda asked: asked.period)

    @cached_property
    def ahead(self) -> DataLoader[AheadAsked, Ahead]:
        rules, ranking_of = self._program.rules, self._ranking_of

        async def load(
            group: tuple[str, tuple[str, ...]], asked: list[AheadAsked]
        ) -> dict[AheadAsked, Ahead]:
            key, windows = group
            board = Board(rules.boards[key].metric, windows)
            ranking = await ranking_of(board)
            found = await ranking.ahead(board, [each.standing for each in asked])
            return dict(zip(asked, found, strict=True))

        return grouped(load, lambda asked: (asked.board, asked.windows))

    @cached_property
    def scores_above(self) -> DataLoader[ScoreAsked, int | None]:
        rules, reading = self._program.rules, self._reading

        async def load(
            group: tuple[str, tuple[str, ...]], asked: list[ScoreAsked]
        ) -> dict[ScoreAsked, int | None]:
            key, windows = group
            board = Board(rules.boards[key].metric, windows)
            found = await reading.scores_above(board, {each.score for each in asked})
            return {each: found.get(each.score) for each in asked}

        return grouped(load, lambda asked: (asked.board, asked.windows))

    @property
    def _ranking_of(self) -> Callable[[Board], Awaitable[Ranking]]:
        ranks, record, reading = self._ranks, self._program.record, self._reading
        return lambda board: ranks.ranking(record, board, reading)
