"""The command line `gamification`: which commands there are, and how their mistakes are told.

A command is loaded when it is given, and no other is: most of what one of them needs, the others
do not, and whoever asks for help would wait for all of it.
"""

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from gamification.refusals import Refusal
from server.unusable import Unusable

STATUS_UNUSABLE = 2


class Command(NamedTuple):
    """Where a command is, module and name below `server.commands`, and what it does: the first
    paragraph of its own help."""

    place: str
    summary: str

    def loaded(self, name: str) -> Any:
        """The command, to be invoked. A `Typer` has commands of its own; a function is one."""
        module, _, attribute = self.place.partition(":")
        found = getattr(import_module(f"server.commands.{module}"), attribute)
        if isinstance(found, typer.Typer):
            return get_command(found)
        alone = typer.Typer(add_completion=False)
        alone.command(name)(found)
        return get_command(alone)


COMMANDS = {
    "serve": Command(
        "serve:serve",
        "Start the server. It stops at SIGTERM or Ctrl-C, when what was begun is finished.",
    ),
    "apply": Command("apply:apply", "Create or update a program from its definition."),
    "versions": Command(
        "versions:versions",
        "List the versions of a program's definition, and what each changed.",
    ),
    "diff": Command("versions:diff", "Show how two versions of a definition differ, as YAML."),
    "rollback": Command(
        "versions:rollback",
        "Put an earlier version of a definition in force again, as the next version.",
    ),
    "import": Command(
        "import_file:import_file",
        "Import activities from a file: occurred_at,key,member,type,value,properties (and source).",
    ),
    "tick": Command("tick:tick", "Do what has become due, once; status 1 if some of it failed."),
    "verify": Command(
        "verify:verify",
        "Recompute everything from the stored facts and name each difference; status 1 if any.",
    ),
    "schema": Command("schema:schema", "Print the GraphQL schema."),
    "documents": Command("documents:app", "Look at the documents that a server is to trust."),
    "definition-schema": Command(
        "definition_schema:definition_schema",
        "Print the JSON Schema of a program's definition.",
    ),
    "settings": Command(
        "settings:settings",
        "List every setting with its value and origin. Passwords are not shown.",
    ),
    "demo": Command(
        "demo:demo",
        "Start a server with an example program and a bounded stream of example activity.",
    ),
    "keys": Command("keys:app", "Make, list and revoke API keys."),
}


class _Commands(TyperGroup):
    """Knows every command by name and summary, and loads the one that is given. Tells what cannot
    be done in one paragraph, and leaves tracebacks to faults of our own."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {
            name: TyperCommand(name, help=command.summary) for name, command in COMMANDS.items()
        }

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(ctx, args)
        return name, COMMANDS[name].loaded(name) if name else None, rest

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (Unusable, Refusal) as error:
            typer.secho(str(error), fg=typer.colors.RED, err=True)
            raise typer.Exit(STATUS_UNUSABLE) from None


app = typer.Typer(
    cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
)


@app.callback()
def gamification() -> None:
    """A gamification backend: activity in; badges, boards and progress out. Settings come from the
    environment: `gamification settings` lists them."""


def main() -> None:
    """The entry point of the installed command."""
    app(prog_name="gamification")
