"""New rules: checked, compared with those in force, stored as a version, and put into force."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from gamification.definition.comparing import differences
from gamification.definition.compiling import compile_program
from gamification.definition.document import Definition
from gamification.definition.problems import Problem
from gamification.definition.reading import read_definition, stored_definition
from gamification.live import Bus, Changes
from gamification.ports import DefinitionVersion, Member, ProgramRecord, Store, Writing
from gamification.program import Program, program_of
from gamification.refusals import InvalidInput
from gamification.use_cases.rebuilding import rebuild
from gamification.use_cases.settling import settle

PAGE_SIZE = 200
"""How many members one transaction of a backfill takes."""


Tell = Callable[[int, int], None]
"""Hears how many members have been brought into line with new rules, and of how many."""


class Backfill(Enum):
    """What becomes of the past when new rules come into force.

    `NONE`: it stays. `SILENT`: it is judged by the new rules, and nobody is told. `NOTIFY`: the
    same, and the awards that this makes or takes are announced.
    """

    NONE = "none"
    SILENT = "silent"
    NOTIFY = "notify"


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a definition changed, or would change; paths are like "badges.nice-answer".

    `program` holds the rules now in force; on a dry run of a new program there is none. `is_same`:
    these rules are in force already, so there is no new version. `unjudged` are the members, by
    external id, whose numbers the new rules would take out of range: a backfill left them as they
    were.
    """

    program: Program | None
    definition: Definition
    version: int
    is_new: bool
    is_same: bool
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    warnings: tuple[Problem, ...]
    unjudged: tuple[str, ...] = ()


async def apply_definition(
    store: Store,
    document: str | Definition,
    *,
    now: datetime,
    program_key: str | None = None,
    dry_run: bool = False,
    backfill: Backfill = Backfill.NONE,
    bus: Bus | None = None,
    tell: Tell | None = None,
) -> Applied:
    """Create a program from a definition, or give it a new version of its rules.

    The new version judges what occurs from `now` on; with a backfill it judges all history, and
    every member is replayed (also when nothing changed, so an interrupted backfill is finished by
    running it again). What is announced is also published on the `bus`. Raises
    `DefinitionRefused`, or `InvalidInput` when the definition is another program's than
    `program_key`.
    """
    definition = read_definition(document) if isinstance(document, str) else document
    _, warnings = compile_program(definition)
    _check_key(definition, program_key)
    record = await store.program(definition.key)
    before = stored_definition(record.versions[-1].document) if record is not None else None
    differing = differences(before, definition)
    text = definition.model_dump_json()
    is_same = before is not None and before.model_dump_json() == text and backfill is Backfill.NONE
    number = len(record.versions) if record is not None else 0
    program = program_of(record) if record is not None else None
    unjudged: list[Member] = []
    if not dry_run and not is_same:
        since = None if record is None or backfill is not Backfill.NONE else now
        version = DefinitionVersion(number + 1, since, now, text)
        program = await _put_in_force(store, record, definition.key, version)
        number += 1
        if record is not None:
            unjudged = await _follow(store, program, backfill, now=now, bus=bus, tell=tell)
    return Applied(
        program=program,
        definition=definition,
        version=number,
        is_new=before is None,
        is_same=is_same,
        added=differing.added,
        changed=differing.changed,
        removed=differing.removed,
        warnings=tuple(warnings),
        unjudged=tuple(member.external_id for member in unjudged),
    )


def _check_key(definition: Definition, program_key: str | None) -> None:
    if program_key is not None and definition.key != program_key:
        message = f"The definition's key is '{definition.key}', not '{program_key}'."
        raise InvalidInput(message, field=("definition",))


async def _put_in_force(
    store: Store, record: ProgramRecord | None, key: str, version: DefinitionVersion
) -> Program:
    if record is None:
        return program_of(await store.create_program(key, version))
    async with store.writing(record) as writing:
        await writing.alone()
        await writing.add_version(version)
        await _begin_budgets(writing, record, version)
    stored = await store.program(key)
    assert stored is not None
    return program_of(stored)


async def _begin_budgets(
    writing: Writing, record: ProgramRecord, version: DefinitionVersion
) -> None:
    """Let a budget that is new begin with what its campaign has added already."""
    before = program_of(record).timeline.budgets
    rules = compile_program(stored_definition(version.document))[0]
    for campaign in rules.campaigns.values():
        for unit in campaign.budgets:
            budget = campaign.budget_key(unit)
            if budget not in before:
                await writing.lock_shared([budget])
                used = await writing.granted_by(campaign.rule, unit)
                await writing.put_shared({budget: used})


async def _follow(
    store: Store,
    program: Program,
    backfill: Backfill,
    *,
    now: datetime,
    bus: Bus | None,
    tell: Tell | None,
) -> list[Member]:
    """Bring what is stored into line with the rules: who stands on boards; all else on backfill.

    Returns the members whose numbers would leave their range, and who were left as they were.
    """
    unjudged: list[Member] = []
    rules, reading = program.rules, store.reading(program.record)
    plain = dict.fromkeys(rules.ranked - rules.segments.keys(), True)
    gone = dict.fromkeys(_metrics_of_the_past(program) - rules.ranked, False)
    async with store.writing(program.record) as writing:
        await writing.set_ranked(None, {**plain, **gone})
    if backfill is Backfill.NONE and not rules.segments:
        return unjudged
    done, of = 0, await reading.member_count()
    after: str | None = None
    while page := await reading.member_page(after=after, limit=PAGE_SIZE):
        changes, left = await _follow_page(store, program, page, backfill=backfill, now=now)
        unjudged += left
        if changes is not None and bus is not None and backfill is Backfill.NOTIFY:
            bus.publish(changes)
        after, done = page[-1].external_id, done + len(page)
        if tell is not None:
            tell(done, max(done, of))
    return unjudged


async def _follow_page(
    store: Store, program: Program, page: list[Member], *, backfill: Backfill, now: datetime
) -> tuple[Changes | None, list[Member]]:
    rules = program.rules
    changes: Changes | None = None
    unjudged: list[Member] = []
    async with store.writing(program.record) as writing:
        members = await writing.lock_members_by_id({member.id for member in page})
        if backfill is not Backfill.NONE:
            settlement, _ = await rebuild(writing, program, members, unjudged=unjudged)
            announce = backfill is Backfill.NOTIFY
            changes = (await settle(writing, settlement, now=now, announce=announce)).changes
        for member in members.values():
            ranked = {metric: rules.ranks(metric, member.attributes) for metric in rules.segments}
            if ranked:
                await writing.set_ranked(member.id, ranked)
    return changes, unjudged


def _metrics_of_the_past(program: Program) -> set[str]:
    return {metric for _, rules in program.timeline.versions for metric in rules.ranked}
