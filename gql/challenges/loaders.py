"""Batched reads of challenges and teams."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property, partial

from strawberry.dataloader import DataLoader

from gamification.challenges import (
    ChallengeStatus,
    numbers_kept,
    runs_shown,
    shared_keys,
    status_at,
)
from gamification.definition.compiled import CompiledProgram
from gamification.definition.document_challenges import Combine
from gamification.ids import MemberId
from gamification.ports import Board, Standing
from gamification.program import Program
from gamification.reading import Reading
from gamification.team_boards import TeamBoard, TeamStanding
from gamification.teams import run_of_team
from gamification.use_cases.combining import (
    TeamRun,
    members_of,
    numbers_of_teams,
    runs_of_teams,
    teams_of,
)
from gql.asked import ChallengesAsked, SharesAsked, TeamAsked, TeamsAsked
from gql.batching import grouped


class ChallengeLoaders:
    """The loaders of challenges, and of the teams that take part in them."""

    def __init__(self, program: Program, reading: Reading) -> None:
        self._program = program
        self._reading = reading

    @cached_property
    def statuses(self) -> DataLoader[ChallengesAsked, dict[str, ChallengeStatus]]:
        rules, reading = self._program.rules, self._reading

        async def load(
            at: datetime, asked: list[ChallengesAsked]
        ) -> dict[ChallengesAsked, dict[str, ChallengeStatus]]:
            runs = runs_shown(rules, at)
            members = {each.member for each in asked}
            teams = await teams_of(reading, rules, members)
            named = set(teams.values())
            metrics = {each for one, run in runs for each in numbers_kept(one, run, named)}
            found = await reading.tallies(members, metrics) if metrics else {}
            keys = shared_keys(rules, at)
            shared = await reading.shared_numbers(keys) if keys else {}
            of_teams = runs_of_teams(rules, named, at)
            shared |= await numbers_of_teams(reading, of_teams)
            return {
                each: {
                    challenge.key: status_at(
                        challenge,
                        each.member,
                        found.get,
                        run=run,
                        at=at,
                        shared=shared,
                        team=teams.get(each.member),
                    )
                    for challenge, run in runs
                }
                for each in asked
            }

        return grouped(load, lambda asked: asked.at)

    @cached_property
    def participants(self) -> DataLoader[Board, int]:
        """How many take part: a statement for each board, however many members ask."""

        reading = self._reading

        async def load(boards: list[Board]) -> list[int]:
            return await asyncio.gather(*map(reading.participant_count, boards))

        return DataLoader(load_fn=load)

    @cached_property
    def team_numbers(self) -> DataLoader[TeamAsked, Mapping[str, int]]:
        """How teams stand to runs of challenges, as `challenges.together` asks for it."""

        rules, reading = self._program.rules, self._reading

        async def load(asked: list[TeamAsked]) -> list[Mapping[str, int]]:
            challenges = rules.challenges
            runs = [TeamRun(challenges[key], run, team) for key, run, team in asked]
            found = await numbers_of_teams(reading, runs)
            return [found for _ in asked]

        return DataLoader(load_fn=load)

    @cached_property
    def team_members(self) -> DataLoader[str, list[MemberId]]:
        """Who is in each team, the longest first."""

        reading = self._reading

        async def load(teams: list[str]) -> list[list[MemberId]]:
            found = await members_of(reading, teams)
            return [found[team] for team in teams]

        return DataLoader(load_fn=load)

    @cached_property
    def shares(self) -> DataLoader[SharesAsked, list[Standing]]:
        """What members have done for teams in runs of challenges, the most first."""

        rules, reading = self._program.rules, self._reading

        async def load(
            group: tuple[str, int], asked: list[SharesAsked]
        ) -> dict[SharesAsked, list[Standing]]:
            key, limit = group
            metric = rules.challenges[key].steps[0].metric
            windows = {run_of_team(each.run, each.team) for each in asked}
            found = await reading.standings_in_each(metric, windows, limit=limit)
            return {each: found[run_of_team(each.run, each.team)] for each in asked}

        return grouped(load, lambda asked: (asked.challenge, asked.limit))

    @cached_property
    def teams(self) -> DataLoader[TeamsAsked, list[TeamStanding]]:
        """How the teams of runs stand to each other: a statement for each run and page of it."""

        rules, reading = self._program.rules, self._reading

        async def load(asked: list[TeamsAsked]) -> list[list[TeamStanding]]:
            return await asyncio.gather(*map(partial(_teams, rules, reading), asked))

        return DataLoader(load_fn=load)


async def _teams(rules: CompiledProgram, reading: Reading, asked: TeamsAsked) -> list[TeamStanding]:
    challenge = rules.challenges[asked.challenge]
    board = TeamBoard(
        challenge.steps[0].metric,
        asked.run,
        best=challenge.best,
        is_mean=challenge.combine is Combine.MEAN,
    )
    return await reading.teams_ranked(board, after=asked.after, limit=asked.limit)
