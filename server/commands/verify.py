"""`gamification verify`: the auditor at the command line."""

import sys
from typing import Annotated

import typer

from gamification.use_cases.verify_program import Checked, verify_program
from server.database import opened, program_named
from server.running import running
from server.settings import read_settings


def verify(program: Annotated[str, typer.Option(help="The program's key.")]) -> None:
    """Recompute everything from the stored facts and name each difference; status 1 if any."""
    settings = read_settings()

    async def verifying() -> int:
        differences = 0
        async with opened(settings) as store:
            found = await program_named(store, program)
            last = None
            async for each in verify_program(store, found):
                if isinstance(each, Checked):
                    last = each
                    _show_progress(each)
                else:
                    differences += 1
                    typer.echo(str(each))
        if last is not None:
            typer.echo(_summary(last, differences))
        return differences

    if running(verifying):
        raise typer.Exit(1)


def _show_progress(checked: Checked) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{checked.members:,} of {checked.of:,} members \033[K")
        if checked.members >= checked.of:
            sys.stderr.write("\r\033[K")
        sys.stderr.flush()


def _summary(checked: Checked, differences: int) -> str:
    found = {0: "no difference", 1: "1 difference"}.get(differences, f"{differences:,} differences")
    return (
        f"{found}: {checked.members:,} members, {checked.facts:,} activities, "
        f"{checked.tallies:,} tallies, {checked.postings:,} postings, {checked.awards:,} awards, "
        f"{checked.runs:,} runs of leaderboards"
    )
