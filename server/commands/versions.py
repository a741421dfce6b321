"""`gamification versions`, `diff` and `rollback`: the history of a program's rules."""

from datetime import datetime
from typing import Annotated

import typer

from gamification.definition.comparing import differences, unified
from gamification.definition.reading import stored_definition
from gamification.ports import DefinitionVersion, ProgramRecord, Store
from gamification.use_cases.apply_definition import Applied, Backfill, Tell
from gamification.use_cases.roll_back_definition import roll_back_definition
from server.applying import BackfillOption, DryRunOption, carry_out, say_paths
from server.clock import now
from server.database import opened, program_named
from server.running import running
from server.settings import read_settings
from server.unusable import Unusable

ProgramOption = Annotated[str, typer.Option(help="The program's key.")]


def versions(program: ProgramOption) -> None:
    """List the versions of a program's definition, and what each changed."""
    before = None
    for version in _record(program).versions:
        typer.echo(_line(version))
        definition = stored_definition(version.document)
        if before is not None:
            say_paths(differences(before, definition))
        before = definition


def diff(
    program: ProgramOption,
    old: Annotated[int, typer.Argument(metavar="A", help="The number of a version.")],
    new: Annotated[int, typer.Argument(metavar="B", help="The number of another.")],
) -> None:
    """Show how two versions of a definition differ, as YAML."""
    record = _record(program)
    one, other = (_version(record, number) for number in (old, new))
    for line in unified(
        stored_definition(one.document),
        stored_definition(other.document),
        names=(f"{program} version {old}", f"{program} version {new}"),
    ):
        typer.echo(line)


def rollback(
    program: ProgramOption,
    version: Annotated[int, typer.Argument(help="The number of the version to go back to.")],
    dry_run: DryRunOption = False,
    backfill: BackfillOption = Backfill.NONE,
) -> None:
    """Put an earlier version of a definition in force again, as the next version."""

    async def rolling_back(store: Store, tell: Tell | None) -> Applied:
        await program_named(store, program)
        return await roll_back_definition(
            store, program, version, now=now(), dry_run=dry_run, backfill=backfill, tell=tell
        )

    carry_out(rolling_back, program, dry_run=dry_run, backfill=backfill)


def _record(program: str) -> ProgramRecord:
    settings = read_settings()

    async def reading() -> ProgramRecord:
        async with opened(settings, creates=False) as store:
            return (await program_named(store, program)).record

    return running(reading)


def _version(record: ProgramRecord, number: int) -> DefinitionVersion:
    for version in record.versions:
        if version.version == number:
            return version
    known = f"There are 1 to {len(record.versions)}."
    raise Unusable(f"The program '{record.key}' has no version {number}. {known}")


def _line(version: DefinitionVersion) -> str:
    since = version.effective_from
    judged = "all history" if since is None else f"what occurs from {_when(since)} on"
    return f"{version.version}: applied {_when(version.applied_at)}, judges {judged}"


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
