"""Without this module the log would be prose: here each line is an event with fields."""

import logging
import sys
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor

from server.settings import LogFormat, LogLevel

_QUIET = {"uvicorn.error": logging.WARNING, "uvicorn.access": logging.CRITICAL}
"""What others log at their own pace: our own lines tell of requests, starting and stopping."""


def set_up_logs(level: LogLevel, format: LogFormat) -> None:
    """Send everything that is logged, by us and by libraries, to stderr in one format.

    Our own lines do not pass through `logging`, which would cost as much as a small query.
    """
    least = logging.getLevelNamesMapping()[level.value.upper()]
    is_console = format is LogFormat.CONSOLE or (format is LogFormat.AUTO and sys.stderr.isatty())
    shared: list[Processor] = [structlog.contextvars.merge_contextvars, _signed]
    rendering: list[Processor] = (
        [_dated, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if is_console
        else [structlog.processors.format_exc_info, _json]
    )
    structlog.configure(
        processors=[*shared, *rendering],
        logger_factory=cache(_Lines if is_console else _JsonLines),
        wrapper_class=type("_Logger", (_Short, structlog.make_filtering_bound_logger(least)), {}),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                *shared,
                structlog.stdlib.ExtraAdder(),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *rendering,
                _text,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(least)
    for name, quietest in _QUIET.items():
        logging.getLogger(name).setLevel(max(quietest, least))


class _Lines(structlog.WriteLogger):
    """Writes lines to stderr, under a name that `add_logger_name` finds."""

    def __init__(self, name: str) -> None:
        super().__init__(sys.stderr)
        self.name = name


class _JsonLines(structlog.BytesLogger):
    """Writes lines that are bytes already, likewise."""

    def __init__(self, name: str) -> None:
        super().__init__(sys.stderr.buffer, name=name)


class _Short:
    """A shorter way for an event than structlog's own, which copies it three times: every request
    takes it."""

    def _proxy_to_logger(self: Any, level: str, event: str | None = None, **fields: Any) -> None:
        line: Any = {**self._context, **fields, "event": event}
        try:
            for processor in self._processors:
                line = processor(self._logger, level, line)
        except structlog.DropEvent:
            return
        self._logger.msg(line)


def _signed(logger: Any, level: str, event: EventDict) -> EventDict:
    """Add how bad it is, who says it, and when."""
    record = event.get("_record")
    event["level"] = level
    event["logger"] = logger.name if record is None else record.name
    event["timestamp"] = datetime.now(UTC)
    return event


def _dated(_: object, __: str, event: EventDict) -> EventDict:
    """Write the time as people read it."""
    event["timestamp"] = event["timestamp"].isoformat().replace("+00:00", "Z")
    return event


def _json(_: object, __: str, event: EventDict) -> bytes:
    return orjson.dumps(event, repr, orjson.OPT_UTC_Z)


def _text(_: object, __: str, line: Any) -> str:
    """A line as handlers of `logging` take it."""
    return line.decode() if isinstance(line, bytes) else line
