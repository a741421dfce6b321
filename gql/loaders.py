"""Batch loaders: a page of fifty members with all they have costs a constant number of statements.

Each loader gathers what one tick of the event loop asks for, and reads it in one go. A set of
loaders lives as long as one answer.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from strawberry.dataloader import DataLoader

from gamification.challenges import ChallengeStatus, numbers_kept, runs_shown, shared_keys
from gamification.challenges import status_at as status_of_challenge
from gamification.commands import CommandType
from gamification.ids import MemberId
from gamification.periods import FinalPeriod, PeriodKey
from gamification.places import Place
from gamification.ports import (
    ActivityRow,
    Ahead,
    AwardRow,
    BalanceAsked,
    Board,
    EntryRow,
    Member,
    Reading,
    RuleSum,
    Standing,
)
from gamification.program import Program
from gamification.progress import Progress
from gamification.seats import Seat
from gamification.state import Account, AccountKey, AwardKey, Tally, TallyKey
from gamification.streaks import StreakStatus, status_at
from gamification.tier_steps import tallies_asked
from gamification.tiers import TierStatus
from gamification.tiers import status_at as status_of_tier
from gamification.use_cases import rank
from gamification.use_cases.combining import (
    TeamRun,
    members_of,
    numbers_of_teams,
    runs_of_teams,
    teams_of,
)
from gamification.use_cases.play_league import places_in_cohort
from gamification.use_cases.show_progress import progress_of_members
from gql.asked import (
    AheadAsked,
    AwardCountAsked,
    AwardsAsked,
    ChallengesAsked,
    CohortAsked,
    FinalPlaceAsked,
    LevelAsked,
    PlaceAsked,
    ScoreAsked,
    SeatAsked,
    TeamAsked,
)

Key = TypeVar("Key", bound=Hashable)
Group = TypeVar("Group", bound=Hashable)
Value = TypeVar("Value")


class Loaders:
    """The loaders of one answer, about the moment `at`."""

    def __init__(self, program: Program, reading: Reading, *, at: datetime) -> None:
        self._program = program
        self._reading = reading
        self._at = at
        self._ranked: dict[MemberId, Member] = {}

    # ------------------------------------------------------------------------------- members

    @cached_property
    def members(self) -> DataLoader[MemberId, Member | None]:
        async def load(ids: list[MemberId]) -> list[Member | None]:
            found = await self._reading.members(ids)
            return [found.get(id) for id in ids]

        return DataLoader(load_fn=load)

    @cached_property
    def members_named(self) -> DataLoader[str, Member | None]:
        async def load(names: list[str]) -> list[Member | None]:
            found = await self._reading.members_by_external_id(names)
            return [found.get(name) for name in names]

        return DataLoader(load_fn=load)

    async def member(self, id: MemberId) -> Member:
        """A member that something stored refers to."""
        found = await self.members.load(id)
        assert found is not None, f"member {id} is referred to, and does not exist"
        return found

    async def members_listed(self, ids: Sequence[MemberId]) -> list[Member]:
        """The members of one list, in its order. A list is a batch already."""
        missing = [id for id in ids if id not in self._ranked]
        if len(missing) == 1:
            found = {missing[0]: await self.member(missing[0])}
        else:
            found = await self._reading.members(missing) if missing else {}
        known = self._ranked | found
        return [known[id] for id in ids]

    @cached_property
    def ranking(self) -> "RankingWithMembers":
        """Reads boards, for who will list their members next."""
        return RankingWithMembers(self._reading, self._ranked)

    @cached_property
    def member_count(self) -> Awaitable[int]:
        return asyncio.ensure_future(_awaited(self._reading.member_count()))

    # --------------------------------------------------------------- what members have earned

    @cached_property
    def accounts(self) -> DataLoader[MemberId, dict[str, Account]]:
        async def load(members: list[MemberId]) -> list[dict[str, Account]]:
            found = await self._reading.accounts(members)
            by_member: dict[MemberId, dict[str, Account]] = {member: {} for member in members}
            for key, account in found.items():
                by_member[key.member][key.unit] = account
            return [by_member[member] for member in members]

        return DataLoader(load_fn=load)

    @cached_property
    def balances_at(self) -> DataLoader[BalanceAsked, int]:
        async def load(asked: list[BalanceAsked]) -> list[int]:
            found = await self._reading.balances_at(asked)
            return [found.get(each, 0) for each in asked]

        return DataLoader(load_fn=load)

    @cached_property
    def awards(self) -> DataLoader[AwardsAsked, list[AwardRow]]:
        async def load(
            group: tuple[frozenset[str] | None, int | None, int], asked: list[AwardsAsked]
        ) -> dict[AwardsAsked, list[AwardRow]]:
            badges, before, limit = group
            found = await self._reading.awards(
                [each.member for each in asked], badges=badges, before=before, limit=limit
            )
            return {each: found.get(each.member, []) for each in asked}

        return _grouped(load, lambda asked: (asked.badges, asked.before, asked.limit))

    @cached_property
    def award_counts(self) -> DataLoader[AwardCountAsked, int]:
        async def load(
            badges: frozenset[str] | None, asked: list[AwardCountAsked]
        ) -> dict[AwardCountAsked, int]:
            found = await self._reading.award_counts([each.member for each in asked], badges)
            return {each: found.get(each.member, 0) for each in asked}

        return _grouped(load, lambda asked: asked.badges)

    @cached_property
    def awards_by_key(self) -> DataLoader[AwardKey, AwardRow | None]:
        async def load(keys: list[AwardKey]) -> list[AwardRow | None]:
            found = await self._reading.awards_by_key(keys)
            return [found.get(key) for key in keys]

        return DataLoader(load_fn=load)

    @cached_property
    def holders(self) -> DataLoader[tuple[str, int], int]:
        async def load(levels: list[tuple[str, int]]) -> list[int]:
            found = await self._reading.badge_holders({badge for badge, _ in levels})
            return [found.get(level, 0) for level in levels]

        return DataLoader(load_fn=load)

    @cached_property
    def progress(self) -> DataLoader[MemberId, list[Progress]]:
        async def load(members: list[MemberId]) -> list[list[Progress]]:
            found = await progress_of_members(
                self._reading, self._program.rules, members, now=self._at
            )
            return [found[member] for member in members]

        return DataLoader(load_fn=load)

    @cached_property
    def streaks(self) -> DataLoader[MemberId, dict[str, StreakStatus]]:
        async def load(members: list[MemberId]) -> list[dict[str, StreakStatus]]:
            rules = self._program.rules
            metrics = [(metric, "") for each in rules.streaks.values() for metric in each.metrics]
            tallies = await self._reading.tallies(members, metrics) if metrics else {}
            return [
                {
                    key: status_at(
                        streak, member, tallies.get, at=self._at, calendar=rules.calendar
                    )
                    for key, streak in rules.streaks.items()
                }
                for member in members
            ]

        return DataLoader(load_fn=load)

    @cached_property
    def tallies(self) -> DataLoader[TallyKey, Tally | None]:
        async def load(keys: list[TallyKey]) -> list[Tally | None]:
            found = await self._reading.tallies_by_key(keys)
            return [found.get(key) for key in keys]

        return DataLoader(load_fn=load)

    @cached_property
    def shared_numbers(self) -> DataLoader[str, int]:
        async def load(keys: list[str]) -> list[int]:
            found = await self._reading.shared_numbers(keys)
            return [found[key] for key in keys]

        return DataLoader(load_fn=load)

    @cached_property
    def participants(self) -> DataLoader[Board, int]:
        """How many take part: a statement for each board, however many members ask."""

        async def load(boards: list[Board]) -> list[int]:
            return await asyncio.gather(*map(self._reading.participant_count, boards))

        return DataLoader(load_fn=load)

    @cached_property
    def team_numbers(self) -> DataLoader[TeamAsked, Mapping[str, int]]:
        """How teams stand to runs of challenges, as `challenges.together` asks for it."""

        async def load(asked: list[TeamAsked]) -> list[Mapping[str, int]]:
            challenges = self._program.rules.challenges
            runs = [TeamRun(challenges[key], run, team) for key, run, team in asked]
            found = await numbers_of_teams(self._reading, runs)
            return [found for _ in asked]

        return DataLoader(load_fn=load)

    @cached_property
    def team_members(self) -> DataLoader[str, list[MemberId]]:
        """Who is in each team: a statement for each."""

        async def load(teams: list[str]) -> list[list[MemberId]]:
            return await asyncio.gather(*(members_of(self._reading, team) for team in teams))

        return DataLoader(load_fn=load)

    @cached_property
    def rule_sums(self) -> DataLoader[AccountKey, list[RuleSum]]:
        async def load(accounts: list[AccountKey]) -> list[list[RuleSum]]:
            found = await self._reading.rule_sums(accounts)
            return [found[account] for account in accounts]

        return DataLoader(load_fn=load)

    @cached_property
    def tiers(self) -> DataLoader[MemberId, dict[str, TierStatus]]:
        async def load(members: list[MemberId]) -> list[dict[str, TierStatus]]:
            rules, at = self._program.rules, self._at
            calendar = rules.calendar
            asked = frozenset(
                asked
                for tier in rules.tiers.values()
                for asked in tallies_asked(tier, at, calendar)
            )
            found = await self._reading.tallies(members, asked) if asked else {}
            return [
                {
                    key: status_of_tier(tier, member, found.get, at=at, calendar=calendar)
                    for key, tier in rules.tiers.items()
                }
                for member in members
            ]

        return DataLoader(load_fn=load)

    @cached_property
    def challenges(self) -> DataLoader[ChallengesAsked, dict[str, ChallengeStatus]]:
        async def load(
            at: datetime, asked: list[ChallengesAsked]
        ) -> dict[ChallengesAsked, dict[str, ChallengeStatus]]:
            runs = runs_shown(self._program.rules, at)
            members = {each.member for each in asked}
            teams = await teams_of(self._reading, self._program.rules, members)
            named = set(teams.values())
            metrics = {each for one, run in runs for each in numbers_kept(one, run, named)}
            found = await self._reading.tallies(members, metrics) if metrics else {}
            keys = shared_keys(self._program.rules, at)
            shared = await self._reading.shared_numbers(keys) if keys else {}
            of_teams = runs_of_teams(self._program.rules, named, at)
            shared |= await numbers_of_teams(self._reading, of_teams)
            return {
                each: {
                    challenge.key: status_of_challenge(
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

        return _grouped(load, lambda asked: asked.at)

    # ------------------------------------------------------------------- activities and boards

    @cached_property
    def activities(self) -> DataLoader[str, ActivityRow | None]:
        async def load(keys: list[str]) -> list[ActivityRow | None]:
            found = await self._reading.activities_by_key(keys)
            return [found.get(key) for key in keys]

        return DataLoader(load_fn=load)

    @cached_property
    def awards_of_activities(self) -> DataLoader[str, list[AwardRow]]:
        async def load(keys: list[str]) -> list[list[AwardRow]]:
            found = await self._reading.awards_of_activities(keys)
            return [found[key] for key in keys]

        return DataLoader(load_fn=load)

    @cached_property
    def entries_of_activities(self) -> DataLoader[str, list[EntryRow]]:
        async def load(keys: list[str]) -> list[list[EntryRow]]:
            found = await self._reading.entries_of_activities(keys)
            return [found[key] for key in keys]

        return DataLoader(load_fn=load)

    @cached_property
    def attribute_changes(self) -> DataLoader[MemberId, list[ActivityRow]]:
        """The facts that tell what was known of each member when."""

        async def load(members: list[MemberId]) -> list[list[ActivityRow]]:
            found = await self._reading.facts_of_type(members, CommandType.MEMBER_CHANGED.value)
            return [found[member] for member in members]

        return DataLoader(load_fn=load)

    @cached_property
    def places(self) -> DataLoader[PlaceAsked, Place | None]:
        async def load(
            group: tuple[str, tuple[str, ...]], asked: list[PlaceAsked]
        ) -> dict[PlaceAsked, Place | None]:
            key, windows = group
            board = self._program.rules.boards[key]
            members = {each.member for each in asked}
            found = await rank.places_of(self._reading, board, windows, members)
            return {each: found.get(each.member) for each in asked}

        return _grouped(load, lambda asked: (asked.board, asked.windows))

    @cached_property
    def final_periods(self) -> DataLoader[PeriodKey, FinalPeriod | None]:
        async def load(keys: list[PeriodKey]) -> list[FinalPeriod | None]:
            found = await self._reading.periods(keys)
            return [found.get(key) for key in keys]

        return DataLoader(load_fn=load)

    @cached_property
    def final_places(self) -> DataLoader[FinalPlaceAsked, Place | None]:
        async def load(
            period: PeriodKey, asked: list[FinalPlaceAsked]
        ) -> dict[FinalPlaceAsked, Place | None]:
            members = {each.member for each in asked}
            found = await self._reading.final_places_of(period, members)
            return {each: found.get(each.member) for each in asked}

        return _grouped(load, lambda asked: asked.period)

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
    def league_levels(self) -> DataLoader[LevelAsked, int | None]:
        async def load(asked: list[LevelAsked]) -> list[int | None]:
            leagues, members = {each.league for each in asked}, {each.member for each in asked}
            found = await self._reading.league_levels(leagues, members)
            return [found.get((each.league, each.member)) for each in asked]

        return DataLoader(load_fn=load)

    @cached_property
    def ahead(self) -> DataLoader[AheadAsked, Ahead]:
        async def load(
            group: tuple[str, tuple[str, ...]], asked: list[AheadAsked]
        ) -> dict[AheadAsked, Ahead]:
            key, windows = group
            board = Board(self._program.rules.boards[key].metric, windows)
            found = await self._reading.ahead(board, [each.standing for each in asked])
            return dict(zip(asked, found, strict=True))

        return _grouped(load, lambda asked: (asked.board, asked.windows))

    @cached_property
    def scores_above(self) -> DataLoader[ScoreAsked, int | None]:
        async def load(
            group: tuple[str, tuple[str, ...]], asked: list[ScoreAsked]
        ) -> dict[ScoreAsked, int | None]:
            key, windows = group
            board = Board(self._program.rules.boards[key].metric, windows)
            found = await self._reading.scores_above(board, {each.score for each in asked})
            return {each: found.get(each.score) for each in asked}

        return _grouped(load, lambda asked: (asked.board, asked.windows))


class RankingWithMembers:
    """Reads rows of boards with their members, in the one statement; those go to `members`."""

    def __init__(self, reading: Reading, members: dict[MemberId, Member]) -> None:
        self._reading = reading
        self._members = members

    async def standings(
        self, board: Board, *, after: Standing | None, limit: int
    ) -> list[Standing]:
        found, members = await self._reading.standings_with_members(board, after=after, limit=limit)
        self._members.update(members)
        return found

    async def standing_at(self, board: Board, position: int) -> Standing | None:
        return await self._reading.standing_at(board, position)

    async def ahead(self, board: Board, standings: Sequence[Standing]) -> list[Ahead]:
        return await self._reading.ahead(board, standings)


def _grouped(
    load: Callable[[Group, list[Key]], Awaitable[Mapping[Key, Value]]],
    group_of: Callable[[Key], Group],
) -> DataLoader[Key, Value]:
    """A loader that reads once for each group of keys: keys that differ in no argument."""

    async def load_all(keys: list[Key]) -> list[Value]:
        groups: dict[Group, list[Key]] = defaultdict(list)
        for key in keys:
            groups[group_of(key)].append(key)
        found: dict[Key, Value] = {}
        for each in await asyncio.gather(*(load(group, asked) for group, asked in groups.items())):
            found.update(each)
        return [found[key] for key in keys]

    return DataLoader(load_fn=load_all)


async def _awaited(of: Awaitable[Value]) -> Value:
    return await of
