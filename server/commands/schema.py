"""`gamification schema`: the GraphQL schema as the code has it, and whether the file is in step."""

from pathlib import Path
from typing import Annotated

import typer

SCHEMA = Path(__file__).resolve().parents[2] / "schema.graphql"


def schema(
    check: Annotated[
        bool, typer.Option("--check", help="Compare with schema.graphql; status 1 if it differs.")
    ] = False,
    write: Annotated[bool, typer.Option("--write", help="Write schema.graphql anew.")] = False,
) -> None:
    """Print the GraphQL schema."""
    from gql.schema import printed_schema  # half a second that who asks for help need not wait

    text = printed_schema()
    if write:
        SCHEMA.write_text(text, "utf-8")
    elif not check:
        typer.echo(text, nl=False)
    elif not SCHEMA.exists() or SCHEMA.read_text("utf-8") != text:
        typer.echo(f"{SCHEMA.name} is out of step: gamification schema --write", err=True)
        raise typer.Exit(1)
