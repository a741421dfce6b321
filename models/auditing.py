"""Without this adapter the auditor could not walk through a whole program in bounded memory."""

from collections.abc import AsyncGenerator, Sequence

from gamification.facts import Activity, Retraction
from gamification.ids import MemberId
from gamification.ports import Member, Totals
from models import facts, ledger_book, sharing, totals
from models.mapping import MEMBER_COLUMNS, NOBODY, member_to_core
from models.session import Scope
from models.statement import Statement

PAGE_FACTS_MAX = 20_000
_FETCHED_MEMBERS_MAX = 1_000

_PAGE = Statement(
    f"""
    SELECT (SELECT count(*) FROM activity a WHERE a.program_id = $1 AND a.member_id = m.id),
        {MEMBER_COLUMNS}
    FROM member m WHERE m.program_id = $1 AND m.id > $2 ORDER BY m.id
    LIMIT {_FETCHED_MEMBERS_MAX}
    """
)
_FACT_COUNTS = Statement(
    """
    SELECT r.member_id,
        (SELECT count(*) FROM activity a WHERE a.program_id = $1 AND a.member_id = r.member_id)
    FROM {rows}
    """,
    rows={"member_id": int},
)


def _orphans(table: str) -> Statement:
    return Statement(
        f"""
        SELECT count(*), min(o.member_id) FROM {table} o
        WHERE o.program_id = $1 AND o.member_id <> {NOBODY} AND NOT EXISTS (
            SELECT 1 FROM member m WHERE m.id = o.member_id AND m.program_id = $1
        )
        """
    )


def _uncaused(table: str) -> Statement:
    return Statement(
        f"""
        SELECT count(*), min(o.activity_id) FROM {table} o
        WHERE o.program_id = $1 AND o.activity_id <> 0 AND NOT EXISTS (
            SELECT 1 FROM activity a WHERE a.id = o.activity_id AND a.program_id = $1
        )
        """
    )


_ORPHANS = {
    table: _orphans(table)
    for table in (
        *("activity", "tally", "account", "ledger_entry", "award", "notice"),
        *("period_standing", "league_seat"),
    )
}
_UNCAUSED = {table: _uncaused(table) for table in ("ledger_entry", "award")}


class SqlAuditing:
    """Fulfils `gamification.auditing.Auditing`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def members(self) -> AsyncGenerator[list[Member]]:
        after = -1
        while rows := await self._scope.fetch(_PAGE, after):
            page: list[Member] = []
            facts_in_page = 0
            for fact_count, *columns in rows:
                if page and facts_in_page + fact_count > PAGE_FACTS_MAX:
                    yield page
                    page, facts_in_page = [], 0
                page.append(member_to_core(columns))
                facts_in_page += fact_count
            yield page
            after = rows[-1][1]

    async def fact_counts(self, ids: Sequence[MemberId]) -> dict[MemberId, int]:
        rows = await self._scope.fetch(_FACT_COUNTS, rows=[(id_,) for id_ in ids])
        return {MemberId(id_): count for id_, count in rows}

    async def histories(
        self, ids: Sequence[MemberId]
    ) -> dict[MemberId, list[tuple[Activity, tuple[Retraction, ...]]]]:
        return {
            member: [(row.activity, row.retractions) for row in rows]
            for member, rows in (await facts.histories(self._scope, ids)).items()
        }

    async def totals(self, ids: Sequence[MemberId]) -> dict[MemberId, Totals]:
        return await totals.of_members(self._scope, ids)

    async def shared_numbers(self) -> dict[str, int]:
        return await sharing.everything(self._scope)

    async def granted_by(self, rule: str, unit: str) -> int:
        return await ledger_book.granted_by(self._scope, rule, unit)

    async def orphans(self) -> list[str]:
        found: list[str] = []
        for table, statement in _ORPHANS.items():
            count, first = (await self._scope.fetch(statement))[0]
            if count:
                found.append(f"{table}: {count} rows belong to no member (the first to {first})")
        for table, statement in _UNCAUSED.items():
            count, first = (await self._scope.fetch(statement))[0]
            if count:
                found.append(f"{table}: {count} rows name no stored activity (the first {first})")
        return found
