"""Without this module `apply` and `rollback` would each tell in their own way what they did."""

import time
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from gamification.definition.comparing import Differences
from gamification.ids import ProgramId
from gamification.ports import Store
from gamification.use_cases.apply_definition import Applied, Backfill, Tell
from gamification.use_cases.effects import Preview
from gamification.use_cases.preview_definition import preview_definition
from server.clock import now
from server.database import opened
from server.importing.display import Reached, display_for
from server.preview_table import preview_table
from server.retrying import retrying
from server.running import running
from server.settings import Settings, read_settings

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
]
BackfillOption = Annotated[
    Backfill,
    typer.Option(help="Whether these rules judge the past too, and announce what that changes."),
]

Work = Callable[[Store, Tell | None], Awaitable[Applied]]
"""Applies a definition; `Tell` hears how far the members have followed."""


def carry_out(work: Work, key: str, *, dry_run: bool, backfill: Backfill) -> None:
    """Do the work on the database of the settings, and say what it changed, or would change.

    Exits with status 1 if a backfill could not judge some of the members.
    """
    settings = read_settings()

    async def working() -> Sequence[str]:
        async with opened(settings, creates=not dry_run) as store:
            with _progress(key, shown=not dry_run and backfill is not Backfill.NONE) as tell:
                applied = await retrying(lambda: work(store, tell))
            if not dry_run and applied.program is not None and settings.redis_url is not None:
                await _announce(settings, applied.program.id)
            _say(applied, key, dry_run=dry_run)
            if dry_run and not applied.is_new and not applied.is_same:
                for line in preview_table(await _previewed(store, applied, key)):
                    typer.echo(line)
                if backfill is Backfill.NONE:
                    typer.echo("Without --backfill the past stays as it is.")
            return applied.unjudged

    if unjudged := running(working):
        _say_unjudged(unjudged)
        raise typer.Exit(1)


async def _announce(settings: Settings, program: ProgramId) -> None:
    """Let running servers take the rules over at once; without this they do within a second."""
    from server.live.announcing import announce  # takes time where there is no Redis to tell
    from server.live.messages import RulesApplied

    await announce(settings, RulesApplied(program))


@contextmanager
def _progress(key: str, *, shown: bool) -> Generator[Tell | None]:
    if not shown:
        yield None
        return
    started = time.monotonic()
    with display_for(key, unit="members") as display:
        yield lambda done, of: display.show(Reached(done, of, done, time.monotonic() - started))


def say_paths(found: Differences) -> None:
    """What is new (+), different (~) and gone (-), a line each."""
    for mark, paths in zip("+~-", found, strict=True):
        for path in paths:
            typer.echo(f"  {mark} {path}")


async def _previewed(store: Store, applied: Applied, key: str) -> Preview:
    assert applied.program is not None
    started = time.monotonic()
    previews = preview_definition(store, applied.program, applied.definition, now=now())
    preview = await anext(previews)
    with display_for(key, unit="activities") as display:
        async for _ in previews:  # the same one, further along
            seconds = time.monotonic() - started
            display.show(Reached(preview.members, preview.of_members, preview.activities, seconds))
    return preview


def _say(applied: Applied, key: str, *, dry_run: bool) -> None:
    typer.echo(f"{key}: {_what_happened(applied, dry_run=dry_run)}")
    if not applied.is_new:
        say_paths(Differences(applied.added, applied.changed, applied.removed))
    for warning in applied.warnings:
        typer.echo(str(warning), err=True)


def _say_unjudged(external_ids: Sequence[str]) -> None:
    """Whom a backfill could not judge, a line each."""
    for external_id in external_ids:
        typer.echo(f"not judged: {external_id}", err=True)
    typer.echo(
        f"{len(external_ids):,} of the members would leave the range of numbers by these rules and "
        "are as they were before. Mend the rules and apply them with --backfill again.",
        err=True,
    )


def _what_happened(applied: Applied, *, dry_run: bool) -> str:
    if applied.is_same:
        return f"version {applied.version} is in force already"
    done = "created" if applied.is_new else "applied"
    if dry_run:
        return f"version {applied.version + 1} would be {done}"
    return f"version {applied.version} {done}"
