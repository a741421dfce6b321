"""The history of the program's rules: every version, and what it changed."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import strawberry

from gamification.definition.comparing import Differences, differences
from gamification.definition.document import Definition
from gamification.ports import DefinitionVersion as Stored
from gamification.program import Program
from gql.pages import Connection, page, page_size, place_of


class VersionRow(NamedTuple):
    """A version as stored, its document as read, and the document before it."""

    stored: Stored
    definition: Definition
    before: Definition | None


@strawberry.type(description="One version of the program's rules. None is ever changed.")
class DefinitionVersion:
    row: strawberry.Private[VersionRow]
    number: int = strawberry.field(description="Counted from 1.")
    effective_from: datetime | None = strawberry.field(
        description="It judges what occurred from then on, until a later version does. "
        "Null: it judges all of history, as the first version and a backfill do."
    )
    applied_at: datetime = strawberry.field(description="When it was put in force.")

    @strawberry.field(
        description="The definition as JSON text that can be applied again. What is as it is "
        "without being said is left out."
    )
    def definition(self) -> str:
        return self.row.definition.model_dump_json(exclude_defaults=True)

    @strawberry.field(
        description="What is new in it, against the version before: paths like `badges.explorer`."
    )
    def added(self) -> list[str]:
        return list(self._differences.added)

    @strawberry.field(description="What is different in it.")
    def changed(self) -> list[str]:
        return list(self._differences.changed)

    @strawberry.field(description="What is no longer in it.")
    def removed(self) -> list[str]:
        return list(self._differences.removed)

    @cached_property
    def _differences(self) -> Differences:
        return differences(self.row.before, self.row.definition)

    @classmethod
    def of(cls, row: VersionRow) -> "DefinitionVersion":
        return cls(
            row=row,
            number=row.stored.version,
            effective_from=row.stored.effective_from,
            applied_at=row.stored.applied_at,
        )


def versions_of(
    program: Program, first: int | None, after: str | None
) -> Connection[DefinitionVersion]:
    """A page of a program's versions, the newest first."""
    size = page_size(first)
    before = int(place_of(after, "version", int)[0]) if after is not None else None
    rows = _rows(program, before=before, limit=size + 1)
    return page(
        rows,
        size,
        node=DefinitionVersion.of,
        place=lambda row: ("version", row.stored.version),
        follows=after is not None,
    )


def _rows(program: Program, *, before: int | None, limit: int) -> Sequence[VersionRow]:
    definitions = [rules.definition for _, rules in program.timeline.versions]
    rows = [
        VersionRow(stored, definition, earlier)
        for stored, definition, earlier in zip(
            program.record.versions, definitions, [None, *definitions], strict=False
        )
        if before is None or stored.version < before
    ]
    return rows[::-1][:limit]
