"""Without this part nothing could be read from the twin."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from msgspec.structs import astuple

from gamification.facts import Order
from gamification.ids import MemberId, ProgramId
from gamification.outcomes import Notice
from gamification.periods import FinalPeriod, PeriodKey
from gamification.places import Place
from gamification.ports import Member
from gamification.seats import Cohort, LeagueRun, Newcomer, Seat
from gamification.state import (
    Account,
    AccountKey,
    AwardKey,
    Entry,
    Tally,
    TallyKey,
)
from gamification.stored import (
    ActivityRow,
    AwardRow,
    BalanceAsked,
    DuePlace,
    EntryRow,
    RuleSum,
    SubjectBound,
)
from gamification.twin.boards import TwinBoards
from gamification.twin.tables import BY_ID, Leases, Tables, is_importing, picked

_BY_END = attrgetter("ends_at")


class TwinReading(TwinBoards):
    """Fulfils `Reading`."""

    def __init__(
        self, programs: Mapping[ProgramId, Tables], program: ProgramId, leases: Leases
    ) -> None:
        super().__init__(programs, program)
        self._leases = leases

    async def is_importing(self) -> bool:
        return is_importing(self._leases, self._program)

    async def members(self, ids: Collection[MemberId]) -> dict[MemberId, Member]:
        return picked(self._tables.members, ids)

    async def members_by_external_id(self, external_ids: Collection[str]) -> dict[str, Member]:
        ids = picked(self._tables.by_external_id, external_ids)
        return {external_id: self._tables.members[id_] for external_id, id_ in ids.items()}

    async def member_page(self, *, after: str | None, limit: int) -> list[Member]:
        ids = sorted(self._tables.by_external_id.items())
        following = [id_ for external_id, id_ in ids if after is None or external_id > after]
        return [self._tables.members[id_] for id_ in following[:limit]]

    async def member_count(self) -> int:
        return len(self._tables.members)

    async def tallies(
        self, members: Collection[MemberId], metrics: Collection[tuple[str, str]]
    ) -> dict[TallyKey, Tally]:
        keys = [TallyKey(m, metric, window, "") for m in members for metric, window in metrics]
        return picked(self._tables.tallies, keys)

    async def subjects_below(
        self, members: Collection[MemberId], bounds: Collection[SubjectBound], *, limit: int
    ) -> dict[TallyKey, Tally]:
        found: dict[TallyKey, Tally] = {}
        for member in members:
            for bound in bounds:
                below = [
                    (key, tally)
                    for key, tally in self._tables.tallies.items()
                    if (key.member, key.metric, key.window) == (member, bound.metric, bound.window)
                    and key.subject
                    and tally.value < bound.below
                ]
                below.sort(key=lambda one: (-one[1].value, one[0].subject))
                found.update(below[:limit])
        return found

    async def tallies_by_key(self, keys: Collection[TallyKey]) -> dict[TallyKey, Tally]:
        return picked(self._tables.tallies, keys)

    async def accounts(self, members: Collection[MemberId]) -> dict[AccountKey, Account]:
        return {key: a for key, a in self._tables.accounts.items() if key.member in members}

    async def shared_numbers(self, keys: Collection[str]) -> dict[str, int]:
        return {key: self._tables.shared.get(key, 0) for key in keys}

    async def awards(
        self,
        members: Collection[MemberId],
        *,
        badges: Collection[str] | None,
        before: int | None,
        limit: int,
    ) -> dict[MemberId, list[AwardRow]]:
        return {
            member: [
                row
                for row in self._newest_awards(member, badges)
                if before is None or row.id < before
            ][:limit]
            for member in members
        }

    def _newest_awards(self, member: MemberId, badges: Collection[str] | None) -> list[AwardRow]:
        found = [
            row
            for key, row in self._tables.awards.items()
            if key.member == member
            and (key.badge in badges if badges is not None else not key.is_of_challenge)
        ]
        return sorted(found, reverse=True, key=BY_ID)

    async def award_counts(
        self, members: Collection[MemberId], badges: Collection[str] | None
    ) -> dict[MemberId, int]:
        return {member: len(self._newest_awards(member, badges)) for member in members}

    async def earned(
        self, members: Collection[MemberId], badges: Collection[str]
    ) -> dict[AwardKey, datetime]:
        return {
            key: row.award.earned_at
            for key, row in self._tables.awards.items()
            if key.member in members and key.badge in badges
        }

    async def awards_by_id(self, ids: Collection[int]) -> dict[int, AwardRow]:
        return {row.id: row for row in self._tables.awards.values() if row.id in ids}

    async def awards_by_key(self, keys: Collection[AwardKey]) -> dict[AwardKey, AwardRow]:
        return picked(self._tables.awards, keys)

    async def awards_of_activities(self, keys: Collection[str]) -> dict[str, list[AwardRow]]:
        found: dict[str, list[AwardRow]] = {key: [] for key in keys}
        for row in sorted(self._tables.awards.values(), key=BY_ID):
            if row.award.cause in found:
                found[row.award.cause].append(row)
        return found

    async def badge_holders(self, badges: Collection[str]) -> dict[tuple[str, int], int]:
        holders: defaultdict[tuple[str, int], set[MemberId]] = defaultdict(set)
        for key in self._tables.awards:
            if key.badge in badges:
                holders[key.badge, key.level].add(key.member)
        return {level: len(members) for level, members in holders.items()}

    async def entries(
        self, member: MemberId, unit: str, *, before: int | None, limit: int
    ) -> list[EntryRow]:
        found = [
            row
            for row in self._tables.entries.values()
            if (row.entry.posting.member, row.entry.posting.unit) == (member, unit)
            and (before is None or row.id < before)
        ]
        return sorted(found, reverse=True, key=BY_ID)[:limit]

    async def entries_of_activities(self, keys: Collection[str]) -> dict[str, list[EntryRow]]:
        found: dict[str, list[EntryRow]] = {key: [] for key in keys}
        for row in self._tables.entries.values():
            if row.entry.posting.cause in found:
                found[row.entry.posting.cause].append(row)
        return found

    async def rule_sums(self, accounts: Collection[AccountKey]) -> dict[AccountKey, list[RuleSum]]:
        entries: dict[AccountKey, defaultdict[str, list[Entry]]] = {
            key: defaultdict(list) for key in accounts
        }
        for row in self._tables.entries.values():
            posting = row.entry.posting
            account = AccountKey(posting.member, posting.unit)
            if account in entries:
                entries[account][posting.rule].append(row.entry)
        return {
            account: [_rule_sum(rule, by_rule[rule]) for rule in sorted(by_rule)]
            for account, by_rule in entries.items()
        }

    async def activity_page(
        self,
        member: MemberId,
        *,
        before: Order | None,
        limit: int,
        types: Collection[str] | None = None,
    ) -> list[ActivityRow]:
        found = [
            row
            for row in reversed(self._tables.facts_of(member))
            if (before is None or row.activity.order < before)
            and (types is None or row.activity.type in types)
        ]
        return found[:limit]

    async def facts_of_type(
        self, members: Collection[MemberId], fact_type: str
    ) -> dict[MemberId, list[ActivityRow]]:
        return {
            member: [row for row in self._tables.facts_of(member) if row.activity.type == fact_type]
            for member in members
        }

    async def activities_by_key(self, keys: Collection[str]) -> dict[str, ActivityRow]:
        return {
            key: ActivityRow(id_, activity, self._tables.retractions_of(key))
            for key, (id_, activity) in picked(self._tables.activities, keys).items()
        }

    async def periods(self, keys: Collection[PeriodKey]) -> dict[PeriodKey, FinalPeriod]:
        return picked(self._tables.periods, keys)

    async def unsettled(self, board: str, metric: str) -> list[str]:
        found = {key.window for key in self._tables.ranked if key.metric == metric}
        final = {key.window for key in self._tables.periods if key.board == board}
        return sorted(found - final, reverse=True)

    async def unpaid_periods(self, *, limit: int) -> list[FinalPeriod]:
        unpaid = [period for period in self._tables.periods.values() if not period.is_paid]
        return sorted(unpaid, key=_BY_END)[:limit]

    async def final_windows(self, board: str, *, limit: int, before: str | None) -> list[str]:
        found = [key.window for key in self._tables.periods if key.board == board]
        return sorted((w for w in found if before is None or w < before), reverse=True)[:limit]

    async def final_places(self, key: PeriodKey, *, after: int, limit: int) -> list[Place]:
        return self._tables.final_places.get(key, [])[after : after + limit]

    async def final_places_of(
        self, key: PeriodKey, members: Collection[MemberId]
    ) -> dict[MemberId, Place]:
        places = self._tables.final_places.get(key, [])
        return {place.member: place for place in places if place.member in members}

    async def final_tie_starts(self, key: PeriodKey, place: Place) -> int:
        places = self._tables.final_places[key]
        return min(other.position for other in places if other.score == place.score)

    async def due_accounts(
        self, now: datetime, *, after: DuePlace | None, limit: int
    ) -> list[DuePlace]:
        due = sorted(DuePlace(at, key) for key, at in self._tables.due.items() if at <= now)
        return [place for place in due if after is None or place > after][:limit]

    async def balances_at(self, asked: Collection[BalanceAsked]) -> dict[BalanceAsked, int]:
        sums: dict[BalanceAsked, int] = {}
        for row in self._tables.entries.values():
            entry = row.entry
            for each in asked:
                is_of = (entry.posting.member, entry.posting.unit) == astuple(each.account)
                if is_of and (entry.occurred_at <= each.at or entry.posting.rule == "opening"):
                    sums[each] = sums.get(each, 0) + entry.amount
                elif is_of:
                    sums.setdefault(each, 0)
        return sums

    async def open_league_windows(self, league: str, metric: str) -> list[str]:
        found = {key.window for key in self._tables.ranked if key.metric == metric}
        closed = {run.window for run in self._tables.closed_leagues if run.league == league}
        return sorted(found - closed)

    async def seats(
        self, runs: Collection[LeagueRun], members: Collection[MemberId]
    ) -> dict[tuple[LeagueRun, MemberId], Seat]:
        keys = [(run, member) for run in runs for member in members]
        return picked(self._tables.seats, keys)

    async def newcomers(self, run: LeagueRun, *, metric: str, limit: int) -> list[Newcomer]:
        return self._tables.newcomers(run, metric)[:limit]

    async def cohort_sizes(self, run: LeagueRun) -> dict[Cohort, int]:
        return self._tables.cohort_sizes(run)

    async def cohort_members(
        self, run: LeagueRun, cohorts: Collection[Cohort]
    ) -> dict[Cohort, list[MemberId]]:
        return {cohort: self._tables.cohort_members(run, cohort) for cohort in cohorts}

    async def league_levels(
        self, leagues: Collection[str], members: Collection[MemberId]
    ) -> dict[tuple[str, MemberId], int]:
        return {
            (league, member): level
            for league in leagues
            for member in members
            if (level := self._tables.league_level(league, member)) is not None
        }

    async def notices_after(
        self, after: int, *, member: MemberId | None, public_only: bool, limit: int
    ) -> list[Notice]:
        return [
            notice
            for notice in self._tables.notices.values()
            if notice.id > after
            and (member is None or notice.member == member)
            and (notice.is_public or not public_only)
        ][:limit]

    async def latest_notice_id(self) -> int:
        return len(self._tables.notices)


def _rule_sum(rule: str, entries: Sequence[Entry]) -> RuleSum:
    first = [entry.amount for entry in entries if not entry.revision]
    later = [entry.amount for entry in entries if entry.revision]
    return RuleSum(rule, len(first), sum(first), len(later), sum(later))
