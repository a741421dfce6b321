"""`gamification documents`: look at the documents that a server is to trust."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Look at the documents that a server is to trust.",
    no_args_is_help=True,
    add_completion=False,
)


@app.callback()
def documents() -> None:
    """Look at the documents that a server is to trust."""


@app.command()
def check(file: Annotated[Path, typer.Argument(help="The manifest of the documents.")]) -> None:
    """Say what the server would say of a manifest at its start; status 1 if it would not start."""
    from gql.manifests import ManifestRefused  # the schema takes half a second
    from server.documents import trusted_in

    try:
        found = trusted_in(file)
    except ManifestRefused as error:
        for fault in error.faults:
            typer.echo(fault)
        typer.secho(f"{file}: faults: {len(error.faults)}", fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{file}: documents: {len(found)}, and all of them can be run")
