"""Without this module nothing could be entered in the ledger, nor read back."""

from collections.abc import Callable, Sequence

from gamification.ids import MemberId
from gamification.ports import EntryRow
from gamification.state import Entry
from models.mapping import ENTRY_COLUMNS, entry_to_core, entry_to_row
from models.session import Scope
from models.statement import Statement

_CONTRA_ACCOUNT = "issuance"
"""Where earned points come from, and go back to when they are taken."""

_FROM = "ledger_entry e LEFT JOIN activity a ON a.id = e.activity_id"

_ADD = Statement(
    f"""
    INSERT INTO ledger_entry (program_id, contra_account, member_id, unit, activity_id, rule,
        revision, amount, requested, limited_by, occurred_at, version, balance_after)
    SELECT $1, '{_CONTRA_ACCOUNT}', r.member_id, r.unit, r.activity_id, r.rule, r.revision,
        r.amount, r.requested, r.limited_by, r.occurred_at, r.version, r.balance_after
    FROM {{rows}} WHERE true ORDER BY r.n
    """,
    rows={
        "member_id": int,
        "unit": str,
        "activity_id": int,
        "rule": str,
        "revision": int,
        "amount": int,
        "requested": int,
        "limited_by": str,
        "occurred_at": int,
        "version": int,
        "balance_after": int,
    },
    bulk=True,
)
_LATEST = Statement(
    f"""
    SELECT {ENTRY_COLUMNS} FROM {_FROM}
    WHERE e.program_id = $1 AND e.member_id = $2 AND e.unit = $3
    ORDER BY e.id DESC LIMIT $4
    """
)
_BEFORE = Statement(
    f"""
    SELECT {ENTRY_COLUMNS} FROM {_FROM}
    WHERE e.program_id = $1 AND e.member_id = $2 AND e.unit = $3 AND e.id < $5
    ORDER BY e.id DESC LIMIT $4
    """
)
_OF_ACTIVITY = Statement(
    f"""
    SELECT {ENTRY_COLUMNS} FROM activity a JOIN ledger_entry e ON e.activity_id = a.id
    WHERE a.program_id = $1 AND a.key = $2 AND e.program_id = $1
    ORDER BY e.id
    """
)


async def add(
    scope: Scope, entries: Sequence[tuple[Entry, int]], activity_id: Callable[[str], int]
) -> None:
    """Append entries, each with the balance after it."""
    rows = [
        entry_to_row(entry, balance, activity_id=activity_id(entry.posting.cause))
        for entry, balance in entries
    ]
    await scope.fetch(_ADD, rows=rows)


async def page(
    scope: Scope, member: MemberId, unit: str, *, before: int | None, limit: int
) -> list[EntryRow]:
    """An account's newest entries below `before`."""
    if before is None:
        rows = await scope.fetch(_LATEST, member, unit, limit)
    else:
        rows = await scope.fetch(_BEFORE, member, unit, limit, before)
    return [entry_to_core(row) for row in rows]


async def of_activity(scope: Scope, key: str) -> list[EntryRow]:
    """The entries an activity caused, oldest first."""
    return [entry_to_core(row) for row in await scope.fetch(_OF_ACTIVITY, key)]
