"""A recorder whose transactions tests hold up, and whose batches they see."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count

from gamification.commands import NewFact
from gamification.facts import NewActivity
from gamification.ports import Store
from gamification.program import Program
from gamification.refusals import Refusal
from gamification.use_cases.apply_definition import apply_definition
from gamification.use_cases.record_activities import record_activities
from gamification.use_cases.recorded import Recorded
from server.live.hub import LocalHub
from server.recorder import BatchingRecorder
from tests.builders import NOON
from tests.server.terminal import CLUB


@dataclass
class Desk:
    """Records through a gate that tests open and close, and keeps the sizes of the batches."""

    store: Store
    program: Program
    poison: frozenset[str] = frozenset()
    failures: list[Exception] = field(default_factory=list[Exception])
    failures_after: list[Exception] = field(default_factory=list[Exception])
    sizes: list[int] = field(default_factory=list[int])
    turns: list[str] = field(default_factory=list[str])
    """The program of each batch."""
    under_way: int = 0
    under_way_most: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(
        self, program: Program, new: Sequence[NewFact], *, now: datetime
    ) -> Sequence[Recorded | Refusal]:
        self.entered.set()
        self.turns.append(program.key)
        self.under_way += 1
        self.under_way_most = max(self.under_way_most, self.under_way)
        try:
            await self.gate.wait()
            self.sizes.append(len(new))
            return await self._recorded(program, new, now)
        finally:
            self.under_way -= 1

    async def _recorded(
        self, program: Program, new: Sequence[NewFact], now: datetime
    ) -> Sequence[Recorded | Refusal]:
        if self.failures:
            raise self.failures.pop()
        if any(each.member in self.poison for each in new):
            raise RuntimeError("poison")
        record = partial(record_activities, self.store, LocalHub(), new_key=lambda: "unused")
        results = await record(program, new, now=now)
        if self.failures_after:
            raise self.failures_after.pop()
        return results

    def recorder(
        self, *, size: int = 256, queue: int = 5000, queues: int = 20_000, writers: int = 1
    ) -> BatchingRecorder:
        numbers = count(1)
        return BatchingRecorder(
            self,
            now=lambda: NOON,
            new_key=lambda: f"made-{next(numbers)}",
            batch_size_max=size,
            queue_size_max=queue,
            queues_size_max=queues,
            writers_max=writers,
        )

    async def another(self, key: str) -> Program:
        """Another program with the same rules."""
        rules = CLUB.replace('"key": "club"', f'"key": "{key}"')
        applied = await apply_definition(self.store, rules, now=NOON)
        assert applied.program is not None
        return applied.program

    async def keys(self, member: str) -> list[str]:
        """What is stored of a member."""
        reading = self.store.reading(self.program.record)
        members = await reading.members_by_external_id([member])
        if member not in members:
            return []
        rows = await reading.activity_page(members[member].id, before=None, limit=1000)
        return sorted(row.activity.key for row in rows)


async def new_desk(store: Store) -> Desk:
    applied = await apply_definition(store, CLUB, now=NOON)
    assert applied.program is not None
    return Desk(store, applied.program)


def visit(member: str = "anne", *, key: str | None = None) -> NewActivity:
    return NewActivity(member=member, type="visit", key=key)


async def stored(result: Recorded | Refusal) -> str:
    assert isinstance(result, Recorded), result
    return result.activity.key
