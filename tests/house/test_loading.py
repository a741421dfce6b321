"""The command line is light: a command loads what it needs and no more. Modules are looked at, and
not seconds, which a busy machine would make of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.cli import COMMANDS
from tests.builders import definition
from tests.house.tree import ROOT
from tests.server.running import running_server

PRINTED = """
import atexit, sys
atexit.register(lambda: print("loaded:", *sorted(sys.modules), file=sys.stderr))
"""
SERVING = {"uvicorn", "starlette", "strawberry", "graphql", "prometheus_client"}
SCHEMA = {"strawberry", "graphql"}
STORING = {"tortoise", "asyncpg"}
OPTIONAL = {"redis", "opentelemetry"}
JUDGING = {"cel", "pydantic"}
ALL = SERVING | STORING | OPTIONAL | JUDGING


def loaded(text: str) -> set[str]:
    """Those of the large libraries that the process had loaded at its end."""
    (line,) = (line for line in text.splitlines() if line.startswith("loaded:"))
    return ALL & set(line.split())


def given(folder: Path, *words: str) -> tuple[int, set[str]]:
    """A command on a new database: its status, and what it has loaded."""
    ended = subprocess.run(
        [sys.executable, "-c", f"{PRINTED}\nfrom server.cli import main; main()", *words],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "GAMIFICATION_DATABASE_URL": f"sqlite://{folder}/new.db",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, loaded(ended.stderr)


@pytest.mark.parametrize(
    ("words", "status", "needed"),
    [
        (["--help"], 0, set[str]()),
        (["settings"], 0, {"pydantic"}),
        (["definition-schema"], 0, {"pydantic"}),
        (["schema", "--check"], 0, SCHEMA | JUDGING),
        (["documents", "check", "new.json"], 0, SCHEMA | JUDGING | {"starlette"}),
        (["serve", "--help"], 0, STORING | JUDGING | {"uvicorn", "starlette"}),
        (["demo", "--help"], 0, STORING | JUDGING | {"uvicorn", "starlette"}),
        (["tick"], 0, STORING | JUDGING),
        (["keys", "list", "--program", "none"], 2, STORING | JUDGING),
        (["verify", "--program", "none"], 2, STORING | JUDGING),
        (["versions", "--program", "none"], 2, STORING | JUDGING),
        (["import", "new.csv", "--program", "none"], 2, STORING | JUDGING),
        (["apply", "new.yaml"], 0, STORING | JUDGING),
    ],
)
def test_a_command_loads_what_it_needs(
    tmp_path: Path, words: list[str], status: int, needed: set[str]
) -> None:
    (tmp_path / "new.csv").write_text("occurred_at,key,member,type,value,properties\n")
    (tmp_path / "new.json").write_text('{"key": "{ program { key } }"}')
    (tmp_path / "new.yaml").write_text(definition())
    assert given(tmp_path, *words) == (status, needed)


@pytest.mark.parametrize(
    ("settings", "needs_redis", "needs_opentelemetry"),
    [
        (dict[str, str](), False, False),
        ({"redis_url": "redis://127.0.0.1:1"}, True, None),  # redis loads OpenTelemetry if it can
        ({"tracing": "true"}, False, True),
    ],
)
async def test_a_server_loads_what_its_settings_ask_for(
    tmp_path: Path,
    settings: dict[str, str],
    *,
    needs_redis: bool,
    needs_opentelemetry: bool | None,
) -> None:
    url = f"sqlite://{tmp_path}/new.db"
    async with running_server(url, first=PRINTED, **settings) as server:
        assert await server.stop() == 0
    found = loaded("".join(server.said))
    assert ("redis" in found) is needs_redis
    assert needs_opentelemetry in ("opentelemetry" in found, None)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_of_itself_what_the_list_of_all_says(name: str) -> None:
    command = COMMANDS[name]
    assert " ".join(command.loaded(name).help.split("\n\n")[0].split()) == command.summary
