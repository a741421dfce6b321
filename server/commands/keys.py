"""`gamification keys`: make, list and revoke API keys."""

from typing import Annotated

import typer

from gamification.ids import ProgramId
from gamification.ports import ApiKey
from server.clock import now
from server.credentials import SCOPES, NewApiKey, create_api_key
from server.database import opened, program_named
from server.running import running
from server.settings import Settings, read_settings
from server.unusable import Unusable

app = typer.Typer(
    help="Make, list and revoke API keys.", no_args_is_help=True, add_completion=False
)

Program = Annotated[str, typer.Option(help="The program's key.")]


@app.command()
def create(
    program: Program,
    scope: Annotated[
        list[str], typer.Option(help=f"What the key may do, repeatable: {', '.join(SCOPES)}.")
    ],
    name: Annotated[str, typer.Option(help="What the key is for.")] = "",
) -> None:
    """Make an API key. Its secret is the last line, and is never shown again."""
    if unknown := sorted(set(scope) - SCOPES.keys()):
        raise Unusable(f"There is no scope '{unknown[0]}'. There are: {', '.join(SCOPES)}.")
    settings = read_settings()

    async def creating() -> NewApiKey:
        async with opened(settings) as store:
            found = await program_named(store, program)
            return await create_api_key(
                store, found.id, name=name, scopes=frozenset(scope), now=now()
            )

    created = running(creating)
    typer.echo(f"API key {_line(created.key)}")
    typer.echo("Its secret, which is not stored and not shown again:")
    typer.echo(created.secret)


@app.command("list")
def list_keys(program: Program) -> None:
    """List a program's API keys."""
    settings = read_settings()

    async def listing() -> list[ApiKey]:
        async with opened(settings) as store:
            return await store.api_keys((await program_named(store, program)).id)

    for key in running(listing):
        typer.echo(_line(key))


@app.command()
def revoke(
    program: Program, id: Annotated[int, typer.Argument(help="The key's number in the list.")]
) -> None:
    """Revoke an API key. Running servers refuse it at once where they share a Redis, and some
    seconds later elsewhere."""
    settings = read_settings()

    async def revoking() -> bool:
        async with opened(settings) as store:
            found = await program_named(store, program)
            is_revoked = await store.revoke_api_key(found.id, id)
        if is_revoked and settings.redis_url is not None:
            await _announce_revoked(settings, found.id)
        return is_revoked

    if not running(revoking):
        raise Unusable(f"The program '{program}' has no API key {id}.")
    typer.echo(f"API key {id} is revoked.")


async def _announce_revoked(settings: Settings, program: ProgramId) -> None:
    """Let running servers refuse it at once."""
    from server.live.announcing import announce  # takes time where there is no Redis to tell
    from server.live.messages import KeyRevoked

    if not await announce(settings, KeyRevoked(program)):
        seconds = f"{settings.credential_cache_seconds:g}"
        typer.echo(f"Redis is away: servers may trust the key for {seconds} s more.", err=True)


def _line(key: ApiKey) -> str:
    scopes = ", ".join(scope for scope in SCOPES if scope in key.scopes)
    name = f" “{key.name}”" if key.name else ""
    return f"{key.id}{name}: {scopes}; made {key.created_at:%Y-%m-%d %H:%M} UTC"
