"""Starts what is measured beside our server, each on a PostgreSQL of its own with these tables."""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.postgresql import binary, postgresql
from benchmarks.running import Running

HERE = Path(__file__).parent


@contextmanager
def peer_tables() -> Generator[tuple[str, psutil.Process]]:
    """A PostgreSQL with the peers' tables."""
    with postgresql() as (url, process):
        subprocess.run(
            [binary("psql"), url, "-q", "-v", "ON_ERROR_STOP=1", "-f", HERE / "schema.sql"],
            check=True,
        )
        yield url, process


@contextmanager
def peer(command: Sequence[str], path: str) -> Generator[Running]:
    """A server that prints its port and speaks GraphQL at a path."""
    with peer_tables() as (url, database), printing_port(command, {"DATABASE_URL": url}) as found:
        port, process = found
        yield Running(f"http://127.0.0.1:{port}{path}", "", process, database)


def plain() -> tuple[Sequence[str], str]:
    """Strawberry and Tortoise as documented."""
    return [sys.executable, str(HERE / "plain.py")], "/graphql/"


def node(script: str) -> tuple[Sequence[str], str] | None:
    """A server of Node's; None where there is no Node or no npm. Installs its packages first."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    if not (HERE / "node_modules").exists():
        options = ("--no-audit", "--no-fund", "--loglevel=error")
        subprocess.run([npm, "ci", "--prefix", HERE, *options], check=True, stdout=sys.stderr)
    return [node, str(HERE / script)], "/graphql"


@contextmanager
def printing_port(
    command: Sequence[str], environment: Mapping[str, str]
) -> Generator[tuple[int, psutil.Process]]:
    """A process that prints the port it listens on as its first line."""
    with subprocess.Popen(
        command,
        env={**os.environ, "NODE_ENV": "production", **environment},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline()), psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(30)
