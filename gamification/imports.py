"""That a program's past is being imported: until all of it is in, nothing becomes final.

Without this, runs that are long over would be settled with half of what was done in them.
"""

from typing import Protocol

from gamification.ids import ProgramId


class KnowingImports(Protocol):
    """Tells of imports, within a transaction or outside one."""

    async def is_importing(self) -> bool:
        """Whether somebody holds a lease of an import into the program, be it expired: whoever
        wants to know whether it is calls `Store.drop_expired_leases` before."""
        ...


def lease_of_import(program: ProgramId, holder: str) -> str:
    """The name of the lease that an import holds. Several may run side by side."""
    return f"{leases_of_imports(program)}{holder}"


def leases_of_imports(program: ProgramId) -> str:
    """What the names of the leases of all imports into a program begin with."""
    return f"import {program} "
