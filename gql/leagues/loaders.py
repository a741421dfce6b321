"""Batched reads of leagues: a page of members costs what one member does."""

from functools import cached_property

from strawberry.dataloader import DataLoader

from gamification.periods import FinalPeriod
from gamification.places import Place
from gamification.program import Program
from gamification.reading import Reading
from gamification.seats import LeagueRun, Seat
from gamification.use_cases.play_league import places_in_cohorts
from gql.asked import CohortAsked, LevelAsked, SeatAsked
from gql.batching import grouped


class LeagueLoaders:
    """The loaders of leagues."""

    def __init__(self, program: Program, reading: Reading) -> None:
        self._program = program
        self._reading = reading

    @cached_property
    def seats(self) -> DataLoader[SeatAsked, Seat | None]:
        reading = self._reading

        async def load(asked: list[SeatAsked]) -> list[Seat | None]:
            runs, members = {each.run for each in asked}, {each.member for each in asked}
            found = await reading.seats(runs, members)
            return [found.get((each.run, each.member)) for each in asked]

        return DataLoader(load_fn=load)

    @cached_property
    def cohorts(self) -> DataLoader[CohortAsked, list[Place]]:
        rules, reading = self._program.rules, self._reading

        async def load(
            group: tuple[LeagueRun, FinalPeriod | None], asked: list[CohortAsked]
        ) -> dict[CohortAsked, list[Place]]:
            run, period = group
            league = rules.leagues[run.league]
            members = await reading.cohort_members(run, [each.cohort for each in asked])
            found = await places_in_cohorts(reading, league, run.window, members, period=period)
            return {each: found[each.cohort] for each in asked}

        return grouped(load, lambda asked: (asked.run, asked.period))

    @cached_property
    def levels(self) -> DataLoader[LevelAsked, int | None]:
        reading = self._reading

        async def load(asked: list[LevelAsked]) -> list[int | None]:
            leagues, members = {each.league for each in asked}, {each.member for each in asked}
            found = await reading.league_levels(leagues, members)
            return [found.get((each.league, each.member)) for each in asked]

        return DataLoader(load_fn=load)
