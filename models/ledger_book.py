"""Without this module nothing could be entered in the ledger, nor read back."""

from collections.abc import Callable, Collection, Sequence

from msgspec.structs import astuple

from gamification.ids import MemberId
from gamification.state import AccountKey, Entry
from gamification.stored import BalanceAsked, EntryRow, RuleSum
from models.mapping import ENTRY_COLUMNS, entry_to_core, entry_to_row
from models.session import Scope
from models.statement import Statement
from models.times import to_micros

_CONTRA_ACCOUNT = "issuance"
"""Where earned points come from, and go back to when they are taken."""

_FROM = "ledger_entry e LEFT JOIN activity a ON a.id = e.activity_id"

_ADD = Statement(
    f"""
    INSERT INTO ledger_entry (program_id, contra_account, member_id, unit, activity_id, rule,
        revision, amount, requested, limited_by, occurred_at, version, balance_after, allocations)
    SELECT $1, '{_CONTRA_ACCOUNT}', r.member_id, r.unit, r.activity_id, r.rule, r.revision,
        r.amount, r.requested, r.limited_by, r.occurred_at, r.version, r.balance_after,
        r.allocations
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
        "allocations": str,
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
_OF_ACTIVITIES = Statement(
    f"""
    SELECT {ENTRY_COLUMNS} FROM {{rows}} CROSS JOIN activity a CROSS JOIN ledger_entry e
    WHERE a.program_id = $1 AND a.key = r.key AND e.program_id = $1 AND e.activity_id = a.id
    ORDER BY e.id
    """,
    rows={"key": str},
)
_RULE_SUMS = Statement(
    """
    SELECT r.member_id, r.unit, e.rule,
        count(CASE WHEN e.revision = 0 THEN 1 END),
        CAST(sum(CASE WHEN e.revision = 0 THEN e.amount ELSE 0 END) AS BIGINT),
        count(CASE WHEN e.revision > 0 THEN 1 END),
        CAST(sum(CASE WHEN e.revision > 0 THEN e.amount ELSE 0 END) AS BIGINT)
    FROM {rows} CROSS JOIN ledger_entry e
    WHERE e.program_id = $1 AND e.member_id = r.member_id AND e.unit = r.unit
    GROUP BY r.member_id, r.unit, e.rule
    """,
    rows={"member_id": int, "unit": str},
)

_BALANCES_AT = Statement(
    """
    SELECT r.n, CAST(sum(
        CASE WHEN e.occurred_at <= r.at OR e.rule = 'opening' THEN e.amount ELSE 0 END
    ) AS BIGINT)
    FROM {rows} CROSS JOIN ledger_entry e
    WHERE e.program_id = $1 AND e.member_id = r.member_id AND e.unit = r.unit
    GROUP BY r.n
    """,
    rows={"member_id": int, "unit": str, "at": int},
)


_GRANTED_BY = Statement(
    """
    SELECT coalesce(sum(e.amount), 0) FROM ledger_entry e
    WHERE e.program_id = $1 AND e.rule = $2 AND e.unit = $3
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


async def of_activities(scope: Scope, keys: Collection[str]) -> dict[str, list[EntryRow]]:
    """The entries that each activity caused, oldest first."""
    found: dict[str, list[EntryRow]] = {key: [] for key in keys}
    for row in await scope.fetch(_OF_ACTIVITIES, rows=[(key,) for key in found]):
        entry = entry_to_core(row)
        found[entry.entry.posting.cause].append(entry)
    return found


async def rule_sums(
    scope: Scope, accounts: Collection[AccountKey]
) -> dict[AccountKey, list[RuleSum]]:
    """What each rule has entered in each account, by the rules' names."""
    found: dict[AccountKey, list[RuleSum]] = {account: [] for account in accounts}
    for row in await scope.fetch(_RULE_SUMS, rows=list(map(astuple, found))):
        found[AccountKey(MemberId(row[0]), row[1])].append(RuleSum(*row[2:]))
    return {account: sorted(sums) for account, sums in found.items()}


async def balances_at(scope: Scope, asked: Collection[BalanceAsked]) -> dict[BalanceAsked, int]:
    """What the entries of accounts up to moments come to."""
    places = list(asked)
    rows = [(*astuple(each.account), to_micros(each.at)) for each in places]
    return {places[n - 1]: amount for n, amount in await scope.fetch(_BALANCES_AT, rows=rows)}


async def granted_by(scope: Scope, rule: str, unit: str) -> int:
    """What the entries of one rule come to in all, in one unit."""
    return int((await scope.fetch(_GRANTED_BY, rule, unit))[0][0])
