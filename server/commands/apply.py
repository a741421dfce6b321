"""`gamification apply`: create a program from its definition, or give it the next version."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from gamification.definition.reading import read_definition
from gamification.use_cases.apply_definition import Applied, apply_definition
from server.clock import now
from server.database import opened
from server.retrying import retrying
from server.serving import running
from server.settings import read_settings
from server.unusable import Unusable

_MARKS = (("added", "+"), ("changed", "~"), ("removed", "-"))


def apply(
    file: Annotated[Path, typer.Argument(help="The definition, YAML or JSON.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
    backfill: Annotated[
        bool,
        typer.Option("--backfill", help="Judge stored activity by the new rules too, silently."),
    ] = False,
) -> None:
    """Create or update a program from its definition."""
    document = _text(file)
    settings = read_settings()

    async def applying() -> Applied:
        async with opened(settings) as store:
            return await retrying(
                lambda: apply_definition(
                    store, document, now=now(), dry_run=dry_run, backfill=backfill
                )
            )

    key = read_definition(document).key
    _tell(key, running(applying), dry_run=dry_run, backfill=backfill)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise Unusable(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Unusable(f"{file} is not UTF-8 text: is it a definition?") from None


def _tell(key: str, applied: Applied, *, dry_run: bool, backfill: bool) -> None:
    typer.echo(f"{key}: {_what_happened(applied, dry_run=dry_run, backfill=backfill)}")
    for name, mark in _MARKS if not applied.is_new else ():
        paths: Sequence[str] = getattr(applied, name)
        for path in paths:
            typer.echo(f"  {mark} {path}")
    for warning in applied.warnings:
        typer.echo(str(warning), err=True)


def _what_happened(applied: Applied, *, dry_run: bool, backfill: bool) -> str:
    is_same = not (applied.added or applied.changed or applied.removed)
    if is_same and not backfill:
        return f"version {applied.version} is in force already"
    done = "created" if applied.is_new else "applied"
    if dry_run:
        return f"version {applied.version + 1} would be {done}"
    return f"version {applied.version} {done}"
