"""Without this module tallies and accounts could be neither loaded nor written in bulk."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec.structs import astuple

from gamification.ids import MemberId
from gamification.ports import Ranked
from gamification.state import Account, AccountKey, Tally, TallyKey, TallySpan
from gamification.stored import DuePlace, SubjectBound
from models.mapping import (
    ACCOUNT_COLUMNS,
    TALLY_COLUMNS,
    TALLY_KEY_COLUMNS,
    account_to_row,
    accounts_to_core,
    tallies_to_core,
    tally_to_core,
    tally_to_row,
)
from models.session import Scope
from models.statement import Statement
from models.times import from_micros, to_micros, to_micros_or_null

_KEY = {"member_id": int, "metric": str, "window_key": str, "subject": str}
_SAME_KEY = """
    t.program_id = $1 AND t.member_id = r.member_id AND t.metric = r.metric
    AND t.window_key = r.window_key AND t.subject = r.subject
"""

_TALLIES = Statement(
    f"SELECT r.n, {TALLY_COLUMNS} FROM {{rows}} CROSS JOIN tally t WHERE {_SAME_KEY}",
    rows=_KEY,
    bulk=True,
)
_SPANS = Statement(
    f"""
    SELECT {TALLY_KEY_COLUMNS}, {TALLY_COLUMNS} FROM {{rows}} CROSS JOIN tally t
    WHERE t.program_id = $1 AND t.member_id = r.member_id AND t.metric = r.metric
        AND t.window_key >= r.first_window AND t.window_key <= r.last_window
    """,
    rows={"member_id": int, "metric": str, "first_window": str, "last_window": str},
)
_PUT = Statement(
    """
    INSERT INTO tally (program_id, member_id, metric, window_key, subject, value, peak, reached_at,
        touches, ranked)
    SELECT $1, r.member_id, r.metric, r.window_key, r.subject, r.value, r.peak, r.reached_at,
        r.touches, r.ranked
    FROM {rows} WHERE true
    ON CONFLICT (member_id, metric, window_key, subject) DO UPDATE SET
        value = excluded.value, peak = excluded.peak, reached_at = excluded.reached_at,
        touches = excluded.touches, ranked = excluded.ranked
    """,
    rows={**_KEY, "value": int, "peak": int, "reached_at": int, "touches": int, "ranked": bool},
    bulk=True,
)
_DELETE = Statement(
    f"""
    DELETE FROM tally WHERE id IN (
        SELECT t.id FROM {{rows}} CROSS JOIN tally t WHERE {_SAME_KEY}
    )
    """,
    rows=_KEY,
)


def _set_ranked(condition: str) -> Statement:
    return Statement(
        f"""
        UPDATE tally SET ranked = r.ranked FROM {{rows}}
        WHERE tally.program_id = $1 AND tally.metric = r.metric AND tally.ranked <> r.ranked
            {condition}
        """,
        rows={"metric": str, "ranked": bool},
    )


_SET_RANKED = _set_ranked("")
_SET_RANKED_OF_MEMBER = _set_ranked(
    """
        AND tally.member_id = $2
    RETURNING tally.member_id, tally.metric, tally.window_key, tally.subject,
        tally.value, tally.peak, tally.reached_at, tally.touches, tally.ranked
    """
)
_SUBJECTS_BELOW = Statement(
    f"""
    SELECT {TALLY_KEY_COLUMNS}, {TALLY_COLUMNS} FROM (
        SELECT t.*, row_number() OVER (PARTITION BY r.n ORDER BY t.value DESC, t.subject) AS place
        FROM {{rows}} CROSS JOIN tally t
        WHERE t.program_id = $1 AND t.member_id = r.member_id AND t.metric = r.metric
            AND t.window_key = r.window_key AND t.subject <> '' AND t.value < r.below
    ) t WHERE t.place <= $2
    """,
    rows={"member_id": int, "metric": str, "window_key": str, "below": int},
)

_ACCOUNTS = Statement(
    f"""
    SELECT {ACCOUNT_COLUMNS} FROM {{rows}} CROSS JOIN account c
    WHERE c.program_id = $1 AND c.member_id = r.member_id AND c.unit = r.unit
    """,
    rows={"member_id": int, "unit": str},
)
_ACCOUNTS_OF = Statement(
    f"""
    SELECT {ACCOUNT_COLUMNS} FROM {{rows}} CROSS JOIN account c
    WHERE c.program_id = $1 AND c.member_id = r.member_id
    """,
    rows={"member_id": int},
)
_PUT_ACCOUNTS = Statement(
    """
    INSERT INTO account (program_id, member_id, unit, balance, debited_at, clamped_at, lots)
    SELECT $1, r.member_id, r.unit, r.balance, r.debited_at, r.clamped_at, r.lots
    FROM {rows} WHERE true
    ON CONFLICT (member_id, unit) DO UPDATE SET balance = excluded.balance,
        debited_at = excluded.debited_at, clamped_at = excluded.clamped_at, lots = excluded.lots
    """,
    rows={
        "member_id": int,
        "unit": str,
        "balance": int,
        "debited_at": int,
        "clamped_at": int,
        "lots": str,
    },
)

_PUT_DUE = Statement(
    """
    UPDATE account SET due_at = r.due_at FROM {rows}
    WHERE account.program_id = $1 AND account.member_id = r.member_id AND account.unit = r.unit
    """,
    rows={"member_id": int, "unit": str, "due_at": int},
)


def _due(condition: str) -> Statement:
    return Statement(
        f"""
        SELECT c.due_at, c.member_id, c.unit FROM account c
        WHERE c.program_id = $1 AND c.due_at <= $2 {condition}
        ORDER BY c.due_at, c.member_id, c.unit LIMIT $3
        """
    )


_DUE = _due("")
_DUE_AFTER = _due("AND (c.due_at, c.member_id, c.unit) > ($4, $5, $6)")


async def tallies(scope: Scope, keys: Collection[TallyKey]) -> dict[TallyKey, Tally]:
    """The tallies with these keys."""
    asked = list(keys)
    rows = await scope.fetch(_TALLIES, rows=list(map(astuple, asked)))
    return {asked[row[0] - 1]: tally_to_core(row[1:]) for row in rows}


async def spans(scope: Scope, asked: Collection[TallySpan]) -> dict[TallyKey, Tally]:
    """All tallies within these spans of windows."""
    return tallies_to_core(await scope.fetch(_SPANS, rows=list(asked)))


async def put_tallies(scope: Scope, puts: Sequence[Ranked]) -> None:
    """Insert or replace; the last put of a key counts, and one with no touches deletes it."""
    last = {put.key: put for put in puts}.values()
    # In the order of their keys, so that no two transactions wait for each other.
    await scope.fetch(_PUT, rows=sorted(tally_to_row(put) for put in last if put.tally.touches))
    await delete_tallies(scope, [put.key for put in last if not put.tally.touches])


async def delete_tallies(scope: Scope, keys: Collection[TallyKey]) -> None:
    """Remove tallies."""
    await scope.fetch(_DELETE, rows=sorted(map(astuple, keys)))


async def set_ranked(scope: Scope, ranked: Mapping[str, bool]) -> None:
    """Put everyone's tallies of each metric on their boards, or off."""
    await scope.fetch(_SET_RANKED, rows=sorted(ranked.items()))


async def set_ranked_of(
    scope: Scope, member: MemberId, ranked: Mapping[str, bool]
) -> dict[TallyKey, Ranked]:
    """Put a member's tallies of each metric on their boards, or off; those that came or left."""
    rows = await scope.fetch(_SET_RANKED_OF_MEMBER, member, rows=sorted(ranked.items()))
    moved = ((TallyKey(*row[:4]), tally_to_core(row[4:8]), bool(row[8])) for row in rows)
    return {key: Ranked(key, tally, ranked=is_ranked) for key, tally, is_ranked in moved}


async def subjects_below(
    scope: Scope,
    members: Collection[MemberId],
    bounds: Collection[SubjectBound],
    *,
    limit: int,
) -> dict[TallyKey, Tally]:
    """For each member and bound, the subjects' highest tallies below it."""
    rows = [(member, *bound) for member in set(members) for bound in set(bounds)]
    return tallies_to_core(await scope.fetch(_SUBJECTS_BELOW, limit, rows=rows))


async def accounts(scope: Scope, keys: Collection[AccountKey]) -> dict[AccountKey, Account]:
    """The accounts with these keys."""
    return accounts_to_core(await scope.fetch(_ACCOUNTS, rows=list(map(astuple, keys))))


async def accounts_of(scope: Scope, members: Collection[MemberId]) -> dict[AccountKey, Account]:
    """All accounts of the members."""
    rows = [(member,) for member in set(members)]
    return accounts_to_core(await scope.fetch(_ACCOUNTS_OF, rows=rows))


async def put_accounts(scope: Scope, accounts: Mapping[AccountKey, Account]) -> None:
    """Insert or replace."""
    rows = [account_to_row(key, accounts[key]) for key in sorted(accounts)]
    await scope.fetch(_PUT_ACCOUNTS, rows=rows)


async def put_due(scope: Scope, due: Mapping[AccountKey, datetime | None]) -> None:
    """Note when a duty has to look at accounts."""
    rows = [(*astuple(key), to_micros_or_null(due[key])) for key in sorted(due)]
    await scope.fetch(_PUT_DUE, rows=rows)


async def due(scope: Scope, now: datetime, *, after: DuePlace | None, limit: int) -> list[DuePlace]:
    """The accounts that have come due, in the order of their places."""
    asked = (to_micros(now), limit)
    if after is None:
        rows = await scope.fetch(_DUE, *asked)
    else:
        place = (to_micros(after.due_at), *astuple(after.account))
        rows = await scope.fetch(_DUE_AFTER, *asked, *place)
    return [
        DuePlace(from_micros(at), AccountKey(MemberId(member), unit)) for at, member, unit in rows
    ]
