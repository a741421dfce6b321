"""What queries ask of a store; `models` and the twin fulfil it."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from gamification.facts import Order
from gamification.ids import MemberId
from gamification.imports import KnowingImports
from gamification.outcomes import Notice
from gamification.periods import ReadingPeriods
from gamification.ranks.asking import Ranking
from gamification.seats import ReadingSeats
from gamification.state import (
    Account,
    AccountKey,
    AwardKey,
    Tally,
    TallyKey,
)
from gamification.stored import (
    ActivityRow,
    AwardRow,
    BalanceAsked,
    Board,
    DuePlace,
    EntryRow,
    Member,
    RuleSum,
    Standing,
    SubjectBound,
)
from gamification.team_boards import ReadingTeams


class Reading(Ranking, ReadingPeriods, ReadingSeats, ReadingTeams, KnowingImports, Protocol):
    """Reads of one program outside any transaction. Each method is one statement."""

    async def members(self, ids: Collection[MemberId]) -> dict[MemberId, Member]: ...

    async def members_by_external_id(self, external_ids: Collection[str]) -> dict[str, Member]: ...

    async def member_page(self, *, after: str | None, limit: int) -> list[Member]:
        """Members in the order of their external ids, after the given one."""
        ...

    async def member_count(self) -> int: ...

    async def tallies(
        self, members: Collection[MemberId], metrics: Collection[tuple[str, str]]
    ) -> dict[TallyKey, Tally]:
        """The members' tallies without a subject, for pairs of (metric, window)."""
        ...

    async def subjects_below(
        self, members: Collection[MemberId], bounds: Collection[SubjectBound], *, limit: int
    ) -> dict[TallyKey, Tally]:
        """For each member and bound, the subjects' tallies with the highest values below it.

        At most `limit` each; among equal values the subjects come in alphabetical order.
        """
        ...

    async def tallies_by_key(self, keys: Collection[TallyKey]) -> dict[TallyKey, Tally]: ...

    async def accounts(self, members: Collection[MemberId]) -> dict[AccountKey, Account]: ...

    async def shared_numbers(self, keys: Collection[str]) -> dict[str, int]:
        """The numbers that the program's members share, by key; 0 where there is none."""
        ...

    async def awards(
        self,
        members: Collection[MemberId],
        *,
        badges: Collection[str] | None,
        before: int | None,
        limit: int,
    ) -> dict[MemberId, list[AwardRow]]:
        """Each member's newest awards with id < `before`, at most `limit` each: of these badges,
        by their keys (for challenges, "challenge:KEY"), or of all badges (None)."""
        ...

    async def award_counts(
        self, members: Collection[MemberId], badges: Collection[str] | None
    ) -> dict[MemberId, int]: ...

    async def earned(
        self, members: Collection[MemberId], badges: Collection[str]
    ) -> dict[AwardKey, datetime]:
        """When the members earned what they hold of these badges."""
        ...

    async def awards_by_id(self, ids: Collection[int]) -> dict[int, AwardRow]: ...

    async def awards_by_key(self, keys: Collection[AwardKey]) -> dict[AwardKey, AwardRow]: ...

    async def awards_of_activities(self, keys: Collection[str]) -> dict[str, list[AwardRow]]:
        """The awards that each activity completed, oldest first; [] where it completed none."""
        ...

    async def badge_holders(self, badges: Collection[str]) -> dict[tuple[str, int], int]:
        """How many members hold each (badge, level)."""
        ...

    async def entries(
        self, member: MemberId, unit: str, *, before: int | None, limit: int
    ) -> list[EntryRow]:
        """An account's newest entries with id < `before`."""
        ...

    async def entries_of_activities(self, keys: Collection[str]) -> dict[str, list[EntryRow]]:
        """The entries that each activity caused, oldest first; [] where it caused none."""
        ...

    async def rule_sums(self, accounts: Collection[AccountKey]) -> dict[AccountKey, list[RuleSum]]:
        """What each rule has entered in each account, by the rules' names; [] for no entries."""
        ...

    async def activity_page(
        self,
        member: MemberId,
        *,
        before: Order | None,
        limit: int,
        types: Collection[str] | None = None,
    ) -> list[ActivityRow]:
        """A member's latest activities before the given place in their order, of these types
        (None: of all)."""
        ...

    async def activities_by_key(self, keys: Collection[str]) -> dict[str, ActivityRow]: ...

    async def facts_of_type(
        self, members: Collection[MemberId], fact_type: str
    ) -> dict[MemberId, list[ActivityRow]]:
        """Each member's activities or commands of one type, in order; [] where there are none."""
        ...

    async def standings_with_members(
        self, board: Board, *, after: Standing | None, limit: int
    ) -> tuple[list[Standing], dict[MemberId, Member]]:
        """As `standings`, and who they are."""
        ...

    async def scores_above(self, board: Board, scores: Collection[int]) -> dict[int, int]:
        """For each score the lowest one that is higher, where anybody has such a score."""
        ...

    async def windows(self, metric: str, *, limit: int, before: str | None) -> list[str]:
        """The windows a ranked metric has tallies in, latest key first, below `before`."""
        ...

    async def due_accounts(
        self, now: datetime, *, after: DuePlace | None, limit: int
    ) -> list[DuePlace]:
        """The accounts that a duty has to look at by now, after the given place."""
        ...

    async def balances_at(self, asked: Collection[BalanceAsked]) -> dict[BalanceAsked, int]:
        """The sum of what each account's ledger says of the time up to a moment, that moment and
        the opening included; nothing of accounts without entries."""
        ...

    async def notices_after(
        self, after: int, *, member: MemberId | None, public_only: bool, limit: int
    ) -> list[Notice]:
        """Notices with id > after, oldest first."""
        ...

    async def latest_notice_id(self) -> int: ...
