"""What it costs to push one change to many sockets, whoever pushes."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import psutil

from benchmarks.machine import cpu_seconds
from benchmarks.sockets import Crowd

ROUNDS = 20


async def rounds(
    crowd: Crowd, sockets: int, server: psutil.Process, change: Callable[[], Awaitable[None]]
) -> tuple[float, list[float]]:
    """Processor time of the server for each message (µs), and the time of each round (ms)."""
    last: list[float] = []
    before = cpu_seconds(server)
    for _ in range(ROUNDS):
        await asyncio.sleep(0.3)  # longer than the pace: each change is told by itself
        received, begun = crowd.received, time.perf_counter()
        await change()
        await crowd.until(received + sockets)
        last.append((crowd.last_at - begun) * 1e3)
    return (cpu_seconds(server) - before) * 1e6 / (ROUNDS * sockets), last
