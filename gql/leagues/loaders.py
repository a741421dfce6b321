"""Batched reads of leagues: a page of members costs what one member does."""

import asyncio
from functools import cached_property

from strawberry.dataloader import DataLoader

from gamification.places import Place
from gamification.ports import Reading
from gamification.program import Program
from gamification.seats import Seat
from gamification.use_cases.play_league import places_in_cohort
from gql.asked import CohortAsked, LevelAsked, SeatAsked


class LeagueLoaders:
    """The loaders of leagues."""

    def __init__(self, program: Program, reading: Reading) -> None:
        self._program = program
        self._reading = reading

    @cached_property
    def seats(self) -> DataLoader[SeatAsked, Seat | None]:
        async def load(asked: list[SeatAsked]) -> list[Seat | None]:
            runs, members = {each.run for each in asked}, {each.member for each in asked}
            found = await self._reading.seats(runs, members)
            return [found.get((each.run, each.member)) for each in asked]

        return DataLoader(load_fn=load)

    @cached_property
    def cohorts(self) -> DataLoader[CohortAsked, list[Place]]:
        async def places(asked: CohortAsked) -> list[Place]:
            run, cohort, period = asked
            league, reading = self._program.rules.leagues[run.league], self._reading
            members = await reading.cohort_members(run, cohort)
            return await places_in_cohort(reading, league, run.window, members, period=period)

        async def load(asked: list[CohortAsked]) -> list[list[Place]]:
            return list(await asyncio.gather(*map(places, asked)))

        return DataLoader(load_fn=load)

    @cached_property
    def levels(self) -> DataLoader[LevelAsked, int | None]:
        async def load(asked: list[LevelAsked]) -> list[int | None]:
            leagues, members = {each.league for each in asked}, {each.member for each in asked}
            found = await self._reading.league_levels(leagues, members)
            return [found.get((each.league, each.member)) for each in asked]

        return DataLoader(load_fn=load)
