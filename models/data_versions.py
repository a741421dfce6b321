"""Without this module nobody could tell, without looking at all, that nothing has changed."""

from collections.abc import Collection

from gamification.ids import ProgramId
from models.session import Scope, Session
from models.statement import Statement

# The last statement of its transaction: the row is locked from here to the commit, so that versions
# become visible in their order, and no transaction waits for this one while it holds the row.
_NEXT = Statement(
    """
    INSERT INTO data_version AS d (program_id, version) VALUES ($1, 1)
    ON CONFLICT (program_id) DO UPDATE SET version = d.version + 1
    RETURNING version
    """
)
_OF_PROGRAMS = Statement(
    "SELECT d.program_id, d.version FROM {rows} JOIN data_version d ON d.program_id = r.id",
    rows={"id": int},
)


async def step(scope: Scope) -> int:
    """The next version, which becomes the program's with the end of the transaction."""
    return (await scope.fetch(_NEXT))[0][0]


async def of_programs(session: Session, programs: Collection[ProgramId]) -> dict[ProgramId, int]:
    """The versions of the programs as they are committed."""
    found = await session.fetch(_OF_PROGRAMS, rows=[(program,) for program in programs])
    return {**dict.fromkeys(programs, 0), **{ProgramId(id_): version for id_, version in found}}
