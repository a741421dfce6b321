"""Without this module no credential would be known."""

from datetime import datetime

import orjson

from gamification.ids import ProgramId
from gamification.ports import ApiKey
from models.mapping import Fetched, from_micros, to_json, to_micros
from models.session import Scope, Session
from models.statement import Statement

_COLUMNS = "k.id, k.program_id, k.name, k.scopes, k.created_at"

_ADD = Statement(
    """
    INSERT INTO api_key (program_id, name, digest, scopes, created_at)
    VALUES ($1, $2, $3, $4, $5) RETURNING id
    """
)
_BY_DIGEST = Statement(f"SELECT {_COLUMNS} FROM api_key k WHERE k.digest = $1")
_OF_PROGRAM = Statement(f"SELECT {_COLUMNS} FROM api_key k WHERE k.program_id = $1 ORDER BY k.id")
_REVOKE = Statement("DELETE FROM api_key WHERE program_id = $1 AND id = $2 RETURNING id")


async def add(
    scope: Scope, name: str, digest: bytes, *, scopes: frozenset[str], now: datetime
) -> ApiKey:
    """Store a credential."""
    stored = (name, digest.hex(), to_json(sorted(scopes)), to_micros(now))
    rows = await scope.fetch(_ADD, *stored)
    return ApiKey(rows[0][0], scope.program, name, scopes, now)


async def by_digest(session: Session, digest: bytes) -> ApiKey | None:
    """The credential whose secret has this digest."""
    rows = await session.fetch(_BY_DIGEST, digest.hex())
    return _to_core(rows[0]) if rows else None


async def of_program(scope: Scope) -> list[ApiKey]:
    """All credentials of a program, oldest first."""
    return [_to_core(row) for row in await scope.fetch(_OF_PROGRAM)]


async def revoke(scope: Scope, id_: int) -> bool:
    """Whether there was such a credential; there is none now."""
    return bool(await scope.fetch(_REVOKE, id_))


def _to_core(row: Fetched) -> ApiKey:
    id_, program, name, scopes, created_at = row
    return ApiKey(
        id_, ProgramId(program), name, frozenset(orjson.loads(scopes)), from_micros(created_at)
    )
