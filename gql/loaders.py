"""Batch loaders: a page of fifty members with all they have costs a constant number of statements.

Each loader gathers what one tick of the event loop asks for, and reads it in one go. A set of
loaders lives as long as one answer: what loads does not refer to it, or the cycle would keep the
answer in memory until the collector comes.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from strawberry.dataloader import DataLoader

from gamification.ids import MemberId
from gamification.ports import Member
from gamification.program import Program
from gamification.progress import Progress
from gamification.ranks.asking import Ranks
from gamification.reading import Reading
from gamification.state import Account, AccountKey, AwardKey, Tally, TallyKey
from gamification.stored import AwardRow, BalanceAsked, RuleSum
from gamification.streaks import StreakStatus, status_at
from gamification.tier_steps import tallies_asked
from gamification.tiers import TierStatus
from gamification.tiers import status_at as status_of_tier
from gamification.use_cases.show_progress import progress_of_members
from gql.activities.loaders import ActivityLoaders
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
        self.activities = ActivityLoaders(reading)
        self.boards = BoardLoaders(program, reading, ranks)
        self.challenges = ChallengeLoaders(program, reading)
        self.leagues = LeagueLoaders(program, reading)

    # ------------------------------------------------------------------------------- members

    @cached_property
    def members(self) -> DataLoader[MemberId, Member | None]:
        reading = self._reading

        async def load(ids: list[MemberId]) -> list[Member | None]:
            found = await reading.members(ids)
            return [found.get(id) for id in ids]

        return DataLoader(load_fn=load)

    @cached_property
    def members_named(self) -> DataLoader[str, Member | None]:
        reading = self._reading

        async def load(names: list[str]) -> list[Member | None]:
            found = await reading.members_by_external_id(names)
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
        reading = self._reading

        async def load(members: list[MemberId]) -> list[dict[str, Account]]:
            found = await reading.accounts(members)
            by_member: dict[MemberId, dict[str, Account]] = {member: {} for member in members}
            for key, account in found.items():
                by_member[key.member][key.unit] = account
            return [by_member[member] for member in members]

        return DataLoader(load_fn=load)

    @cached_property
    def balances_at(self) -> DataLoader[BalanceAsked, int]:
        reading = self._reading

        async def load(asked: list[BalanceAsked]) -> list[int]:
            found = await reading.balances_at(asked)
            return [found.get(each, 0) for each in asked]

        return DataLoader(load_fn=load)

    @cached_property
    def awards(self) -> DataLoader[AwardsAsked, list[AwardRow]]:
        reading = self._reading

        async def load(
            group: tuple[frozenset[str] | None, int | None, int], asked: list[AwardsAsked]
        ) -> dict[AwardsAsked, list[AwardRow]]:
            badges, before, limit = group
            found = await reading.awards(
                [each.member for each in asked], badges=badges, before=before, limit=limit
            )
            return {each: found.get(each.member, []) for each in asked}

        return grouped(load, lambda asked: (asked.badges, asked.before, asked.limit))

    @cached_property
    def award_counts(self) -> DataLoader[AwardCountAsked, int]:
        reading = self._reading

        async def load(
            badges: frozenset[str] | None, asked: list[AwardCountAsked]
        ) -> dict[AwardCountAsked, int]:
            found = await reading.award_counts([each.member for each in asked], badges)
            return {each: found.get(each.member, 0) for each in asked}

        return grouped(load, lambda asked: asked.badges)

    @cached_property
    def awards_by_key(self) -> DataLoader[AwardKey, AwardRow | None]:
        reading = self._reading

        async def load(keys: list[AwardKey]) -> list[AwardRow | None]:
            found = await reading.awards_by_key(keys)
            return [found.get(key) for key in keys]

        return DataLoader(load_fn=load)

    @cached_property
    def holders(self) -> DataLoader[tuple[str, int], int]:
        reading = self._reading

        async def load(levels: list[tuple[str, int]]) -> list[int]:
            found = await reading.badge_holders({badge for badge, _ in levels})
            return [found.get(level, 0) for level in levels]

        return DataLoader(load_fn=load)

    @cached_property
    def progress(self) -> DataLoader[MemberId, list[Progress]]:
        rules, reading, at = self._program.rules, self._reading, self._at

        async def load(members: list[MemberId]) -> list[list[Progress]]:
            found = await progress_of_members(reading, rules, members, now=at)
            return [found[member] for member in members]

        return DataLoader(load_fn=load)

    @cached_property
    def streaks(self) -> DataLoader[MemberId, dict[str, StreakStatus]]:
        rules, reading, at = self._program.rules, self._reading, self._at

        async def load(members: list[MemberId]) -> list[dict[str, StreakStatus]]:
            metrics = [(metric, "") for each in rules.streaks.values() for metric in each.metrics]
            tallies = await reading.tallies(members, metrics) if metrics else {}
            return [
                {
                    key: status_at(streak, member, tallies.get, at=at, calendar=rules.calendar)
                    for key, streak in rules.streaks.items()
                }
                for member in members
            ]

        return DataLoader(load_fn=load)

    @cached_property
    def tallies(self) -> DataLoader[TallyKey, Tally | None]:
        reading = self._reading

        async def load(keys: list[TallyKey]) -> list[Tally | None]:
            found = await reading.tallies_by_key(keys)
            return [found.get(key) for key in keys]

        return DataLoader(load_fn=load)

    @cached_property
    def shared_numbers(self) -> DataLoader[str, int]:
        reading = self._reading

        async def load(keys: list[str]) -> list[int]:
            found = await reading.shared_numbers(keys)
            return [found[key] for key in keys]

        return DataLoader(load_fn=load)

    @cached_property
    def rule_sums(self) -> DataLoader[AccountKey, list[RuleSum]]:
        reading = self._reading

        async def load(accounts: list[AccountKey]) -> list[list[RuleSum]]:
            found = await reading.rule_sums(accounts)
            return [found[account] for account in accounts]

        return DataLoader(load_fn=load)

    @cached_property
    def tiers(self) -> DataLoader[MemberId, dict[str, TierStatus]]:
        rules, reading, at = self._program.rules, self._reading, self._at

        async def load(members: list[MemberId]) -> list[dict[str, TierStatus]]:
            calendar = rules.calendar
            asked = frozenset(
                asked
                for tier in rules.tiers.values()
                for asked in tallies_asked(tier, at, calendar)
            )
            found = await reading.tallies(members, asked) if asked else {}
            return [
                {
                    key: status_of_tier(tier, member, found.get, at=at, calendar=calendar)
                    for key, tier in rules.tiers.items()
                }
                for member in members
            ]

        return DataLoader(load_fn=load)


async def _awaited(of: Awaitable[Value]) -> Value:
    return await of
