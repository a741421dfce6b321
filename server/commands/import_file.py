"""`gamification import`: a file's activities into a program, safe to interrupt and run again."""

import asyncio
import gc
import resource
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from gamification.admission import Admission
from gamification.refusals import Refusal
from gamification.use_cases.record_activities import Batch
from gamification.use_cases.recorded import Recorded
from models.driver import LOST
from server.clock import now
from server.database import opened, program_named
from server.fresh_key import fresh_key
from server.importing.display import display_for
from server.importing.lease import ImportLease
from server.importing.lines import Lines
from server.importing.refused import RefusedRows
from server.importing.rows import rows
from server.importing.run import ATTEMPTS_MAX, BATCH_ROWS, Import, Totals
from server.running import running
from server.settings import Settings, read_settings
from server.unheard import Unheard
from server.unusable import Unusable

STATUS_SOME_REFUSED = 1
STATUS_INTERRUPTED = 130
_CONTINUE = "Run the same command again to continue: stored rows are recognised."


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV with a header, or JSON lines; plain or gzip.")],
    program: Annotated[str, typer.Option(help="The program's key.")],
    refused: Annotated[
        Path | None,
        typer.Option(help="Where refused rows go; the file's name and .refused.csv if left out."),
    ] = None,
    batch: Annotated[
        int, typer.Option(min=1, max=100_000, help="Activities in one transaction.")
    ] = BATCH_ROWS,
) -> None:
    """Import activities from a file: occurred_at,key,member,type,value,properties (and source).

    Running it again is safe: what is stored already is recognised by its key. Exit status: 0 all
    rows are in, 1 some were refused or the import broke off, 2 nothing was done, 130 interrupted.
    """
    settings = read_settings()
    if not file.is_file():
        raise Unusable(f"{file} is no file.")
    refused_rows = RefusedRows(refused or Path(f"{file.name}.refused.csv"))
    totals = Totals()
    try:
        with Lines(file) as lines:
            running(
                lambda: _importing(
                    settings, program, lines, totals=totals, refused=refused_rows, batch_rows=batch
                )
            )
    except LOST as error:
        _say(f"The import broke off: {type(error).__name__}: {error}. {_CONTINUE}")
        raise typer.Exit(STATUS_SOME_REFUSED) from None
    finally:
        refused_rows.close()
        if totals.rows:
            _tell(totals, refused_rows)
    if not totals.is_complete:
        _say(f"Interrupted. {_CONTINUE}")
        raise typer.Exit(STATUS_INTERRUPTED)
    if totals.refused:
        raise typer.Exit(STATUS_SOME_REFUSED)


async def _importing(
    settings: Settings,
    program_key: str,
    lines: Lines,
    *,
    totals: Totals,
    refused: RefusedRows,
    batch_rows: int,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with opened(settings) as store:
        program = await program_named(store, program_key)

        def new_batch() -> Batch:
            return Batch(Admission(program, now(), fresh_key, is_import=True))

        async def record(batch: Batch) -> Sequence[Recorded | Refusal]:
            return await batch.record(store, Unheard())

        lease = ImportLease(store, program, lines.path, clock=now, attempts_max=ATTEMPTS_MAX)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _stop, stop)
        with _undisturbed(), display_for(program_key) as display:
            run = Import(
                lines,
                rows(lines),
                lease.renew,
                new_batch,
                record,
                refused,
                display,
                totals,
                batch_rows,
            )
            await run.run(stop)
        if totals.is_complete:  # else what is missing is waited for, until the lease expires
            await lease.give_back()


@contextmanager
def _undisturbed() -> Generator[None]:
    """Nearly nothing of a batch lives in cycles: `Import` itself collects them once in a while."""
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def _stop(stop: asyncio.Event) -> None:
    if stop.is_set():  # a second time: whoever asks does not want to wait for the batch
        raise SystemExit(STATUS_INTERRUPTED)
    _say("\nFinishing the batch …")
    stop.set()


def _tell(totals: Totals, refused: RefusedRows) -> None:
    for row in refused.first:
        _say(f"line {row.line}: {row.code}: {row.reason}")
    if totals.refused > len(refused.first):
        _say(f"… and {totals.refused - len(refused.first):,} more")
    if totals.refused:
        _say(f"All refused rows are in {refused.path}")
    rate = totals.rows / totals.seconds if totals.seconds else 0.0
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    typer.echo(
        f"{totals.rows:,} rows up to line {totals.line:,}: {totals.new:,} new, "
        f"{totals.known:,} already known, {totals.refused:,} refused; "
        f"{totals.seconds:.1f} s, {rate:,.0f}/s, at most {megabytes:,.0f} MB of memory"
    )


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
