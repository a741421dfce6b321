"""What the use cases need of a database, as Protocols; `models` fulfils them.

A `Store` opens one transaction at a time (`Writing`), shows one moment (`Judging`), reads without a
transaction (`Reading`, in reading.py), or is audited (`Auditing`, in auditing.py). Two fulfilments
exist: the tables in `models`, and the in-memory twin in `gamification.twin`. One contract suite in
`tests/store` holds both.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from gamification.auditing import Auditing
from gamification.facts import Activity, Order, Retraction, Scalar
from gamification.ids import MemberId, ProgramId
from gamification.imports import KnowingImports
from gamification.outcomes import Notice
from gamification.periods import WritingPeriods
from gamification.reading import Reading
from gamification.seats import WritingSeats
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
    ApiKey,
    Board,
    Committed,
    DefinitionVersion,
    Member,
    ProgramRecord,
    Ranked,
    Standing,
    Totals,
)
from gamification.team_boards import TeamShares


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
