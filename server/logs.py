"""Without this module the log would be prose: here each line is an event with fields."""

import logging
import sys
from functools import cache
from typing import Any

import orjson
import structlog
from structlog.typing import Processor

from server.settings import LogFormat, LogLevel

_QUIET = {"uvicorn.error": logging.WARNING, "uvicorn.access": logging.CRITICAL}
"""What others log at their own pace: our own lines tell of requests, starting and stopping."""


def set_up_logs(level: LogLevel, format: LogFormat) -> None:
    """Send everything that is logged, by us and by libraries, to stderr in one format.

    Our own lines do not pass through `logging`, which would cost as much as a small query.
    """
    least = logging.getLevelNamesMapping()[level.value.upper()]
    is_console = format is LogFormat.CONSOLE or (format is LogFormat.AUTO and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering: list[Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if is_console
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_json)]
    )
    structlog.configure(
        processors=[*shared, *rendering],
        logger_factory=cache(_Lines),
        wrapper_class=structlog.make_filtering_bound_logger(least),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                *shared,
                structlog.stdlib.ExtraAdder(),
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
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


def _json(event: Any, **options: Any) -> str:
    return orjson.dumps(event, default=options.get("default", str)).decode()
