"""Without a display nobody would know whether an import of an hour is still alive."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, NamedTuple, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

PLAIN_SECONDS = 5.0


class Reached(NamedTuple):
    """How far an import has come: bytes of the file, rows, and seconds since it began."""

    position: int
    size: int
    rows: int
    seconds: float

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds if self.seconds > 0 else 0.0


class Display(Protocol):
    """Shows how far an import has come."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def show(self, reached: Reached) -> None:
        """Show a state; called after every batch."""
        ...


class Bar:
    """A progress bar for a terminal. Drawn after each batch and by no thread of its own, which
    would compete with the import for the interpreter."""

    def __init__(self, name: str, stream: IO[str]) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rows]:,} rows"),
            TextColumn("{task.fields[rate]:,.0f}/s"),
            TimeRemainingColumn(),
            console=Console(file=stream),
            auto_refresh=False,
        )
        self._task = self._progress.add_task(name, total=None, rows=0, rate=0.0)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(self, reached: Reached) -> None:
        """Draw the bar."""
        self._progress.update(
            self._task,
            total=max(reached.size, 1),
            completed=reached.position,
            rows=reached.rows,
            rate=reached.rate,
        )
        self._progress.refresh()


class Plain:
    """A line every few seconds, for logs."""

    def __init__(
        self, name: str, stream: IO[str], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name = name
        self._stream = stream
        self._clock = clock
        self._next = clock() + PLAIN_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stream.flush()

    def show(self, reached: Reached) -> None:
        """Write a line, unless the last one is fresh."""
        if self._clock() < self._next:
            return
        self._next = self._clock() + PLAIN_SECONDS
        part = reached.position / max(reached.size, 1)
        remaining = reached.seconds * (1 - part) / part if part else 0.0
        self._stream.write(
            f"{self._name}: {part:.0%}, {reached.rows:,} rows, {reached.rate:,.0f}/s, "
            f"{remaining:,.0f} s remaining\n"
        )
        self._stream.flush()


def display_for(name: str, stream: IO[str] = sys.stderr) -> Display:
    """A bar on a terminal, lines elsewhere."""
    return Bar(name, stream) if stream.isatty() else Plain(name, stream)
