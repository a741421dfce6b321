"""New rules: checked, compared with those in force, stored as a version, and put into force."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gamification.definition.compiling import compile_program
from gamification.definition.document import Definition
from gamification.definition.problems import Problem
from gamification.definition.reading import read_definition, stored_definition
from gamification.ports import DefinitionVersion, Member, ProgramRecord, Store
from gamification.program import Program, program_of
from gamification.refusals import InvalidInput
from gamification.use_cases.rebuilding import rebuild

SECTIONS = ("activities", "metrics", "points", "caps", "earning", "badges", "leaderboards")
PAGE_SIZE = 200
"""How many members one transaction of a backfill takes."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a definition changed, or would change; paths are like "badges.nice-answer".

    `program` holds the rules now in force; on a dry run of a new program there is none.
    """

    program: Program | None
    version: int
    is_new: bool
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    warnings: tuple[Problem, ...]


async def apply_definition(
    store: Store,
    document: str,
    *,
    now: datetime,
    program_key: str | None = None,
    dry_run: bool = False,
    backfill: bool = False,
) -> Applied:
    """Create a program from a definition, or give it a new version of its rules.

    The new version judges what occurs from `now` on; with `backfill` it judges all history, and
    every member is replayed (also when nothing changed, so an interrupted backfill is finished by
    running it again). Raises `DefinitionRefused`, or `InvalidInput` when the definition is
    another program's than `program_key`.
    """
    definition = read_definition(document)
    _, warnings = compile_program(definition)
    if program_key is not None and definition.key != program_key:
        message = f"The definition's key is '{definition.key}', not '{program_key}'."
        raise InvalidInput(message, field=("definition",))
    record = await store.program(definition.key)
    before = stored_definition(record.versions[-1].document) if record is not None else None
    added, changed, removed = _compare(before, definition)
    text = definition.model_dump_json()
    is_same = record is not None and record.versions[-1].document == text
    number = len(record.versions) if record is not None else 0
    program = program_of(record) if record is not None else None
    if not dry_run and not (is_same and not backfill):
        since = None if record is None or backfill else now
        version = DefinitionVersion(number + 1, since, now, text)
        program = await _put_in_force(store, record, definition.key, version)
        number += 1
        await _follow(store, program, backfill=backfill and record is not None)
    return Applied(program, number, before is None, added, changed, removed, tuple(warnings))


async def _put_in_force(
    store: Store, record: ProgramRecord | None, key: str, version: DefinitionVersion
) -> Program:
    if record is None:
        return program_of(await store.create_program(key, version))
    async with store.writing(record) as writing:
        await writing.alone()
        await writing.add_version(version)
    stored = await store.program(key)
    assert stored is not None
    return program_of(stored)


async def _follow(store: Store, program: Program, *, backfill: bool) -> None:
    """Bring what is stored into line with the rules: who stands on boards; all else on backfill."""
    rules = program.rules
    plain = dict.fromkeys(rules.ranked - rules.segments.keys(), True)
    gone = dict.fromkeys(_metrics_of_the_past(program) - rules.ranked, False)
    async with store.writing(program.record) as writing:
        await writing.set_ranked(None, {**plain, **gone})
    if not backfill and not rules.segments:
        return
    after: str | None = None
    while page := await store.reading(program.record).member_page(after=after, limit=PAGE_SIZE):
        await _follow_page(store, program, page, backfill=backfill)
        after = page[-1].external_id


async def _follow_page(
    store: Store, program: Program, page: list[Member], *, backfill: bool
) -> None:
    rules = program.rules
    async with store.writing(program.record) as writing:
        members = await writing.lock_members_by_id({member.id for member in page})
        if backfill:
            settlement, _ = await rebuild(writing, program, members)
            await settlement.write(writing, announce=False)
        for member in members.values():
            ranked = {metric: rules.ranks(metric, member.attributes) for metric in rules.segments}
            if ranked:
                await writing.set_ranked(member.id, ranked)


def _metrics_of_the_past(program: Program) -> set[str]:
    return {metric for _, rules in program.timeline.versions for metric in rules.ranked}


def _compare(
    before: Definition | None, after: Definition
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The paths that were added, changed and removed."""
    old, new = _parts(before), _parts(after)
    return (
        tuple(path for path in new if path not in old),
        tuple(path for path in new if path in old and old[path] != new[path]),
        tuple(path for path in old if path not in new),
    )


def _parts(definition: Definition | None) -> dict[str, Any]:
    """Each rule by its path, and what stands outside the sections by its key."""
    if definition is None:
        return {}
    written: dict[str, Any] = json.loads(definition.model_dump_json(exclude_defaults=True))
    parts: dict[str, Any] = {}
    for key, value in written.items():
        if key in SECTIONS:
            parts |= {f"{key}.{name}": part for name, part in value.items()}
        else:
            parts[key] = value
    return parts
