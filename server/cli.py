"""The command line `gamification`: which commands there are, and how their mistakes are told."""

from typing import Any

import typer
from typer.core import TyperGroup

from gamification.refusals import Refusal
from server.commands import documents, keys
from server.commands.apply import apply
from server.commands.definition_schema import definition_schema
from server.commands.demo import demo
from server.commands.import_file import import_file
from server.commands.schema import schema
from server.commands.serve import serve
from server.commands.settings import settings
from server.commands.tick import tick
from server.commands.verify import verify
from server.commands.versions import diff, rollback, versions
from server.unusable import Unusable

STATUS_UNUSABLE = 2


class _Commands(TyperGroup):
    """Tells what cannot be done in one paragraph, and leaves tracebacks to faults of our own."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (Unusable, Refusal) as error:
            typer.secho(str(error), fg=typer.colors.RED, err=True)
            raise typer.Exit(STATUS_UNUSABLE) from None


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="A gamification backend: activity in; badges, boards and progress out. "
    "Settings come from the environment: `gamification settings` lists them.",
)
app.command()(serve)
app.command()(apply)
app.command()(versions)
app.command()(diff)
app.command()(rollback)
app.command("import")(import_file)
app.command()(tick)
app.command()(verify)
app.add_typer(keys.app, name="keys")
app.command()(schema)
app.add_typer(documents.app, name="documents")
app.command("definition-schema")(definition_schema)
app.command()(settings)
app.command()(demo)


def main() -> None:
    """The entry point of the installed command."""
    app(prog_name="gamification")
