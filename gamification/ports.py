"""What the use cases need of the outside world, as Protocols; `models` and `server` fulfil them.

A `Store` opens one transaction at a time (`Writing`), shows one moment (`Judging`), or reads
without a transaction (`Reading`). Two fulfilments exist: the tables in `models`, and the in-memory
twin in `gamification.twin`. One contract suite in `tests/store` holds both.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime
from typing import NamedTuple, Protocol

from gamification.facts import Activity, Order, Retraction, Scalar
from gamification.ids import MemberId, ProgramId
from gamification.imports import KnowingImports
from gamification.outcomes import Notice
from gamification.periods import ReadingPeriods, WritingPeriods
from gamification.ranks.asking import Ranking
from gamification.seats import ReadingSeats, WritingSeats
from gamification.state import (
    Account,
    AccountKey,
    Award,
    AwardKey,
    Entry,
    Tally,
    TallyKey,
    TallySpan,
)
from gamification.stored import (
    ActivityRow,
    ApiKey,
    AwardRow,
    BalanceAsked,
    Board,
    Committed,
    DefinitionVersion,
    DuePlace,
    EntryRow,
    Member,
    ProgramRecord,
    Ranked,
    RuleSum,
    Standing,
    SubjectBound,
    Totals,
)
from gamification.team_boards import ReadingTeams, TeamShares


class Judging(Protocol):
    """What is stored at one moment, as far as judging activities asks for it.

    Every method costs a constant number of statements, whatever the size of its argument.
    """

    async def members(self, ids: Collection[MemberId]) -> dict[MemberId, Member]: ...

    async def members_by_external_id(self, external_ids: Collection[str]) -> dict[str, Member]: ...

    async def activities(self, keys: Collection[str]) -> dict[str, Activity]:
        """The stored activities with these keys, as they were recorded (not reduced)."""
        ...

    async def retractions(
        self, activity_keys: Collection[str]
    ) -> dict[str, tuple[Retraction, ...]]:
        """The retractions of these activities, in the order of their keys."""
        ...

    async def tallies(
        self, keys: Collection[TallyKey], spans: Collection[TallySpan]
    ) -> dict[TallyKey, Tally]: ...

    async def accounts(self, keys: Collection[AccountKey]) -> dict[AccountKey, Account]: ...

    async def awards(self, keys: Collection[AwardKey]) -> dict[AwardKey, Award]: ...

    async def shared_numbers(self, keys: Collection[str]) -> dict[str, int]:
        """The numbers that the program's members share, by key; 0 where there is none."""
        ...

    async def history(self, member: MemberId) -> list[tuple[Activity, tuple[Retraction, ...]]]:
        """All activities of a member in order, each with its retractions."""
        ...

    async def totals(self, member: MemberId) -> Totals:
        """All that is derived for a member, as it is stored."""
        ...


class Writing(Judging, WritingPeriods, WritingSeats, TeamShares, KnowingImports, Protocol):
    """One transaction on one program. Leaving it normally commits; an exception rolls back."""

    async def lock_members(self, external_ids: Collection[str], now: datetime) -> dict[str, Member]:
        """Register those that are new (`registered_at` = now), lock all rows in the order of
        their ids until the end of the transaction, and return them by external id."""
        ...

    async def unregister(self, *, but: Collection[MemberId]) -> None:
        """Take back whom this transaction has registered, those in `but` excepted: nothing was
        accepted of them. They must have nothing written yet."""
        ...

    async def alone(self) -> None:
        """Wait until no other transaction of the program is writing, and keep others out until
        the end. For what must not be missed by a transaction under way: a new version of the
        rules, a retraction of an activity that has not arrived."""
        ...

    async def lock_members_by_id(self, ids: Collection[MemberId]) -> dict[MemberId, Member]:
        """Lock existing members in the order of their ids."""
        ...

    async def lock_shared(self, keys: Collection[str]) -> dict[str, int]:
        """Lock shared numbers in the order of their keys until the end of the transaction, and
        return them by key; one that is new begins with 0.

        For what members draw on or add to together. Asked once, for all that the transaction may
        move, and after the members are locked: else two transactions could wait for each other.
        """
        ...

    async def standings(
        self, board: Board, *, after: Standing | None, limit: int
    ) -> list[Standing]:
        """The next standings in the board's order after the given one (None: from the top)."""
        ...

    async def standings_of(
        self, board: Board, members: Collection[MemberId]
    ) -> dict[MemberId, Standing]: ...

    async def activities_from(self, source: str) -> list[Activity]:
        """The stored activities of one source, by key; at most 1,000."""
        ...

    async def add_activities(self, activities: Sequence[Activity]) -> None:
        """Append. Raises `KeyTaken` when another transaction stored one of the keys meanwhile."""
        ...

    async def add_retractions(self, retractions: Sequence[Retraction]) -> None:
        """Append; a retraction whose key is stored already is left out."""
        ...

    async def put_tallies(self, tallies: Sequence[Ranked]) -> None:
        """Insert or replace; a tally with no touches is deleted."""
        ...

    async def delete_tallies(self, keys: Collection[TallyKey]) -> None: ...

    async def granted_by(self, rule: str, unit: str) -> int:
        """What the entries of one rule come to in all, in one unit."""
        ...

    async def put_accounts(self, accounts: Mapping[AccountKey, Account]) -> None: ...

    async def put_due(self, due: Mapping[AccountKey, datetime | None]) -> None:
        """Note when a duty has to look at these accounts, which exist; None: not any more."""
        ...

    async def put_shared(self, numbers: Mapping[str, int]) -> None:
        """Insert or replace shared numbers, which must be locked."""
        ...

    async def add_entries(self, entries: Sequence[tuple[Entry, int]]) -> None:
        """Append ledger entries, each with the balance of its account after it."""
        ...

    async def add_awards(self, awards: Sequence[Award]) -> None:
        """Insert, or replace where the key exists (its evidence changed with history)."""
        ...

    async def delete_awards(self, keys: Collection[AwardKey]) -> None: ...

    async def add_notices(self, notices: Sequence[Notice]) -> list[Notice]:
        """Append, and return them with their ids (the ids passed in are ignored).

        Left out are those with a `once` that the member was told before.
        """
        ...

    async def put_last(self, last: Mapping[MemberId, Order]) -> None:
        """Move the place of the members' latest fact."""
        ...

    async def update_member(
        self,
        member: MemberId,
        *,
        display_name: str | None,
        attributes: Mapping[str, Scalar],
    ) -> None: ...

    async def set_ranked(self, member: MemberId | None, ranked: Mapping[str, bool]) -> None:
        """Put the tallies of each metric on their boards (True) or off (False): those of one
        member, or of all members of the program (None)."""
        ...

    async def add_version(self, version: DefinitionVersion) -> None: ...


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


class Auditing(Protocol):
    """Streams over a whole program for the auditor, in order, with bounded memory."""

    def members(self) -> AsyncIterator[list[Member]]:
        """All members by id, in pages whose histories together stay below some 20,000 facts."""
        ...

    async def fact_counts(self, ids: Sequence[MemberId]) -> dict[MemberId, int]:
        """How long each member's history is."""
        ...

    async def histories(
        self, ids: Sequence[MemberId]
    ) -> dict[MemberId, list[tuple[Activity, tuple[Retraction, ...]]]]: ...

    async def totals(self, ids: Sequence[MemberId]) -> dict[MemberId, Totals]: ...

    async def shared_numbers(self) -> dict[str, int]:
        """All numbers that the program's members share."""
        ...

    async def granted_by(self, rule: str, unit: str) -> int:
        """What the entries of one rule come to in all, in one unit."""
        ...

    async def orphans(self) -> list[str]:
        """What no member's audit sees: rows that belong to no member, in words."""
        ...


Watcher = Callable[[Committed], None]
"""Hears of a commit. It may not wait, and may not fail."""


class Store(Protocol):
    """The stored state of all programs."""

    def writing(self, program: ProgramRecord) -> AbstractAsyncContextManager[Writing]:
        """A transaction. One that wrote something gives the program its next data version."""
        ...

    def watch(self, watcher: Watcher) -> None:
        """Tell of every transaction that is committed here from now on, right after its commit,
        in the order of the versions except while many commit at once."""
        ...

    def judging(self, program: ProgramRecord) -> AbstractAsyncContextManager[Judging]:
        """One moment of a program: what others commit meanwhile is not seen, and nothing can be
        written."""
        ...

    def reading(self, program: ProgramRecord) -> Reading: ...

    def auditing(self, program: ProgramRecord) -> Auditing: ...

    async def programs(self) -> list[ProgramRecord]: ...

    async def program(self, key: str) -> ProgramRecord | None: ...

    async def program_by_id(self, id: ProgramId) -> ProgramRecord | None: ...

    async def data_versions(self, programs: Collection[ProgramId]) -> dict[ProgramId, int]:
        """The programs' data versions: 0 at first, and one more after each transaction that wrote
        something, whichever process committed it. Reads that follow see at least as much."""
        ...

    async def create_program(self, key: str, first: DefinitionVersion) -> ProgramRecord:
        """Raises `ProgramExists` when the key is taken."""
        ...

    async def add_api_key(
        self, program: ProgramId, *, name: str, digest: bytes, scopes: Iterable[str], now: datetime
    ) -> ApiKey: ...

    async def api_key(self, digest: bytes) -> ApiKey | None: ...

    async def api_keys(self, program: ProgramId) -> list[ApiKey]: ...

    async def revoke_api_key(self, program: ProgramId, id: int) -> bool: ...

    async def take_lease(self, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """Hold what one holder at a time may hold, or go on holding it, until a time.

        False, and nothing changed, while somebody else holds it.
        """
        ...

    async def give_back_lease(self, name: str, holder: str) -> None:
        """Let the next one have it now; nothing if the holder does not hold it."""
        ...

    async def drop_expired_leases(self, *, now: datetime) -> None:
        """Forget leases that their holders have not renewed in time: they have died."""
        ...

    async def ping(self) -> None:
        """Raise when the database does not answer."""
        ...


class Contended(Exception):
    """Another transaction was in the way, and nothing was written: run the use case again."""


class KeyTaken(Contended):
    """An activity's key, or a definition's version, was stored by another transaction meanwhile."""


class ProgramExists(Exception):
    """The program's key is taken."""


class Changes(NamedTuple):
    """What one committed transaction changed: published to the live hub after the commit.

    `in_doubt`: perhaps more has changed than is said, and who listens has to look.
    """

    program: ProgramId
    members: frozenset[MemberId]
    boards: frozenset[str]
    notices: tuple[Notice, ...]
    in_doubt: bool = False


class Bus(Protocol):
    """Carries changes to subscribers. Publishing never fails and never waits."""

    def publish(self, changes: Changes) -> None:
        """Tell what a transaction has changed: at once after its commit, without waiting for
        anything between. A commit that nothing is published of leaves subscribers in doubt."""
        ...


class Listener(Protocol):
    """One subscriber's ear on the hub. It never holds more than one merged change."""

    async def changed(self) -> Changes:
        """Wait until something that is listened to has changed; then all changes since the last
        call, merged (the latest 100 notices of them). Changes without anything: it was woken."""
        ...

    @property
    def is_awake(self) -> bool:
        """Whether `changed` would return at once."""
        ...

    @property
    def changed_at(self) -> float | None:
        """When the first of the changes was committed that `changed` returned last, on the clock of
        the event loop; None if it was only woken, or only knows that it may have missed some."""
        ...

    def wake(self) -> None:
        """Let `changed` return without a change."""
        ...


class Hub(Bus, Protocol):
    """Carries changes from commits to the subscribers of this process."""

    def listen(
        self,
        program: ProgramId,
        *,
        member: MemberId | None = None,
        board: str | None = None,
        feed: bool = False,
    ) -> AbstractContextManager[Listener]:
        """Hear of a member, of a leaderboard, or (`feed`) of public notices."""
        ...
