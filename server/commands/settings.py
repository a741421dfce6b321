"""`gamification settings`: every setting, its value here and where that comes from."""

import typer

from server.settings import read_settings, shown


def settings() -> None:
    """List every setting with its value and origin. Passwords are not shown."""
    for setting in shown(read_settings()):
        typer.echo(f"{setting.variable}={setting.value}  ({setting.origin})")
        typer.echo(f"    {setting.description}")
