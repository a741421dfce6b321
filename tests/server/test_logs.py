"""What a line of the log says, whoever writes it and however it is shown."""

import logging
from collections.abc import Iterator
from datetime import datetime

import orjson
import pytest
import structlog

from server.logs import set_up_logs
from server.settings import LogFormat, LogLevel


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    quiet = {name: logging.getLogger(name).level for name in ("uvicorn.error", "uvicorn.access")}
    with structlog.contextvars.bound_contextvars(trace_id="7ace"):
        yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, each in quiet.items():
        logging.getLogger(name).setLevel(each)
    structlog.configure(**before)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """What was written, with the times taken out, which are in UTC."""
    found = [orjson.loads(line) for line in capsys.readouterr().err.splitlines()]
    for line in found:
        time = line.pop("timestamp")
        assert time.endswith("Z")
        assert datetime.fromisoformat(time).tzinfo is not None
    return found


def test_our_own_lines_and_those_of_others_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(LogLevel.INFO, LogFormat.JSON)
    structlog.stdlib.get_logger("ours").bind(a=1).info("request", path="/")
    structlog.stdlib.get_logger("ours").debug("too small")
    logging.getLogger("theirs").warning("asked %s", "twice", extra={"count": 2})
    assert lines(capsys) == [
        {
            "a": 1,
            "path": "/",
            "event": "request",
            "trace_id": "7ace",
            "level": "info",
            "logger": "ours",
        },
        {
            "event": "asked twice",
            "trace_id": "7ace",
            "level": "warning",
            "logger": "theirs",
            "count": 2,
        },
    ]


def test_errors_are_written_with_their_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(LogLevel.INFO, LogFormat.JSON)
    try:
        raise KeyError("gone")
    except KeyError:
        structlog.stdlib.get_logger("ours").exception("failed")
        logging.getLogger("theirs").exception("failed")
    ours, theirs = lines(capsys)
    for line, name in ((ours, "ours"), (theirs, "theirs")):
        exception = line.pop("exception")
        assert isinstance(exception, str)
        assert exception.startswith("Traceback (most recent call last):\n")
        assert exception.endswith("KeyError: 'gone'")
        assert line == {"event": "failed", "trace_id": "7ace", "level": "error", "logger": name}


def test_what_json_does_not_know_is_written_as_python_shows_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs(LogLevel.INFO, LogFormat.JSON)
    structlog.stdlib.get_logger("ours").info("seen", what={1j})
    assert lines(capsys)[0]["what"] == "{1j}"


def test_people_read_the_same_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(LogLevel.INFO, LogFormat.CONSOLE)
    structlog.stdlib.get_logger("ours").info("request", path="/")
    logging.getLogger("theirs").warning("asked")
    ours, theirs = capsys.readouterr().err.splitlines()
    for line, event in ((ours, "request"), (theirs, "asked")):
        time, *_ = line.replace("\x1b[2m", "").replace("\x1b[0m", "").split()
        assert datetime.fromisoformat(time).tzinfo is not None
        assert time.endswith("Z")
        assert event in line
        assert "7ace" in line
