"""Without this part a simulation on the twin would have to change it."""

from collections.abc import Collection

from gamification.facts import Activity, Retraction
from gamification.ids import MemberId
from gamification.ports import Member, Totals
from gamification.state import Account, AccountKey, Award, AwardKey, Tally, TallyKey, TallySpan
from gamification.twin.tables import Tables, picked


class TwinJudging:
    """Fulfils `Judging` on tables that nobody else changes meanwhile."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def members(self, ids: Collection[MemberId]) -> dict[MemberId, Member]:
        return picked(self._tables.members, ids)

    async def members_by_external_id(self, external_ids: Collection[str]) -> dict[str, Member]:
        ids = picked(self._tables.by_external_id, external_ids)
        return {external_id: self._tables.members[id_] for external_id, id_ in ids.items()}

    async def activities(self, keys: Collection[str]) -> dict[str, Activity]:
        return {
            key: activity for key, (_, activity) in picked(self._tables.activities, keys).items()
        }

    async def retractions(
        self, activity_keys: Collection[str]
    ) -> dict[str, tuple[Retraction, ...]]:
        found = {key: self._tables.retractions_of(key) for key in activity_keys}
        return {key: retractions for key, retractions in found.items() if retractions}

    async def tallies(
        self, keys: Collection[TallyKey], spans: Collection[TallySpan]
    ) -> dict[TallyKey, Tally]:
        spanned = {
            key: tally
            for key, tally in (self._tables.tallies.items() if spans else ())
            for span in spans
            if (key.member, key.metric) == (span.member, span.metric)
            and span.first <= key.window <= span.last
        }
        return picked(self._tables.tallies, keys) | spanned

    async def accounts(self, keys: Collection[AccountKey]) -> dict[AccountKey, Account]:
        return picked(self._tables.accounts, keys)

    async def awards(self, keys: Collection[AwardKey]) -> dict[AwardKey, Award]:
        return {key: row.award for key, row in picked(self._tables.awards, keys).items()}

    async def shared_numbers(self, keys: Collection[str]) -> dict[str, int]:
        return {key: self._tables.shared.get(key, 0) for key in keys}

    async def history(self, member: MemberId) -> list[tuple[Activity, tuple[Retraction, ...]]]:
        return [(row.activity, row.retractions) for row in self._tables.facts_of(member)]

    async def totals(self, member: MemberId) -> Totals:
        return self._tables.totals_of(member)
