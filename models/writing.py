"""Without this adapter the use cases could change nothing: one transaction, behind its port."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from gamification.facts import Activity, Order, Retraction, Scalar
from gamification.ids import MemberId
from gamification.imports import leases_of_imports
from gamification.outcomes import Notice
from gamification.periods import FinalPeriod, PeriodKey
from gamification.places import Place, Ties
from gamification.ports import (
    Board,
    Committed,
    DefinitionVersion,
    Member,
    ProgramRecord,
    Ranked,
    Standing,
)
from gamification.seats import Cohort, LeagueRun, Newcomer, Seat
from gamification.state import (
    Account,
    AccountKey,
    Award,
    AwardKey,
    Entry,
    TallyKey,
)
from models import (
    announcing,
    awarding,
    boards,
    facts,
    leases,
    ledger_book,
    members,
    numbers,
    periods,
    programs,
    sharing,
    team_boards,
)
from models import seats as seat_rows
from models.judging import SqlJudging
from models.session import Scope, Transaction


class SqlWriting(SqlJudging):
    """Fulfils `gamification.ports.Writing`.

    The core names activities by key, the tables by row id: the ids met in the transaction are
    remembered, for the entries and awards written after; and so are the members it registered.
    """

    def __init__(
        self,
        transaction: Transaction,
        program: ProgramRecord,
        *,
        is_shared: bool,
        is_watched: bool = False,
    ) -> None:
        super().__init__(Scope(transaction, program.id))
        self._tallies: dict[TallyKey, Ranked | None] | None = {} if is_watched else None
        self._moves_boards = False
        self._transaction = transaction
        self._program_key = program.key
        self._is_shared = is_shared
        self._registered: set[MemberId] = set()

    async def lock_members(self, external_ids: Collection[str], now: datetime) -> dict[str, Member]:
        found, registered = await members.register_and_lock(
            self._scope, self._program_key, external_ids, now=now, is_shared=self._is_shared
        )
        self._registered |= registered
        return found

    async def unregister(self, *, but: Collection[MemberId]) -> None:
        if gone := self._registered.difference(but):
            await members.unregister(self._scope, gone)
            self._registered -= gone

    async def alone(self) -> None:
        await self._transaction.alone()

    async def is_importing(self) -> bool:
        beginning = leases_of_imports(self._scope.program)
        return await leases.is_any(self._scope.session, beginning)

    async def lock_members_by_id(self, ids: Collection[MemberId]) -> dict[MemberId, Member]:
        return await members.lock(self._scope, ids)

    async def lock_shared(self, keys: Collection[str]) -> dict[str, int]:
        return await sharing.lock(self._scope, keys)

    async def standings(
        self, board: Board, *, after: Standing | None, limit: int
    ) -> list[Standing]:
        return await boards.top(self._scope, board, after=after, limit=limit)

    async def standings_in_each(
        self, metric: str, windows: Collection[str], *, limit: int
    ) -> dict[str, list[Standing]]:
        return await team_boards.in_each(self._scope, metric, windows, limit=limit)

    async def standings_of(
        self, board: Board, members: Collection[MemberId]
    ) -> dict[MemberId, Standing]:
        return await boards.of_members(self._scope, board, members)

    async def activities_from(self, source: str) -> list[Activity]:
        return list(self._remembered(await facts.of_source(self._scope, source)).values())

    async def add_activities(self, activities: Sequence[Activity]) -> None:
        self._activity_ids |= await facts.add_activities(self._scope, activities)

    async def add_retractions(self, retractions: Sequence[Retraction]) -> None:
        await facts.add_retractions(self._scope, retractions)

    async def put_tallies(self, tallies: Sequence[Ranked]) -> None:
        await numbers.put_tallies(self._scope, tallies)
        if self._tallies is not None:
            self._tallies |= {put.key: put if put.tally.touches else None for put in tallies}

    async def delete_tallies(self, keys: Collection[TallyKey]) -> None:
        await numbers.delete_tallies(self._scope, keys)
        if self._tallies is not None:
            self._tallies |= dict.fromkeys(keys)

    async def put_accounts(self, accounts: Mapping[AccountKey, Account]) -> None:
        await numbers.put_accounts(self._scope, accounts)

    async def put_due(self, due: Mapping[AccountKey, datetime | None]) -> None:
        await numbers.put_due(self._scope, due)

    async def granted_by(self, rule: str, unit: str) -> int:
        return await ledger_book.granted_by(self._scope, rule, unit)

    async def put_shared(self, numbers: Mapping[str, int]) -> None:
        await sharing.put(self._scope, numbers)

    async def add_entries(self, entries: Sequence[tuple[Entry, int]]) -> None:
        await self._remember(entry.posting.cause for entry, _ in entries)
        await ledger_book.add(self._scope, entries, self._activity_ids.__getitem__)

    async def add_awards(self, awards: Sequence[Award]) -> None:
        await self._remember(award.cause for award in awards)
        await awarding.add(self._scope, awards, self._activity_ids.__getitem__)

    async def delete_awards(self, keys: Collection[AwardKey]) -> None:
        await awarding.delete(self._scope, keys)

    async def add_notices(self, notices: Sequence[Notice]) -> list[Notice]:
        return await announcing.add(self._scope, notices, is_shared=self._is_shared)

    async def put_last(self, last: Mapping[MemberId, Order]) -> None:
        await members.put_last(self._scope, last)

    async def update_member(
        self,
        member: MemberId,
        *,
        display_name: str | None,
        attributes: Mapping[str, Scalar],
    ) -> None:
        await members.update(self._scope, member, display_name=display_name, attributes=attributes)

    async def set_ranked(self, member: MemberId | None, ranked: Mapping[str, bool]) -> None:
        if member is None:
            await numbers.set_ranked(self._scope, ranked)
            self._moves_boards = True
        else:
            moved = await numbers.set_ranked_of(self._scope, member, ranked)
            if self._tallies is not None:
                self._tallies |= moved

    async def add_version(self, version: DefinitionVersion) -> None:
        await programs.add_version(self._scope, version)

    async def settle(
        self,
        key: PeriodKey,
        *,
        metric: str,
        ties: Ties,
        ends_at: datetime,
        version: int,
        has_prizes: bool,
        now: datetime,
    ) -> FinalPeriod | None:
        return await periods.settle(
            self._scope,
            key,
            metric=metric,
            ties=ties,
            ends_at=ends_at,
            version=version,
            has_prizes=has_prizes,
            now=now,
        )

    async def final_places(self, key: PeriodKey, *, after: int, limit: int) -> list[Place]:
        return await periods.places(self._scope, key, after=after, limit=limit)

    async def put_paid(self, key: PeriodKey) -> None:
        await periods.put_paid(self._scope, key)

    async def lock_league_run(self, run: LeagueRun) -> bool:
        return await seat_rows.lock(self._scope, run)

    async def newcomers(self, run: LeagueRun, *, metric: str, limit: int) -> list[Newcomer]:
        return await seat_rows.newcomers(self._scope, run, metric=metric, limit=limit)

    async def cohort_sizes(self, run: LeagueRun) -> dict[Cohort, int]:
        return await seat_rows.sizes(self._scope, run)

    async def cohort_members(
        self, run: LeagueRun, cohorts: Collection[Cohort]
    ) -> dict[Cohort, list[MemberId]]:
        return await seat_rows.members(self._scope, run, cohorts)

    async def add_seats(self, seats: Sequence[Seat]) -> None:
        await seat_rows.add(self._scope, seats)

    async def put_next_levels(self, run: LeagueRun, levels: Mapping[MemberId, int]) -> None:
        await seat_rows.put_next(self._scope, run, levels)

    async def close_league_run(self, run: LeagueRun) -> None:
        await seat_rows.close(self._scope, run)

    def committed(self, version: int) -> Committed:
        """What the transaction has done, once it is committed as this version."""
        return Committed(
            self._scope.program, version, self._tallies or {}, moves_boards=self._moves_boards
        )

    async def _remember(self, keys: Iterable[str]) -> None:
        unknown = {key for key in keys if key not in self._activity_ids}
        self._activity_ids |= await facts.ids(self._scope, unknown)
