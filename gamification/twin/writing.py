"""Without this part nothing could be written in the twin."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from gamification.facts import Activity, Order, Retraction, Scalar
from gamification.ids import MemberId, member_id
from gamification.outcomes import Notice
from gamification.periods import FinalPeriod, PeriodKey
from gamification.places import Place, Ties
from gamification.ports import (
    Board,
    Committed,
    DefinitionVersion,
    KeyTaken,
    Member,
    Ranked,
    Standing,
)
from gamification.ranking import rank_by_hand
from gamification.seats import Cohort, LeagueRun, Newcomer, Seat
from gamification.state import (
    Account,
    AccountKey,
    Award,
    AwardKey,
    Entry,
    TallyKey,
)
from gamification.stored import AwardRow, EntryRow
from gamification.twin.judging import TwinJudging
from gamification.twin.tables import BY_KEY, Leases, Tables, is_importing, picked, place

SOURCE_ACTIVITIES_MAX = 1_000


class TwinWriting(TwinJudging):
    """Fulfils `Writing` on a copy of the tables."""

    def __init__(self, tables: Tables, leases: Leases) -> None:
        super().__init__(tables)
        self._leases = leases
        self._registered: set[MemberId] = set()
        self._changed_tallies: dict[TallyKey, Ranked | None] = {}
        self._moves_boards = False

    async def lock_members(self, external_ids: Collection[str], now: datetime) -> dict[str, Member]:
        for external_id in external_ids:
            if external_id not in self._tables.by_external_id:
                self._register(external_id, now)
        ids = self._tables.by_external_id
        return {external_id: self._tables.members[ids[external_id]] for external_id in external_ids}

    def _register(self, external_id: str, now: datetime) -> None:
        salt = 0
        while (
            id_ := member_id(self._tables.record.key, external_id, salt=salt)
        ) in self._tables.members:
            salt += 1
        self._tables.members[id_] = Member(id_, external_id, None, {}, now, None)
        self._tables.by_external_id[external_id] = id_
        self._registered.add(id_)

    async def unregister(self, *, but: Collection[MemberId]) -> None:
        for id_ in self._registered.difference(but):
            del self._tables.by_external_id[self._tables.members.pop(id_).external_id]
            self._registered.remove(id_)

    async def alone(self) -> None:
        """Every transaction on the twin is alone in its program."""

    async def is_importing(self) -> bool:
        return is_importing(self._leases, self._tables.record.id)

    async def lock_members_by_id(self, ids: Collection[MemberId]) -> dict[MemberId, Member]:
        return picked(self._tables.members, ids)

    async def lock_shared(self, keys: Collection[str]) -> dict[str, int]:
        for key in keys:
            self._tables.shared.setdefault(key, 0)
        return picked(self._tables.shared, keys)

    async def standings(
        self, board: Board, *, after: Standing | None, limit: int
    ) -> list[Standing]:
        ranked = self._tables.board(board)
        return [each for each in ranked if after is None or place(each) > place(after)][:limit]

    async def standings_in_each(
        self, metric: str, windows: Collection[str], *, limit: int
    ) -> dict[str, list[Standing]]:
        return {each: self._tables.board(Board(metric, (each,)))[:limit] for each in windows}

    async def standings_of(
        self, board: Board, members: Collection[MemberId]
    ) -> dict[MemberId, Standing]:
        return {each.member: each for each in self._tables.board(board) if each.member in members}

    async def activities_from(self, source: str) -> list[Activity]:
        found = (a for _, a in self._tables.activities.values() if a.source == source)
        return sorted(found, key=BY_KEY)[:SOURCE_ACTIVITIES_MAX]

    async def add_activities(self, activities: Sequence[Activity]) -> None:
        for activity in activities:
            if activity.key in self._tables.activities:
                raise KeyTaken(activity.key)
            stored = (len(self._tables.activities) + 1, activity)
            self._tables.activities[activity.key] = stored

    async def add_retractions(self, retractions: Sequence[Retraction]) -> None:
        for retraction in retractions:
            self._tables.retractions.setdefault(retraction.key, retraction)

    async def put_tallies(self, tallies: Sequence[Ranked]) -> None:
        for put in tallies:
            if not put.tally.touches:
                await self.delete_tallies([put.key])
                continue
            self._tables.tallies[put.key] = put.tally
            self._rank(put.key, put.ranked)
            self._changed_tallies[put.key] = put

    def _rank(self, key: TallyKey, ranked: bool) -> None:
        if ranked:
            self._tables.ranked[key] = None
        else:
            self._tables.ranked.pop(key, None)

    async def delete_tallies(self, keys: Collection[TallyKey]) -> None:
        for key in keys:
            self._tables.tallies.pop(key, None)
            self._tables.ranked.pop(key, None)
            self._changed_tallies[key] = None

    async def put_accounts(self, accounts: Mapping[AccountKey, Account]) -> None:
        self._tables.accounts.update(accounts)

    async def put_due(self, due: Mapping[AccountKey, datetime | None]) -> None:
        for key, at in due.items():
            if at is None:
                self._tables.due.pop(key, None)
            else:
                self._tables.due[key] = at

    async def granted_by(self, rule: str, unit: str) -> int:
        return self._tables.granted_by(rule, unit)

    async def put_shared(self, numbers: Mapping[str, int]) -> None:
        self._tables.shared.update(numbers)

    async def add_entries(self, entries: Sequence[tuple[Entry, int]]) -> None:
        for entry, balance_after in entries:
            id_ = len(self._tables.entries) + 1
            self._tables.entries[id_] = EntryRow(id_, entry, balance_after)

    async def add_awards(self, awards: Sequence[Award]) -> None:
        for award in awards:
            stored = self._tables.awards.get(award.key)
            if stored is None:
                self._tables.award_ids += 1
            id_ = stored.id if stored else self._tables.award_ids
            self._tables.awards[award.key] = AwardRow(id_, award)

    async def delete_awards(self, keys: Collection[AwardKey]) -> None:
        for key in keys:
            self._tables.awards.pop(key, None)

    async def add_notices(self, notices: Sequence[Notice]) -> list[Notice]:
        told = {(each.member, each.once) for each in self._tables.notices.values()}
        new: dict[tuple[MemberId | None, str, int], Notice] = {}
        for number, notice in enumerate(notices):
            if not notice.once:
                new[notice.member, "", number] = notice
            elif (notice.member, notice.once) not in told:
                new.setdefault((notice.member, notice.once, 0), notice)
        first = len(self._tables.notices) + 1
        added = [notice._replace(id=id_) for id_, notice in enumerate(new.values(), first)]
        self._tables.notices.update((notice.id, notice) for notice in added)
        return added

    async def put_last(self, last: Mapping[MemberId, Order]) -> None:
        for id_, order in last.items():
            self._tables.members[id_] = replace(self._tables.members[id_], last=order)

    async def update_member(
        self,
        member: MemberId,
        *,
        display_name: str | None,
        attributes: Mapping[str, Scalar],
    ) -> None:
        changed = replace(
            self._tables.members[member], display_name=display_name, attributes=dict(attributes)
        )
        self._tables.members[member] = changed

    async def set_ranked(self, member: MemberId | None, ranked: Mapping[str, bool]) -> None:
        for key, tally in self._tables.tallies.items():
            is_ranked = ranked.get(key.metric, key in self._tables.ranked)
            if member in (None, key.member) and is_ranked != (key in self._tables.ranked):
                self._rank(key, is_ranked)
                if member is not None:
                    self._changed_tallies[key] = Ranked(key, tally, ranked=is_ranked)
        self._moves_boards = self._moves_boards or member is None

    async def add_version(self, version: DefinitionVersion) -> None:
        record = self._tables.record
        if any(stored.version == version.version for stored in record.versions):
            raise KeyTaken(f"version {version.version}")
        self._tables.record = dataclasses.replace(record, versions=(*record.versions, version))

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
        places = rank_by_hand(self._tables.board(Board(metric, (key.window,))), ties)
        if key in self._tables.periods or not places:
            return None
        period = FinalPeriod(key, ends_at, now, version, len(places), not has_prizes)
        self._tables.periods[key] = period
        self._tables.final_places[key] = places
        return period

    async def final_places(self, key: PeriodKey, *, after: int, limit: int) -> list[Place]:
        return self._tables.final_places.get(key, [])[after : after + limit]

    async def put_paid(self, key: PeriodKey) -> None:
        self._tables.periods[key] = replace(self._tables.periods[key], is_paid=True)

    async def lock_league_run(self, run: LeagueRun) -> bool:
        return run not in self._tables.closed_leagues

    async def newcomers(self, run: LeagueRun, *, metric: str, limit: int) -> list[Newcomer]:
        return self._tables.newcomers(run, metric)[:limit]

    async def cohort_sizes(self, run: LeagueRun) -> dict[Cohort, int]:
        return self._tables.cohort_sizes(run)

    async def cohort_members(
        self, run: LeagueRun, cohorts: Collection[Cohort]
    ) -> dict[Cohort, list[MemberId]]:
        return {cohort: self._tables.cohort_members(run, cohort) for cohort in cohorts}

    async def add_seats(self, seats: Sequence[Seat]) -> None:
        self._tables.seats |= {(seat.run, seat.member): seat for seat in seats}

    async def put_next_levels(self, run: LeagueRun, levels: Mapping[MemberId, int]) -> None:
        for member, level in levels.items():
            seat = self._tables.seats[run, member]
            self._tables.seats[run, member] = replace(seat, next_level=level)

    async def close_league_run(self, run: LeagueRun) -> None:
        self._tables.closed_leagues[run] = None

    def committed(self, version: int) -> Committed:
        """What the transaction has done, once it is committed as this version."""
        return Committed(
            self._tables.record.id,
            version,
            self._changed_tallies,
            moves_boards=self._moves_boards,
        )
