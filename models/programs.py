"""Without this module there would be no programs, and no one would know their rules."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from gamification.ids import ProgramId
from gamification.ports import DefinitionVersion, KeyTaken, ProgramExists, ProgramRecord
from models.mapping import VERSION_COLUMNS, to_micros, to_micros_or_null, version_to_core
from models.session import Scope, Session
from models.statement import Statement

_CREATE = Statement("INSERT INTO program (key) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id")
_ADD_VERSION = Statement(
    """
    INSERT INTO definition_version (program_id, version, effective_from, applied_at, document)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING id
    """
)


def _programs(condition: str) -> Statement:
    return Statement(
        f"""
        SELECT p.id, p.key, {VERSION_COLUMNS}
        FROM program p JOIN definition_version v ON v.program_id = p.id
        {condition} ORDER BY p.id, v.version
        """
    )


_ALL = _programs("")
_BY_KEY = _programs("WHERE p.key = $1")
_BY_ID = _programs("WHERE p.id = $1")


async def create(session: Session, key: str, first: DefinitionVersion) -> ProgramRecord:
    """A new program with the first version of its rules."""
    rows = await session.fetch(_CREATE, key)
    if not rows:
        raise ProgramExists(key)
    program = ProgramId(rows[0][0])
    await add_version(Scope(session, program), first)
    return ProgramRecord(program, key, (first,))


async def add_version(scope: Scope, version: DefinitionVersion) -> None:
    """Append a version of the rules."""
    rows = await scope.fetch(
        _ADD_VERSION,
        version.version,
        to_micros_or_null(version.effective_from),
        to_micros(version.applied_at),
        version.document,
    )
    if not rows:
        raise KeyTaken(f"version {version.version}")


async def everything(session: Session) -> list[ProgramRecord]:
    """All programs."""
    return _records(await session.fetch(_ALL))


async def by_key(session: Session, key: str) -> ProgramRecord | None:
    """The program with this key."""
    return next(iter(_records(await session.fetch(_BY_KEY, key))), None)


async def by_id(session: Session, id_: ProgramId) -> ProgramRecord | None:
    """The program with this id."""
    return next(iter(_records(await session.fetch(_BY_ID, id_))), None)


def _records(rows: Sequence[Sequence[Any]]) -> list[ProgramRecord]:
    return [
        ProgramRecord(ProgramId(id_), key, tuple(version_to_core(row[2:]) for row in same))
        for (id_, key), same in groupby(rows, itemgetter(0, 1))
    ]
