"""The run of an import: batch after batch of a file's rows into one program."""

import gc
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from gamification.refusals import OutOfRange, Refusal
from gamification.use_cases.record_activities import Batch
from gamification.use_cases.recorded import Recorded
from server.importing.display import Display, Reached
from server.importing.lines import Lines, RefusedRow
from server.importing.refused import RefusedRows
from server.importing.rows import Row
from server.retrying import retrying

BATCH_ROWS = 20_000

ATTEMPTS_MAX = 10
"""Long enough, with the pauses between, for a database to restart."""

BATCHES_PER_COLLECTION = 5

Renew = Callable[[], Awaitable[None]]
"""Says before each batch that the import is alive."""

Record = Callable[[Batch], Awaitable[Sequence[Recorded | Refusal]]]
"""Records a batch in one transaction."""


class Stop(Protocol):
    """Says whether the import is to end after the batch it is at."""

    def is_set(self) -> bool: ...


@dataclass(slots=True)
class Totals:
    """What an import came to. `line` is the last line of the file that is dealt with."""

    rows: int = 0
    new: int = 0
    known: int = 0
    refused: int = 0
    line: int = 0
    seconds: float = 0.0
    is_complete: bool = False


@dataclass(slots=True)
class Import:
    """One import: where its rows come from and go to, and what they came to so far."""

    lines: Lines
    rows: Iterator[Row | RefusedRow]
    renew: Renew
    new_batch: Callable[[], Batch]
    record: Record
    refused: RefusedRows
    display: Display
    totals: Totals
    batch_rows: int = BATCH_ROWS
    batches: int = 0

    async def run(self, stop: Stop) -> None:
        """Record every row, a batch at a time, until the end or until `stop` is set.

        What is counted in `totals` is stored, also when this raises.
        """
        started = time.monotonic()
        while not stop.is_set():
            # Parsed between the transactions, not beside them: Python running in a second thread
            # or task makes the database's thread wait for the interpreter after every step.
            rows = list(islice(self.rows, self.batch_rows))
            if not rows:
                self.totals.is_complete = True
                break
            await self.renew()
            await self._write(rows)
            self.totals.seconds = time.monotonic() - started
            self._show()
            self._collect()
        self._take_refused_lines()
        self.totals.seconds = time.monotonic() - started

    async def _write(self, rows: Sequence[Row | RefusedRow]) -> None:
        good = [row for row in rows if isinstance(row, Row)]
        for row, result in zip(good, await self._record(good), strict=True):
            if isinstance(result, Refusal):
                self._refuse(row.refused(result.code, result.message))
            elif result.replayed:
                self.totals.known += 1
            else:
                self.totals.new += 1
        for row in rows:
            if isinstance(row, RefusedRow):
                self._refuse(row)
        self._take_refused_lines()
        self.totals.rows += len(rows)
        self.totals.line = rows[-1].line

    async def _record(self, rows: Sequence[Row]) -> Sequence[Recorded | Refusal]:
        if not rows:
            return ()
        batch = self.new_batch()
        for row in rows:
            batch.add(row.activity)
        try:
            return await retrying(lambda: self.record(batch), attempts_max=ATTEMPTS_MAX)
        except OutOfRange as refusal:
            # One row makes the sums of its member overflow; the halves tell which.
            if len(rows) == 1:
                return [refusal]
            half = len(rows) // 2
            return [*await self._record(rows[:half]), *await self._record(rows[half:])]

    def _collect(self) -> None:
        """Look for reference cycles once in many batches, and not all the time."""
        self.batches += 1
        if self.batches % BATCHES_PER_COLLECTION == 0:
            gc.collect()

    def _show(self) -> None:
        self.display.show(
            Reached(self.lines.position, self.lines.size, self.totals.rows, self.totals.seconds)
        )

    def _take_refused_lines(self) -> None:
        for row in self.lines.refused:
            self.totals.rows += 1
            self._refuse(row)
        self.lines.refused.clear()

    def _refuse(self, row: RefusedRow) -> None:
        self.refused.add(row)
        self.totals.refused += 1
