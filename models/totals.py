"""Without this module a replay would have nothing to be compared with."""

from collections.abc import Collection

from gamification.ids import MemberId
from gamification.ports import Totals
from gamification.state import Posting, TallyKey
from models import numbers
from models.mapping import (
    AWARD_COLUMNS,
    ENTRY_COLUMNS,
    TALLY_COLUMNS,
    TALLY_KEY_COLUMNS,
    award_to_core,
    entry_to_core,
    tally_to_core,
)
from models.session import Scope
from models.statement import Statement

_MEMBERS = {"member_id": int}

_TALLIES = Statement(
    f"""
    SELECT {TALLY_KEY_COLUMNS}, {TALLY_COLUMNS}, t.ranked FROM {{rows}} CROSS JOIN tally t
    WHERE t.program_id = $1 AND t.member_id = r.member_id
    """,
    rows=_MEMBERS,
)
_AWARDS = Statement(
    f"""
    SELECT {AWARD_COLUMNS}
    FROM {{rows}} CROSS JOIN award w LEFT JOIN activity a ON a.id = w.activity_id
    WHERE w.program_id = $1 AND w.member_id = r.member_id
    """,
    rows=_MEMBERS,
)
_ENTRIES = Statement(
    f"""
    SELECT {ENTRY_COLUMNS}
    FROM {{rows}} CROSS JOIN ledger_entry e LEFT JOIN activity a ON a.id = e.activity_id
    WHERE e.program_id = $1 AND e.member_id = r.member_id
    """,
    rows=_MEMBERS,
)


async def of_members(scope: Scope, members: Collection[MemberId]) -> dict[MemberId, Totals]:
    """All that is derived for each of the members, as it is stored."""
    found = {member: Totals({}, set(), {}, {}, {}, {}) for member in members}
    rows = [(member,) for member in found]
    for row in await scope.fetch(_TALLIES, rows=rows):
        totals, key = found[MemberId(row[0])], TallyKey(*row[:4])
        totals.tallies[key] = tally_to_core(row[4:8])
        if row[8]:
            totals.ranked.add(key)
    for key, account in (await numbers.accounts_of(scope, list(found))).items():
        found[key.member].accounts[key] = account
    for row in await scope.fetch(_AWARDS, rows=rows):
        award = award_to_core(row).award
        found[award.key.member].awards[award.key] = award
    entries = [entry_to_core(row).entry for row in await scope.fetch(_ENTRIES, rows=rows)]
    for entry in sorted(entries, key=lambda entry: entry.revision):
        totals, key = found[entry.posting.member], entry.posting
        before = totals.postings[key].granted if key in totals.postings else 0
        totals.postings[key] = Posting(
            entry.requested,
            before + entry.amount,
            entry.limited_by,
            entry.occurred_at,
            entry.version,
            entry.allocations,
        )
        totals.revisions[key] = entry.revision
    return found
