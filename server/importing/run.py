"""The run of an import: batch after batch of a file's rows into one program."""

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from gamification.facts import NewActivity
from gamification.refusals import OutOfRange, Refusal
from gamification.use_cases.record_activities import Recorded
from server.importing.display import Display, Reached
from server.importing.lines import Lines, RefusedRow
from server.importing.refused import RefusedRows
from server.importing.rows import Row
from server.retrying import retrying

BATCH_ROWS = 5000

ATTEMPTS_MAX = 10
"""Long enough, with the pauses between, for a database to restart."""

Record = Callable[[Sequence[NewActivity]], Awaitable[Sequence[Recorded | Refusal]]]
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
    record: Record
    refused: RefusedRows
    display: Display
    totals: Totals
    batch_rows: int = BATCH_ROWS

    async def run(self, stop: Stop) -> None:
        """Record every row, a batch at a time, until the end or until `stop` is set.

        What is counted in `totals` is stored, also when this raises.
        """
        started = time.monotonic()
        while not stop.is_set():
            # Parsed between the transactions, not beside them: a second thread that runs Python
            # would make the database's thread wait for the interpreter after every step.
            batch = list(islice(self.rows, self.batch_rows))
            if not batch:
                self.totals.is_complete = True
                break
            await self._write(batch)
            self.totals.seconds = time.monotonic() - started
            self.display.show(
                Reached(self.lines.position, self.lines.size, self.totals.rows, self.totals.seconds)
            )
        self._take_refused_lines()
        self.totals.seconds = time.monotonic() - started

    async def _write(self, batch: Sequence[Row | RefusedRow]) -> None:
        good = [row for row in batch if isinstance(row, Row)]
        for row, result in zip(good, await self._record(good), strict=True):
            if isinstance(result, Refusal):
                self._refuse(row.refused(result.code, result.message))
            elif result.replayed:
                self.totals.known += 1
            else:
                self.totals.new += 1
        for row in batch:
            if isinstance(row, RefusedRow):
                self._refuse(row)
        self._take_refused_lines()
        self.totals.rows += len(batch)
        self.totals.line = batch[-1].line

    async def _record(self, rows: Sequence[Row]) -> Sequence[Recorded | Refusal]:
        if not rows:
            return ()
        activities = [row.activity for row in rows]
        try:
            return await retrying(lambda: self.record(activities), attempts_max=ATTEMPTS_MAX)
        except OutOfRange as refusal:
            # One row makes the sums of its member overflow; the halves tell which.
            if len(rows) == 1:
                return [refusal]
            half = len(rows) // 2
            return [*await self._record(rows[:half]), *await self._record(rows[half:])]

    def _take_refused_lines(self) -> None:
        for row in self.lines.refused:
            self.totals.rows += 1
            self._refuse(row)
        self.lines.refused.clear()

    def _refuse(self, row: RefusedRow) -> None:
        self.refused.add(row)
        self.totals.refused += 1
