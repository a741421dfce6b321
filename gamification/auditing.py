"""What the auditor asks of a store; `models` and the twin fulfil it."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from gamification.facts import Activity, Retraction
from gamification.ids import MemberId
from gamification.stored import Member, Totals


class Auditing(Protocol):
    """Streams over a whole program for the auditor, in order, with bounded memory."""

    def members(self) -> AsyncIterator[list[Member]]:
        """All members by id, in pages whose histories together stay below some 20,000 facts."""
        ...

    async def fact_counts(self, ids: Sequence[MemberId]) -> dict[MemberId, int]:
        """How long each member's history is."""
        ...

    async def histories(
        self, ids: Sequence[MemberId]
    ) -> dict[MemberId, list[tuple[Activity, tuple[Retraction, ...]]]]: ...

    async def totals(self, ids: Sequence[MemberId]) -> dict[MemberId, Totals]: ...

    async def shared_numbers(self) -> dict[str, int]:
        """All numbers that the program's members share."""
        ...

    async def granted_by(self, rule: str, unit: str) -> int:
        """What the entries of one rule come to in all, in one unit."""
        ...

    async def orphans(self) -> list[str]:
        """What no member's audit sees: rows that belong to no member, in words."""
        ...
