"""What a server process holds: tasks, threads, open files and sockets, memory."""

import asyncio
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import orjson
import psutil

from benchmarks.soak.observed import COLLECTED

QUIET_SECONDS_MAX = 60
"""How long a server may take to let go of what it no longer needs: an idle connection of a client
stays for fifteen seconds."""

MOMENT_SECONDS = 30
GROWTH_MAX = 8.0
"""MB a minute in the second half. It is the system's measure, in which room that is free but not
given back counts as well: so it tells a large leak of whatever kind."""

BLOCKS_PER_REQUEST_MAX = 0.5
"""Pieces of memory that may stay for each request of the second half: caches fill a little more.
An object that stays of every request would be 1 at least, and a socket's state some hundred."""


class Held(NamedTuple):
    """What a process holds that it must give back. Connections to the database are bounded by its
    pool, and kept."""

    tasks: int
    threads: int
    clients: int
    files: int

    def beyond(self, before: "Held") -> list[str]:
        """What there is more of than before, in words."""
        return [
            f"{name}: {now} where there were {then}"
            for name, now, then in zip(self._fields, self, before, strict=True)
            if now > then
        ]


class Moment(NamedTuple):
    """What a process held so many seconds after the load had begun. `memory` is in bytes."""

    seconds: int
    memory: int
    held: Held


class Observer:
    """Looks at a server that `observed.py` runs."""

    def __init__(self, server: "subprocess.Popen[bytes]", port: int) -> None:
        self._server = server
        self._process = psutil.Process(server.pid)
        self._port = port
        self.memory: list[int] = []
        """Bytes, once a second since `watch` began."""
        self.moments: list[Moment] = []
        """Everything, every half a minute."""

    async def watch(self) -> None:
        """Note the memory every second, until cancelled."""
        while True:
            seconds = len(self.memory)
            self.memory.append(self._process.memory_info().rss)
            if seconds % MOMENT_SECONDS == 0:
                self.moments.append(Moment(seconds, self.memory[-1], self.held()))
            await asyncio.sleep(1)

    def held(self) -> Held:
        """What the process holds now."""
        tasks = self._told("")["tasks"]
        connections = self._process.net_connections()
        clients = sum(each.laddr.port == self._port for each in connections if each.laddr)
        return Held(tasks, self._process.num_threads(), clients, self._files())

    def blocks(self) -> int:
        """How many pieces of memory the process' Python objects take."""
        return self._told(COLLECTED)["blocks"]

    def _told(self, asked: str) -> dict[str, int]:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(f"{asked}\n".encode())
        self._server.stdin.flush()
        return orjson.loads(self._server.stdout.readline())

    async def quiet(self, wanted: Held | None = None) -> Held:
        """What it holds once that is no more than wanted; or (None) stays the same for a while."""
        held, same = self.held(), 0
        for _ in range(QUIET_SECONDS_MAX):
            if (wanted is None and same >= 3) or (wanted is not None and not held.beyond(wanted)):
                break
            await asyncio.sleep(1)
            before, held = held, self.held()
            same = same + 1 if held == before else 0
        return held

    def _files(self) -> int:
        """Descriptors that are no sockets."""
        count = 0
        for descriptor in Path(f"/proc/{self._server.pid}/fd").iterdir():
            with suppress(OSError):
                count += not str(descriptor.readlink()).startswith("socket:")
        return count


def rendered(moments: Sequence[Moment]) -> str:
    """What was held over the time, as a table."""
    lines = ["| seconds | memory | tasks | threads | sockets | files |", "|---:" * 6 + "|"]
    lines += [
        f"| {seconds} | {memory / 1e6:.0f} MB | {' | '.join(map(str, held))} |"
        for seconds, memory, held in moments
    ]
    return "\n".join(lines)


def slope(memory: Sequence[int]) -> float:
    """MB a minute by which memory grew in the second half: the line of least squares."""
    half = memory[len(memory) // 2 :]
    if len(half) < 2:
        return 0.0
    middle, mean = (len(half) - 1) / 2, sum(half) / len(half)
    rise = sum((at - middle) * (size - mean) for at, size in enumerate(half))
    return rise / sum((at - middle) ** 2 for at in range(len(half))) * 60 / 1e6
