"""`gamification tick`: one pass of the scheduler at the command line."""

from datetime import UTC, datetime
from traceback import format_exception
from typing import Annotated

import typer

from gamification.ports import Store
from gamification.program import Program, program_of
from gamification.tick import tick as ticked
from server.clock import now as present
from server.database import opened, program_named
from server.fresh_key import fresh_key
from server.running import running
from server.scheduling import Lease, LeaseLost
from server.settings import read_settings
from server.unheard import Unheard
from server.unusable import Unusable

STATUS_SOME_FAILED = 1


def tick(
    program: Annotated[
        str | None, typer.Option(help="The program's key; all programs if left out.")
    ] = None,
    now: Annotated[
        str | None,
        typer.Option(help="The time to do what is due for: 2026-03-02T12:00Z. Not in the future."),
    ] = None,
) -> None:
    """Do what has become due, once; status 1 if some of it failed."""
    settings = read_settings()
    moment = present() if now is None else _moment(now)

    async def ticking() -> int:
        failures = 0

        async def all_of_them() -> None:
            nonlocal failures
            await store.drop_expired_leases(now=present())
            for each in await _programs(store, program):
                failures += await _tick(store, each, moment)

        async with opened(settings) as store:
            seconds = settings.scheduler_lease_seconds
            lease = Lease(store, fresh_key(), clock=present, seconds=seconds)
            if not await lease.take():
                raise Unusable(
                    "Another process is the scheduler, and nothing was done here: a server that "
                    "runs does what is due by itself, every few seconds."
                )
            try:
                await lease.while_held(all_of_them())
            except LeaseLost:
                raise Unusable(
                    "Another process has become the scheduler: this one stops."
                ) from None
            finally:
                await lease.give_back()
        return failures

    if running(ticking):
        raise typer.Exit(STATUS_SOME_FAILED)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unusable(f"'{text}' is no time: write it like 2026-03-02T12:00Z.") from None
    if moment.tzinfo is None:
        raise Unusable(f"'{text}' names no zone: write it like {text}Z.")
    if moment > present():
        raise Unusable(f"{text} is in the future: what has ended by then has not been told yet.")
    return moment.astimezone(UTC)


async def _programs(store: Store, key: str | None) -> list[Program]:
    if key is not None:
        return [await program_named(store, key)]
    return [program_of(record) for record in await store.programs()]


async def _tick(store: Store, program: Program, now: datetime) -> int:
    """Tick one program and say what was done; how many duties failed."""
    failures = done = waiting = 0
    async for each in ticked(store, Unheard(), program, now=now):
        name = each.duty.replace("_", " ")
        if each.failure is not None:
            failures += 1
            typer.echo("".join(format_exception(each.failure)), err=True)
            typer.echo(f"{program.key}: {name} failed: {each.failure!r}", err=True)
        elif each.is_waiting:
            waiting += 1
        elif each.count:
            done += 1
            typer.echo(f"{program.key}: {name}: {each.count:,}")
    if waiting:
        typer.echo(f"{program.key}: an import is going on: nothing becomes final until it is done")
    elif not done and not failures:
        typer.echo(f"{program.key}: nothing was due")
    return failures
