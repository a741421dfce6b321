"""`gamification definition-schema`: what editors need to complete and check a definition."""

import json

import typer

from gamification.definition.document import Definition


def definition_schema() -> None:
    """Print the JSON Schema of a program's definition."""
    typer.echo(json.dumps(Definition.model_json_schema(), indent=2))
