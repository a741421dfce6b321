"""Without this adapter nothing could be judged: what one moment holds, behind its port."""

from collections.abc import Collection, Sequence

from gamification.facts import Activity, Retraction
from gamification.ids import MemberId
from gamification.ports import Member, Totals
from gamification.state import Account, AccountKey, Award, AwardKey, Tally, TallyKey, TallySpan
from models import awarding, facts, members, numbers, sharing, totals
from models.session import Scope

_NO_ACTIVITY = 0
"""The row id that stands for "caused by no activity"."""


class SqlJudging:
    """Fulfils `gamification.ports.Judging` within one transaction.

    The core names activities by key, the tables by row id: the ids met on the way are remembered,
    for what the same transaction may write after.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._activity_ids: dict[str, int] = {"": _NO_ACTIVITY}

    async def members(self, ids: Collection[MemberId]) -> dict[MemberId, Member]:
        return await members.by_id(self._scope, ids)

    async def members_by_external_id(self, external_ids: Collection[str]) -> dict[str, Member]:
        return await members.by_external_id(self._scope, external_ids)

    async def activities(self, keys: Collection[str]) -> dict[str, Activity]:
        return self._remembered(await facts.by_key(self._scope, keys))

    async def retractions(
        self, activity_keys: Collection[str]
    ) -> dict[str, tuple[Retraction, ...]]:
        return await facts.retractions(self._scope, activity_keys)

    async def tallies(
        self, keys: Collection[TallyKey], spans: Collection[TallySpan]
    ) -> dict[TallyKey, Tally]:
        found = await numbers.tallies(self._scope, keys)
        return found | await numbers.spans(self._scope, spans) if spans else found

    async def accounts(self, keys: Collection[AccountKey]) -> dict[AccountKey, Account]:
        return await numbers.accounts(self._scope, keys)

    async def awards(self, keys: Collection[AwardKey]) -> dict[AwardKey, Award]:
        found = await awarding.by_key(self._scope, keys)
        return {key: row.award for key, row in found.items()}

    async def shared_numbers(self, keys: Collection[str]) -> dict[str, int]:
        return await sharing.by_key(self._scope, keys)

    async def history(self, member: MemberId) -> list[tuple[Activity, tuple[Retraction, ...]]]:
        rows = (await facts.histories(self._scope, [member]))[member]
        self._activity_ids.update((row.activity.key, row.id) for row in rows)
        return [(row.activity, row.retractions) for row in rows]

    async def totals(self, member: MemberId) -> Totals:
        return (await totals.of_members(self._scope, [member]))[member]

    def _remembered(self, found: Sequence[tuple[int, Activity]]) -> dict[str, Activity]:
        self._activity_ids.update((activity.key, id_) for id_, activity in found)
        return {activity.key: activity for _, activity in found}
