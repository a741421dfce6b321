"""`gamification apply`: create a program from its definition, or give it the next version."""

from pathlib import Path
from typing import Annotated

import typer

from gamification.definition.reading import read_definition
from gamification.ports import Store
from gamification.use_cases.apply_definition import Applied, Backfill, Tell, apply_definition
from server.applying import BackfillOption, DryRunOption, carry_out
from server.clock import now
from server.unusable import Unusable


def apply(
    file: Annotated[Path, typer.Argument(help="The definition, YAML or JSON.")],
    dry_run: DryRunOption = False,
    backfill: BackfillOption = Backfill.NONE,
) -> None:
    """Create or update a program from its definition."""
    definition = read_definition(_text(file))

    async def applying(store: Store, tell: Tell | None) -> Applied:
        return await apply_definition(
            store, definition, now=now(), dry_run=dry_run, backfill=backfill, tell=tell
        )

    carry_out(applying, definition.key, dry_run=dry_run, backfill=backfill)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise Unusable(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Unusable(f"{file} is not UTF-8 text: is it a definition?") from None
