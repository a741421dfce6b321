"""Without this adapter the queries would find nothing: reads outside transactions."""

from collections.abc import Collection, Sequence
from datetime import datetime

from gamification.facts import Order
from gamification.ids import MemberId
from gamification.imports import leases_of_imports
from gamification.outcomes import Notice
from gamification.periods import FinalPeriod, PeriodKey
from gamification.places import Place
from gamification.ports import Board, Member, Standing
from gamification.seats import Cohort, LeagueRun, Newcomer, Seat
from gamification.state import Account, AccountKey, AwardKey, Tally, TallyKey
from gamification.stored import (
    ActivityRow,
    Ahead,
    AwardRow,
    BalanceAsked,
    DuePlace,
    EntryRow,
    RuleSum,
    SubjectBound,
)
from gamification.team_boards import TeamBoard, TeamPlace, TeamStanding
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
    sharing,
    team_boards,
)
from models import seats as seat_rows
from models.session import Scope


class SqlReading:
    """Fulfils `gamification.reading.Reading`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def members(self, ids: Collection[MemberId]) -> dict[MemberId, Member]:
        return await members.by_id(self._scope, ids)

    async def members_by_external_id(self, external_ids: Collection[str]) -> dict[str, Member]:
        return await members.by_external_id(self._scope, external_ids)

    async def member_page(self, *, after: str | None, limit: int) -> list[Member]:
        return await members.page(self._scope, after=after, limit=limit)

    async def is_importing(self) -> bool:
        beginning = leases_of_imports(self._scope.program)
        return await leases.is_any(self._scope.session, beginning)

    async def member_count(self) -> int:
        return await members.count(self._scope)

    async def tallies(
        self, members: Collection[MemberId], metrics: Collection[tuple[str, str]]
    ) -> dict[TallyKey, Tally]:
        keys = {
            TallyKey(member, metric, window, "") for member in members for metric, window in metrics
        }
        return await numbers.tallies(self._scope, keys)

    async def subjects_below(
        self, members: Collection[MemberId], bounds: Collection[SubjectBound], *, limit: int
    ) -> dict[TallyKey, Tally]:
        return await numbers.subjects_below(self._scope, members, bounds, limit=limit)

    async def tallies_by_key(self, keys: Collection[TallyKey]) -> dict[TallyKey, Tally]:
        return await numbers.tallies(self._scope, keys)

    async def accounts(self, members: Collection[MemberId]) -> dict[AccountKey, Account]:
        return await numbers.accounts_of(self._scope, members)

    async def shared_numbers(self, keys: Collection[str]) -> dict[str, int]:
        return await sharing.by_key(self._scope, keys)

    async def awards(
        self,
        members: Collection[MemberId],
        *,
        badges: Collection[str] | None,
        before: int | None,
        limit: int,
    ) -> dict[MemberId, list[AwardRow]]:
        return await awarding.newest(self._scope, members, badges, before=before, limit=limit)

    async def award_counts(
        self, members: Collection[MemberId], badges: Collection[str] | None
    ) -> dict[MemberId, int]:
        return await awarding.counts(self._scope, members, badges)

    async def earned(
        self, members: Collection[MemberId], badges: Collection[str]
    ) -> dict[AwardKey, datetime]:
        return await awarding.earned(self._scope, members, badges)

    async def awards_by_id(self, ids: Collection[int]) -> dict[int, AwardRow]:
        return await awarding.by_id(self._scope, ids)

    async def awards_by_key(self, keys: Collection[AwardKey]) -> dict[AwardKey, AwardRow]:
        return await awarding.by_key(self._scope, keys)

    async def awards_of_activities(self, keys: Collection[str]) -> dict[str, list[AwardRow]]:
        return await awarding.of_activities(self._scope, keys)

    async def badge_holders(self, badges: Collection[str]) -> dict[tuple[str, int], int]:
        return await awarding.holders(self._scope, badges)

    async def entries(
        self, member: MemberId, unit: str, *, before: int | None, limit: int
    ) -> list[EntryRow]:
        return await ledger_book.page(self._scope, member, unit, before=before, limit=limit)

    async def entries_of_activities(self, keys: Collection[str]) -> dict[str, list[EntryRow]]:
        return await ledger_book.of_activities(self._scope, keys)

    async def rule_sums(self, accounts: Collection[AccountKey]) -> dict[AccountKey, list[RuleSum]]:
        return await ledger_book.rule_sums(self._scope, accounts)

    async def activity_page(
        self,
        member: MemberId,
        *,
        before: Order | None,
        limit: int,
        types: Collection[str] | None = None,
    ) -> list[ActivityRow]:
        return await facts.page(self._scope, member, before=before, limit=limit, types=types)

    async def activities_by_key(self, keys: Collection[str]) -> dict[str, ActivityRow]:
        return await facts.rows_by_key(self._scope, keys)

    async def facts_of_type(
        self, members: Collection[MemberId], fact_type: str
    ) -> dict[MemberId, list[ActivityRow]]:
        return await facts.of_type(self._scope, members, fact_type)

    async def standings(
        self, board: Board, *, after: Standing | None, limit: int
    ) -> list[Standing]:
        return await boards.top(self._scope, board, after=after, limit=limit)

    async def standings_with_members(
        self, board: Board, *, after: Standing | None, limit: int
    ) -> tuple[list[Standing], dict[MemberId, Member]]:
        return await boards.top_with_members(self._scope, board, after=after, limit=limit)

    async def standings_before(
        self, board: Board, before: Standing, *, limit: int
    ) -> list[Standing]:
        return await boards.just_before(self._scope, board, before, limit=limit)

    async def standing_at(self, board: Board, position: int) -> Standing | None:
        return await boards.at(self._scope, board, position)

    async def standings_in_each(
        self, metric: str, windows: Collection[str], *, limit: int
    ) -> dict[str, list[Standing]]:
        return await team_boards.in_each(self._scope, metric, windows, limit=limit)

    async def teams_ranked(
        self, board: TeamBoard, *, after: TeamPlace | None, limit: int
    ) -> list[TeamStanding]:
        return await team_boards.page(self._scope, board, after=after, limit=limit)

    async def standings_of(
        self, board: Board, members: Collection[MemberId]
    ) -> dict[MemberId, Standing]:
        return await boards.of_members(self._scope, board, members)

    async def ahead(self, board: Board, standings: Sequence[Standing]) -> list[Ahead]:
        return await boards.ahead(self._scope, board, standings)

    async def scores_above(self, board: Board, scores: Collection[int]) -> dict[int, int]:
        return await boards.scores_above(self._scope, board, scores)

    async def participant_count(self, board: Board) -> int:
        return await boards.participant_count(self._scope, board)

    async def windows(self, metric: str, *, limit: int, before: str | None) -> list[str]:
        return await boards.windows(self._scope, metric, limit=limit, before=before)

    async def periods(self, keys: Collection[PeriodKey]) -> dict[PeriodKey, FinalPeriod]:
        return await periods.by_key(self._scope, keys)

    async def unsettled(self, board: str, metric: str) -> list[str]:
        return await periods.unsettled(self._scope, board, metric)

    async def unpaid_periods(self, *, limit: int) -> list[FinalPeriod]:
        return await periods.unpaid(self._scope, limit=limit)

    async def final_windows(self, board: str, *, limit: int, before: str | None) -> list[str]:
        return await periods.windows(self._scope, board, limit=limit, before=before)

    async def final_places(self, key: PeriodKey, *, after: int, limit: int) -> list[Place]:
        return await periods.places(self._scope, key, after=after, limit=limit)

    async def final_places_of(
        self, key: PeriodKey, members: Collection[MemberId]
    ) -> dict[MemberId, Place]:
        return await periods.places_of(self._scope, key, members)

    async def final_tie_starts(self, key: PeriodKey, place: Place) -> int:
        return await periods.tie_starts(self._scope, key, place)

    async def due_accounts(
        self, now: datetime, *, after: DuePlace | None, limit: int
    ) -> list[DuePlace]:
        return await numbers.due(self._scope, now, after=after, limit=limit)

    async def balances_at(self, asked: Collection[BalanceAsked]) -> dict[BalanceAsked, int]:
        return await ledger_book.balances_at(self._scope, asked)

    async def open_league_windows(self, league: str, metric: str) -> list[str]:
        return await seat_rows.open_windows(self._scope, league, metric)

    async def seats(
        self, runs: Collection[LeagueRun], members: Collection[MemberId]
    ) -> dict[tuple[LeagueRun, MemberId], Seat]:
        return await seat_rows.of_members(self._scope, runs, members)

    async def newcomers(self, run: LeagueRun, *, metric: str, limit: int) -> list[Newcomer]:
        return await seat_rows.newcomers(self._scope, run, metric=metric, limit=limit)

    async def cohort_sizes(self, run: LeagueRun) -> dict[Cohort, int]:
        return await seat_rows.sizes(self._scope, run)

    async def cohort_members(
        self, run: LeagueRun, cohorts: Collection[Cohort]
    ) -> dict[Cohort, list[MemberId]]:
        return await seat_rows.members(self._scope, run, cohorts)

    async def league_levels(
        self, leagues: Collection[str], members: Collection[MemberId]
    ) -> dict[tuple[str, MemberId], int]:
        return await seat_rows.levels(self._scope, leagues, members)

    async def notices_after(
        self, after: int, *, member: MemberId | None, public_only: bool, limit: int
    ) -> list[Notice]:
        return await announcing.after(
            self._scope, after, member=member, public_only=public_only, limit=limit
        )

    async def latest_notice_id(self) -> int:
        return await announcing.latest_id(self._scope)
