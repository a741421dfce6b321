"""Without these tables the twin would remember nothing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Self, TypeVar

from gamification.facts import Activity, Retraction
from gamification.ids import MemberId
from gamification.outcomes import Notice
from gamification.periods import FinalPeriod, PeriodKey
from gamification.places import Place
from gamification.ports import (
    ActivityRow,
    AwardRow,
    Board,
    EntryRow,
    Member,
    ProgramRecord,
    Standing,
    Totals,
)
from gamification.state import (
    Account,
    AccountKey,
    AwardKey,
    Posting,
    PostingKey,
    Tally,
    TallyKey,
)

K = TypeVar("K")
V = TypeVar("V")

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


def picked(rows: Mapping[K, V], keys: Iterable[K]) -> dict[K, V]:
    """The rows with these keys, as far as they exist."""
    return {key: rows[key] for key in keys if key in rows}


def place(standing: Standing) -> tuple[int, datetime, MemberId]:
    """The smaller, the further ahead on a board."""
    return (-standing.score, standing.reached_at, standing.member)


_ROWS = [each.name for each in fields(Tables) if each.name not in ("record", "award_ids")]
