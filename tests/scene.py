"""A store with one program in it, and the commands upon it; else each test would wire its own.

On the twin nothing ever waits, so `now_done` runs a command without an event loop: thousands a
second.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from gamification.commands import NewFact
from gamification.definition.compiled import CompiledProgram, Timeline
from gamification.definition.document import Definition
from gamification.facts import Scalar
from gamification.ids import MemberId
from gamification.live import Changes
from gamification.outcomes import Notice
from gamification.ports import DefinitionVersion, Member, Store, Totals
from gamification.program import Program
from gamification.refusals import Refusal
from gamification.stored import EntryRow
from gamification.twin import Twin
from gamification.use_cases.apply_definition import Applied, Backfill, apply_definition
from gamification.use_cases.difference import Difference
from gamification.use_cases.record_activities import record_activities
from gamification.use_cases.recorded import Recorded
from gamification.use_cases.retract_activity import Retracted, retract_activity
from gamification.use_cases.update_member import update_member
from gamification.use_cases.verify_program import verify_program
from tests.builders import NOON, numbered_keys

T = TypeVar("T")

MEMBERS_MAX = 1000
ENTRIES_MAX = 10_000


def now_done(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that never waits for anything."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    raise AssertionError("it waits: run it on an event loop")


@dataclass(slots=True)
class HeardBus:
    """A bus that remembers what was published."""

    heard: list[Changes] = field(default_factory=list[Changes])

    def publish(self, changes: Changes) -> None:
        self.heard.append(changes)


@dataclass(slots=True)
class Scene:
    """One program in a store. `now` is the server's clock, and stands still."""

    store: Store
    program: Program
    now: datetime
    bus: HeardBus = field(default_factory=HeardBus)
    new_key: Callable[[], str] = field(default_factory=numbered_keys)

    async def record(self, *new: NewFact, imported: bool = False) -> list[Recorded | Refusal]:
        return await record_activities(
            self.store,
            self.bus,
            self.program,
            new,
            now=self.now,
            new_key=self.new_key,
            imported=imported,
        )

    async def recorded(self, *new: NewFact, imported: bool = False) -> list[Recorded]:
        """Record what cannot be refused."""
        results = await self.record(*new, imported=imported)
        refused = [result for result in results if isinstance(result, Refusal)]
        assert refused == []
        return [result for result in results if isinstance(result, Recorded)]

    async def retract(
        self,
        activity_key: str | None = None,
        *,
        source: str | None = None,
        amount: str | None = None,
        reason: str = "",
        key: str | None = None,
        received_at: datetime | None = None,
    ) -> Retracted:
        """Take back what was sent; now, unless the server got it at another time."""
        return await retract_activity(
            self.store,
            self.bus,
            self.program,
            activity_key=activity_key,
            source=source,
            amount=amount,
            reason=reason,
            key=key,
            now=received_at or self.now,
        )

    async def update(
        self,
        external_id: str,
        attributes: Mapping[str, Scalar] | None = None,
        *,
        name: str | None = None,
        **more: Scalar,
    ) -> Member:
        """Tell about a member; attributes may be given by their names."""
        return await update_member(
            self.store,
            self.bus,
            self.program,
            external_id=external_id,
            display_name=name,
            attributes={**(attributes or {}), **more},
            now=self.now,
            new_key=self.new_key,
        )

    async def apply(
        self,
        document: str | Definition,
        *,
        dry_run: bool = False,
        backfill: Backfill = Backfill.NONE,
        tell: list[tuple[int, int]] | None = None,
    ) -> Applied:
        """Apply a definition; the scene goes on with the rules then in force. `tell` is filled
        with how far the members have followed."""
        applied = await apply_definition(
            self.store,
            document,
            now=self.now,
            dry_run=dry_run,
            backfill=backfill,
            bus=self.bus,
            tell=None if tell is None else lambda done, of: tell.append((done, of)),
        )
        if applied.program is not None:
            self.program = applied.program
        return applied

    async def members(self) -> list[Member]:
        return await self.store.reading(self.program.record).member_page(
            after=None, limit=MEMBERS_MAX
        )

    async def member(self, external_id: str = "anne") -> Member:
        reading = self.store.reading(self.program.record)
        return (await reading.members_by_external_id([external_id]))[external_id]

    async def totals(self) -> dict[MemberId, Totals]:
        ids: Sequence[MemberId] = [member.id for member in await self.members()]
        return await self.store.auditing(self.program.record).totals(ids)

    async def entries(self, member: MemberId, unit: str) -> list[EntryRow]:
        """An account's entries, oldest first."""
        reading = self.store.reading(self.program.record)
        return (await reading.entries(member, unit, before=None, limit=ENTRIES_MAX))[::-1]

    async def notices(self) -> list[Notice]:
        """All that was ever announced, oldest first."""
        reading = self.store.reading(self.program.record)
        return await reading.notices_after(0, member=None, public_only=False, limit=ENTRIES_MAX)

    async def differences(self) -> list[Difference]:
        """What the auditor finds."""
        found = verify_program(self.store, self.program)
        return [each async for each in found if isinstance(each, Difference)]


LATER = NOON + timedelta(days=400)
"""What the server's clock says unless a test sets it: more than a year after `NOON`."""


async def scene(document: str, *, store: Store | None = None, now: datetime = LATER) -> Scene:
    """A new program in a store (none given: a twin of its own)."""
    store = store if store is not None else Twin()
    applied = await apply_definition(store, document, now=now)
    assert applied.program is not None
    return Scene(store, applied.program, now)


async def staged(rules: CompiledProgram, *, store: Store | None = None) -> Scene:
    """A new program whose rules are compiled already: a hundred times faster than `scene`."""
    store = store if store is not None else Twin()
    definition = rules.definition
    version = DefinitionVersion(rules.version, None, LATER, definition.model_dump_json())
    record = await store.create_program(definition.key, version)
    return Scene(store, Program(record, Timeline(((None, rules),))), LATER)
