"""Without a display nobody would know whether the work of an hour is still alive."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, NamedTuple, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

PLAIN_SECONDS = 5.0


class Reached(NamedTuple):
    """How far some work has come: a position in a size (bytes of a file, members of a program),
    what is done by then (rows, activities), and seconds since it began."""

    position: int
    size: int
    done: int
    seconds: float

    @property
    def rate(self) -> float:
        """How much is done in a second."""
        return self.done / self.seconds if self.seconds > 0 else 0.0


class Display(Protocol):
    """Shows how far some work has come."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def show(self, reached: Reached) -> None:
        """Show a state; called after every step."""
        ...


class Bar:
    """A progress bar for a terminal. Drawn after each step and by no thread of its own, which
    would compete with the work for the interpreter."""

    def __init__(self, name: str, stream: IO[str], *, unit: str = "rows") -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn(f"{{task.fields[done]:,}} {unit}"),
            TextColumn("{task.fields[rate]:,.0f}/s"),
            TimeRemainingColumn(),
            console=Console(file=stream),
            auto_refresh=False,
        )
        self._task = self._progress.add_task(name, total=None, done=0, rate=0.0)

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
            done=reached.done,
            rate=reached.rate,
        )
        self._progress.refresh()


class Plain:
    """A line every few seconds, for logs."""

    def __init__(
        self,
        name: str,
        stream: IO[str],
        *,
        unit: str = "rows",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._stream = stream
        self._unit = unit
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
            f"{self._name}: {part:.0%}, {reached.done:,} {self._unit}, {reached.rate:,.0f}/s, "
            f"{remaining:,.0f} s remaining\n"
        )
        self._stream.flush()


def display_for(name: str, stream: IO[str] | None = None, *, unit: str = "rows") -> Display:
    """A bar on a terminal, lines elsewhere; on stderr unless a stream is given."""
    shown_on = sys.stderr if stream is None else stream
    return (Bar if shown_on.isatty() else Plain)(name, shown_on, unit=unit)
