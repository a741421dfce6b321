"""Without this part nobody could compute the twin's numbers again from its facts."""

from collections.abc import AsyncGenerator, Sequence

from gamification.facts import Activity, Retraction
from gamification.ids import MemberId
from gamification.ports import Member, Totals
from gamification.twin.view import TwinView

PAGE_FACTS_MAX = 20_000


class TwinAuditing(TwinView):
    """Fulfils `Auditing`."""

    async def members(self) -> AsyncGenerator[list[Member]]:
        page: list[Member] = []
        facts_in_page = 0
        for _, member in sorted(self._tables.members.items()):
            facts = len(self._tables.facts_of(member.id))
            if page and facts_in_page + facts > PAGE_FACTS_MAX:
                yield page
                page, facts_in_page = [], 0
            page.append(member)
            facts_in_page += facts
        if page:
            yield page

    async def fact_counts(self, ids: Sequence[MemberId]) -> dict[MemberId, int]:
        return {id_: len(self._tables.facts_of(id_)) for id_ in ids}

    async def histories(
        self, ids: Sequence[MemberId]
    ) -> dict[MemberId, list[tuple[Activity, tuple[Retraction, ...]]]]:
        return {
            id_: [(row.activity, row.retractions) for row in self._tables.facts_of(id_)]
            for id_ in ids
        }

    async def totals(self, ids: Sequence[MemberId]) -> dict[MemberId, Totals]:
        return {id_: self._tables.totals_of(id_) for id_ in ids}

    async def shared_numbers(self) -> dict[str, int]:
        return dict(self._tables.shared)

    async def granted_by(self, rule: str, unit: str) -> int:
        return self._tables.granted_by(rule, unit)

    async def orphans(self) -> list[str]:
        """Only tallies can be put for a member who does not exist."""
        lost = {key.member for key in self._tables.tallies} - self._tables.members.keys()
        count = sum(key.member in lost for key in self._tables.tallies)
        return (
            [f"tally: {count} rows belong to no member (the first to {min(lost)})"] if lost else []
        )
