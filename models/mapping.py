"""Row to value and value to row, both directions, nothing else.

Without this module the shape of a table would be known all over the adapters. Each `…_COLUMNS`
names what the function below it reads, in order.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
from msgspec.structs import astuple

from gamification.facts import Activity, Order, Retraction, Scalar
from gamification.ids import MemberId
from gamification.outcomes import NOTHING, Notice, NoticeKind
from gamification.periods import FinalPeriod, PeriodKey
from gamification.places import Place
from gamification.ports import DefinitionVersion, Member, Ranked
from gamification.state import (
    Account,
    AccountKey,
    Award,
    AwardKey,
    Entry,
    Evidence,
    PostingKey,
    Tally,
    TallyKey,
)
from gamification.stored import ActivityRow, AwardRow, EntryRow
from models.lots import allocations_to_core, allocations_to_text, lots_to_core, lots_to_text
from models.statement import Row
from models.times import from_micros, from_micros_or_null, to_micros, to_micros_or_null

Fetched = Sequence[Any]
"""One row as the database gives it."""

# --------------------------------------------------------------------------- programs, members


def to_json(value: object) -> str:
    """JSON text, the same on both databases."""
    return orjson.dumps(value).decode()


VERSION_COLUMNS = "v.version, v.effective_from, v.applied_at, v.document"


def version_to_core(row: Fetched) -> DefinitionVersion:
    """One row of VERSION_COLUMNS."""
    version, effective_from, applied_at, document = row
    return DefinitionVersion(
        version, from_micros_or_null(effective_from), from_micros(applied_at), document
    )


MEMBER_COLUMNS = (
    "m.id, m.external_id, m.display_name, m.attributes, m.registered_at, m.last_at, m.last_key"
)


def member_to_core(row: Fetched) -> Member:
    """One row of MEMBER_COLUMNS."""
    id_, external_id, display_name, attributes, registered_at, last_at, last_key = row
    last = None if last_at is None else Order(from_micros(last_at), last_key)
    return Member(
        id_,
        external_id,
        display_name,
        _scalars(attributes),
        from_micros(registered_at),
        last,
    )


def _scalars(text: str) -> Mapping[str, Scalar]:
    return orjson.loads(text)


# -------------------------------------------------------------------------------------- facts

ACTIVITY_COLUMNS = (
    "a.key, a.member_id, a.type, a.value, a.properties, a.occurred_at, a.received_at, a.source"
)
RETRACTION_COLUMNS = "x.key, x.activity_key, x.amount, x.reason, x.received_at"
_ACTIVITY = slice(1, 9)
_RETRACTION = slice(9, 14)


def activity_to_row(activity: Activity) -> Row:
    """In the order of ACTIVITY_COLUMNS."""
    return (
        activity.key,
        activity.member,
        activity.type,
        activity.value,
        to_json(activity.properties),
        to_micros(activity.occurred_at),
        to_micros(activity.received_at),
        activity.source,
    )


def activity_to_core(row: Fetched) -> Activity:
    """One row of ACTIVITY_COLUMNS."""
    key, member, type_, value, properties, occurred_at, received_at, source = row
    return Activity(
        key,
        MemberId(member),
        type_,
        value,
        _scalars(properties),
        from_micros(occurred_at),
        from_micros(received_at),
        source,
    )


def retraction_to_row(retraction: Retraction) -> Row:
    """In the order of RETRACTION_COLUMNS."""
    return (
        retraction.key,
        retraction.activity_key,
        retraction.amount,
        retraction.reason,
        to_micros(retraction.received_at),
    )


def retraction_to_core(row: Fetched) -> Retraction:
    """One row of RETRACTION_COLUMNS."""
    key, activity_key, amount, reason, received_at = row
    return Retraction(key, activity_key, amount, reason, from_micros(received_at))


def activities_to_core(rows: Iterable[Fetched]) -> list[ActivityRow]:
    """Rows of (id, activity, retraction or nulls), those of one activity side by side."""
    return [
        _activity_with_retractions(id_, list(same)) for id_, same in groupby(rows, itemgetter(0))
    ]


def _activity_with_retractions(id_: int, rows: list[Fetched]) -> ActivityRow:
    retractions = [retraction_to_core(row[_RETRACTION]) for row in rows if row[9] is not None]
    retractions.sort(key=lambda retraction: retraction.key)
    return ActivityRow(id_, activity_to_core(rows[0][_ACTIVITY]), tuple(retractions))


# ------------------------------------------------------------------------------------ numbers

TALLY_KEY_COLUMNS = "t.member_id, t.metric, t.window_key, t.subject"
TALLY_COLUMNS = "t.value, t.peak, t.reached_at, t.touches"


def tally_to_row(put: Ranked) -> tuple[int, str, str, str, int, int, int, int, bool]:
    """In the order of TALLY_KEY_COLUMNS and TALLY_COLUMNS, then whether it is ranked."""
    tally = put.tally
    return (
        put.key.member,
        put.key.metric,
        put.key.window,
        put.key.subject,
        tally.value,
        tally.peak,
        to_micros(tally.reached_at),
        tally.touches,
        put.ranked,
    )


def tally_to_core(row: Fetched) -> Tally:
    """One row of TALLY_COLUMNS."""
    value, peak, reached_at, touches = row
    return Tally(value, peak, from_micros(reached_at), touches)


def tallies_to_core(rows: Iterable[Fetched]) -> dict[TallyKey, Tally]:
    """Rows of (key, tally)."""
    return {TallyKey(*row[:4]): tally_to_core(row[4:8]) for row in rows}


ACCOUNT_COLUMNS = "c.member_id, c.unit, c.balance, c.debited_at, c.clamped_at, c.lots"


def account_to_row(key: AccountKey, account: Account) -> Row:
    """In the order of ACCOUNT_COLUMNS."""
    return (
        key.member,
        key.unit,
        account.balance,
        to_micros_or_null(account.debited_at),
        to_micros_or_null(account.clamped_at),
        None if account.lots is None else lots_to_text(account.lots),
    )


def accounts_to_core(rows: Iterable[Fetched]) -> dict[AccountKey, Account]:
    """Rows of ACCOUNT_COLUMNS."""
    return {
        AccountKey(MemberId(member), unit): Account(
            balance,
            from_micros_or_null(debited_at),
            from_micros_or_null(clamped_at),
            None if lots is None else lots_to_core(lots),
        )
        for member, unit, balance, debited_at, clamped_at, lots in rows
    }


# ------------------------------------------------------------------------------ ledger, awards

ENTRY_COLUMNS = (
    "e.id, e.member_id, e.unit, coalesce(a.key, ''), e.rule, e.revision, e.amount, e.requested,"
    " e.limited_by, e.occurred_at, e.version, e.balance_after, e.allocations"
)


def entry_to_row(entry: Entry, balance_after: int, *, activity_id: int) -> Row:
    """In the order of the table, from member_id on."""
    return (
        entry.posting.member,
        entry.posting.unit,
        activity_id,
        entry.posting.rule,
        entry.revision,
        entry.amount,
        entry.requested,
        entry.limited_by,
        to_micros(entry.occurred_at),
        entry.version,
        balance_after,
        allocations_to_text(entry.allocations) if entry.allocations else None,
    )


def entry_to_core(row: Fetched) -> EntryRow:
    """One row of ENTRY_COLUMNS."""
    id_, member, unit, cause, rule, revision, *numbers = row
    amount, requested, limited_by, at, version, after, allocations = numbers
    entry = Entry(
        PostingKey(MemberId(member), unit, cause, rule),
        revision,
        amount,
        requested,
        limited_by,
        from_micros(at),
        version,
        allocations_to_core(allocations) if allocations else (),
    )
    return EntryRow(id_, entry, after)


AWARD_COLUMNS = (
    "w.id, w.member_id, w.badge, w.level, w.window_key, w.subject, w.earned_at,"
    " coalesce(a.key, ''), w.about, w.evidence, w.version"
)


def award_to_row(award: Award, *, activity_id: int) -> Row:
    """In the order of the table, from member_id on."""
    return (
        *astuple(award.key),
        to_micros(award.earned_at),
        activity_id,
        award.subject,
        to_json([tuple(criterion) for criterion in award.evidence]),
        award.version,
    )


def award_to_core(row: Fetched) -> AwardRow:
    """One row of AWARD_COLUMNS."""
    id_, member, badge, level, window, subject, earned_at, cause, about, evidence, version = row
    award = Award(
        AwardKey(MemberId(member), badge, level, window, subject),
        from_micros(earned_at),
        cause,
        about,
        tuple(Evidence(*criterion) for criterion in orjson.loads(evidence)),
        version,
    )
    return AwardRow(id_, award)


# ------------------------------------------------------------------------------------ notices

NOTICE_COLUMNS = (
    "o.id, o.kind, o.member_id, o.badge, o.level, o.window_key, o.subject, o.noticed_at,"
    " o.is_public, o.about, o.details, o.once"
)
NOBODY = 0
"""Stands for the member of a notice that is about none: members' ids are above it."""
_NO_AWARD = AwardKey(MemberId(NOBODY), "", 0, "", "")


def notice_to_row(notice: Notice) -> Row:
    """In the order of the table, from kind on."""
    award = notice.award or _NO_AWARD
    return (
        notice.kind.value,
        NOBODY if notice.member is None else notice.member,
        award.badge,
        award.level,
        award.window,
        award.subject,
        to_micros(notice.at),
        notice.is_public,
        notice.about or None,
        to_json(dict(notice.details)) if notice.details else None,
        notice.once or None,
    )


def notice_to_core(row: Fetched) -> Notice:
    """One row of NOTICE_COLUMNS."""
    id_, kind, member, badge, level, window, subject, at, is_public, about, details, once = row
    return Notice(
        id_,
        NoticeKind(kind),
        None if member == NOBODY else MemberId(member),
        AwardKey(MemberId(member), badge, level, window, subject) if badge else None,
        from_micros(at),
        bool(is_public),
        about or "",
        _scalars(details) if details else NOTHING,
        once or "",
    )


# ------------------------------------------------------------------------------ final runs

PERIOD_COLUMNS = (
    "p.board, p.window_key, p.ends_at, p.settled_at, p.version, p.participants, p.is_paid"
)
PLACE_COLUMNS = "s.member_id, s.rank, s.position, s.tied_with, s.score, s.reached_at"


def period_to_core(row: Fetched) -> FinalPeriod:
    """One row of PERIOD_COLUMNS."""
    board, window, ends_at, settled_at, version, participants, is_paid = row
    return FinalPeriod(
        PeriodKey(board, window),
        from_micros(ends_at),
        from_micros(settled_at),
        version,
        participants,
        bool(is_paid),
    )


def place_to_core(row: Fetched) -> Place:
    """One row of PLACE_COLUMNS."""
    member, rank, position, tied_with, score, reached_at = row
    return Place(member, rank, position, tied_with, score, from_micros(reached_at))
