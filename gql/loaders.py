"""Batch loaders: a page of fifty members with all they have costs a constant number of statements.

Each loader gathers what one tick of the event loop asks for, and reads it in one go. A set of
loaders lives as long as one answer.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from strawberry.dataloader import DataLoader

from gamification.commands import CommandType
from gamification.ids import MemberId
from gamification.ports import (
    ActivityRow,
    AwardRow,
    BalanceAsked,
    EntryRow,
    Member,
    Reading,
    RuleSum,
)
from gamification.program import Program
from gamification.progress import Progress
from gamification.ranks.asking import Ranks
from gamification.state import Account, AccountKey, AwardKey, Tally, TallyKey
from gamification.streaks import StreakStatus, status_at
from gamification.tier_steps import tallies_asked
from gamification.tiers import TierStatus
from gamification.tiers import status_at as status_of_tier
from gamification.use_cases.show_progress import progress_of_members
from gql.asked import AwardCountAsked, AwardsAsked
from gql.batching import grouped
from gql.challenges.loaders import ChallengeLoaders
from gql.leaderboards.loaders import BoardLoaders
from gql.leaderboards.with_members import RankingWithMembers
from gql.leagues.loaders import LeagueLoaders

Value = TypeVar("Value")


class Loaders:
    """The loaders of one answer, about the moment `at`; those of some kinds of rules are in files
    of their own."""

    def __init__(self, program: Program, reading: Reading, ranks: Ranks, *, at: datetime) -> None:
        self._program = program
        self._reading = reading
        self._at = at
        self._ranked: dict[MemberId, Member] = {}
        self.boards = BoardLoaders(program, reading, ranks)
        self.challenges = ChallengeLoaders(program, reading)
        self.leagues = LeagueLoaders(program, reading)

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
    def ranking(self) -> RankingWithMembers:
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

        return grouped(load, lambda asked: (asked.badges, asked.before, asked.limit))

    @cached_property
    def award_counts(self) -> DataLoader[AwardCountAsked, int]:
        async def load(
            badges: frozenset[str] | None, asked: list[AwardCountAsked]
        ) -> dict[AwardCountAsked, int]:
            found = await self._reading.award_counts([each.member for each in asked], badges)
            return {each: found.get(each.member, 0) for each in asked}

        return grouped(load, lambda asked: asked.badges)

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

    # ---------------------------------------------------------------------------- activities

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


async def _awaited(of: Awaitable[Value]) -> Value:
    return await of
