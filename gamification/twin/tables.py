"""Without these tables the twin would remember nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Self, TypeVar

from gamification.facts import Activity, Retraction
from gamification.ids import MemberId, ProgramId
from gamification.imports import leases_of_imports
from gamification.outcomes import Notice
from gamification.periods import FinalPeriod, PeriodKey
from gamification.places import Place
from gamification.ports import Board, Member, ProgramRecord, Standing, Totals
from gamification.seats import Cohort, LeagueRun, Newcomer, Seat
from gamification.state import (
    Account,
    AccountKey,
    AwardKey,
    Posting,
    PostingKey,
    Tally,
    TallyKey,
)
from gamification.stored import ActivityRow, AwardRow, EntryRow

K = TypeVar("K")
V = TypeVar("V")

Leases = dict[str, tuple[str, datetime]]
"""Who holds each lease, and until when."""

BY_ID = attrgetter("id")
BY_KEY = attrgetter("key")
_BY_REVISION = attrgetter("revision")


@dataclass(slots=True)
class Tables:
    """All rows of one program."""

    record: ProgramRecord
    members: dict[MemberId, Member] = field(default_factory=dict[MemberId, Member])
    by_external_id: dict[str, MemberId] = field(default_factory=dict[str, MemberId])
    activities: dict[str, tuple[int, Activity]] = field(
        default_factory=dict[str, tuple[int, Activity]]
    )
    retractions: dict[str, Retraction] = field(default_factory=dict[str, Retraction])
    tallies: dict[TallyKey, Tally] = field(default_factory=dict[TallyKey, Tally])
    ranked: dict[TallyKey, None] = field(default_factory=dict[TallyKey, None])
    accounts: dict[AccountKey, Account] = field(default_factory=dict[AccountKey, Account])
    entries: dict[int, EntryRow] = field(default_factory=dict[int, EntryRow])
    shared: dict[str, int] = field(default_factory=dict[str, int])
    awards: dict[AwardKey, AwardRow] = field(default_factory=dict[AwardKey, AwardRow])
    due: dict[AccountKey, datetime] = field(default_factory=dict[AccountKey, datetime])
    notices: dict[int, Notice] = field(default_factory=dict[int, Notice])
    periods: dict[PeriodKey, FinalPeriod] = field(default_factory=dict[PeriodKey, FinalPeriod])
    closed_leagues: dict[LeagueRun, None] = field(default_factory=dict[LeagueRun, None])
    seats: dict[tuple[LeagueRun, MemberId], Seat] = field(
        default_factory=dict[tuple[LeagueRun, MemberId], Seat]
    )
    """In the order in which they were given."""
    final_places: dict[PeriodKey, list[Place]] = field(default_factory=dict[PeriodKey, list[Place]])
    award_ids: int = 0
    """The highest id ever given to an award, also to one revoked since."""

    def copy(self) -> Self:
        """Tables that can be changed while these stay as they are."""
        return replace(self, **{name: dict(getattr(self, name)) for name in _ROWS})

    def retractions_of(self, activity_key: str) -> tuple[Retraction, ...]:
        found = (r for r in self.retractions.values() if r.activity_key == activity_key)
        return tuple(sorted(found, key=BY_KEY))

    def facts_of(self, member: MemberId) -> list[ActivityRow]:
        """All activities of a member, in order."""
        retractions: defaultdict[str, list[Retraction]] = defaultdict(list)
        for retraction in sorted(self.retractions.values(), key=BY_KEY):
            retractions[retraction.activity_key].append(retraction)
        rows = [
            ActivityRow(id_, activity, tuple(retractions.get(activity.key, ())))
            for id_, activity in self.activities.values()
            if activity.member == member
        ]
        return sorted(rows, key=lambda row: row.activity.order)

    def totals_of(self, member: MemberId) -> Totals:
        postings: dict[PostingKey, Posting] = {}
        revisions: dict[PostingKey, int] = {}
        for entry in sorted((row.entry for row in self.entries.values()), key=_BY_REVISION):
            if entry.posting.member == member:
                before = postings.get(entry.posting)
                postings[entry.posting] = Posting(
                    entry.requested,
                    entry.amount + (before.granted if before else 0),
                    entry.limited_by,
                    entry.occurred_at,
                    entry.version,
                    entry.allocations,
                )
                revisions[entry.posting] = entry.revision
        return Totals(
            tallies={k: t for k, t in self.tallies.items() if k.member == member},
            ranked={key for key in self.ranked if key.member == member},
            accounts={k: a for k, a in self.accounts.items() if k.member == member},
            awards={k: row.award for k, row in self.awards.items() if k.member == member},
            postings=postings,
            revisions=revisions,
        )

    def granted_by(self, rule: str, unit: str) -> int:
        """What the entries of one rule come to in all, in one unit."""
        entries = (row.entry for row in self.entries.values())
        return sum(
            entry.amount
            for entry in entries
            if (entry.posting.rule, entry.posting.unit) == (rule, unit)
        )

    def newcomers(self, run: LeagueRun, metric: str) -> list[Newcomer]:
        """Who has a score and no seat, by when they reached it."""
        standings = self.board(Board(metric, (run.window,)))
        unseated = [each for each in standings if (run, each.member) not in self.seats]
        return [
            Newcomer(each.member, self.league_level(run.league, each.member))
            for each in sorted(unseated, key=lambda each: (each.reached_at, each.member))
        ]

    def cohort_sizes(self, run: LeagueRun) -> dict[Cohort, int]:
        """How many seats each cohort has."""
        return Counter(sorted(seat.cohort for seat in self.seats.values() if seat.run == run))

    def cohort_members(self, run: LeagueRun, cohort: Cohort) -> list[MemberId]:
        """Who plays in a cohort, by their ids."""
        seats = self.seats.values()
        return sorted(seat.member for seat in seats if (seat.run, seat.cohort) == (run, cohort))

    def league_level(self, league: str, member: MemberId) -> int | None:
        """The level a member took from the last run they played in, or plays at."""
        seats = [
            seat
            for (run, whose), seat in self.seats.items()
            if run.league == league and whose == member
        ]
        return (seats[-1].next_level or seats[-1].cohort.level) if seats else None

    def board(self, board: Board) -> list[Standing]:
        """The whole board, in its order."""
        scores: dict[MemberId, Standing] = {}
        for key in self.ranked:
            if key.metric == board.metric and key.window in board.windows:
                tally, before = self.tallies[key], scores.get(key.member)
                scores[key.member] = Standing(
                    key.member,
                    tally.value + (before.score if before else 0),
                    max(tally.reached_at, before.reached_at) if before else tally.reached_at,
                )
        return sorted(scores.values(), key=place)


def is_importing(leases: Leases, program: ProgramId) -> bool:
    """Whether a lease of an import into the program is held."""
    beginning = leases_of_imports(program)
    return any(name.startswith(beginning) for name in leases)


def picked(rows: Mapping[K, V], keys: Iterable[K]) -> dict[K, V]:
    """The rows with these keys, as far as they exist."""
    return {key: rows[key] for key in keys if key in rows}


def place(standing: Standing) -> tuple[int, datetime, MemberId]:
    """The smaller, the further ahead on a board."""
    return (-standing.score, standing.reached_at, standing.member)


_ROWS = [each.name for each in fields(Tables) if each.name not in ("record", "award_ids")]
