"""What lies below any server: bare SQL, a bare JSON answer, and a sorted set in memory."""

import asyncio
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

import psutil

from benchmarks.machine import cpu_seconds
from benchmarks.passing import Cost, cost
from benchmarks.peers.serving import HERE, peer_tables, printing_port
from benchmarks.postgresql import binary
from benchmarks.running import Running
from benchmarks.sizes import PASSES, SECONDS, size
from benchmarks.table import Figure
from benchmarks.valkey import valkey

MEMBERS = size("MEMBERS", 1_000_000)
COMMANDS = 200_000
PIPELINED = 16


def measure() -> Iterable[Figure]:
    """Each floor by itself."""
    with peer_tables() as (url, database):
        for what, script in (
            ("insert and upsert in a transaction", "transaction.sql"),
            ("top 100", "top.sql"),
        ):
            spent = min(_pgbench(url, database, script) for _ in range(PASSES))
            yield Figure(f"bare SQL, 64 clients: {what}: database", spent, "µs of CPU")
    yield from asyncio.run(_sorted_set())


def bare_json(answer: bytes, *, connections: int) -> Cost:
    """What Starlette takes to send these bytes again and again."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answer.json"
        file.write_bytes(answer)
        command = [sys.executable, str(HERE / "bare_json.py")]
        with printing_port(command, {"ANSWER": str(file)}) as (port, process):
            running = Running(f"http://127.0.0.1:{port}/", "", process, None)
            return cost(running, lambda: b"{}", connections=connections)


def _pgbench(url: str, database: psutil.Process, script: str) -> float:
    """Processor time of the database for each run of a script (µs)."""
    before = cpu_seconds(database)
    options = ("-n", "-M", "prepared", "-c", "64", "-j", "1", "-T", str(int(SECONDS)))
    done = subprocess.run(
        [binary("pgbench"), *options, "-f", HERE / script, url],
        check=True,
        capture_output=True,
        text=True,
    )
    found = re.search(r"actually processed: (\d+)", done.stdout)
    assert found is not None, done.stdout
    return (cpu_seconds(database) - before) * 1e6 / int(found[1])


async def _sorted_set() -> list[Figure]:
    """Ranks in the middle of a sorted set, sixteen commands at a time."""
    random = Random(3)
    with valkey() as (path, process):
        reader, writer = await asyncio.open_unix_connection(path, limit=2**24)

        async def spent(commands: Iterator[bytes], number: int) -> float:
            before = cpu_seconds(process)
            for _ in range(0, number, PIPELINED):
                writer.write(b"".join(next(commands) for _ in range(PIPELINED)))
                for _ in range(PIPELINED):
                    await reader.readline()
            return (cpu_seconds(process) - before) * 1e6 / number

        def commands(form: str) -> Iterator[bytes]:
            while True:
                member, score = random.randrange(MEMBERS), random.randrange(2**20)
                yield form.format(member=member, score=score).encode()

        adding = (f"ZADD board {random.randrange(2**20)} m{n}\r\n".encode() for n in range(MEMBERS))
        added = await spent(adding, MEMBERS // PIPELINED * PIPELINED)
        ranked = await spent(commands("ZREVRANK board m{member}\r\n"), COMMANDS)
        moved = await spent(commands("ZINCRBY board 1 m{member}\r\n"), COMMANDS)
        writer.close()
    name = f"sorted set of {MEMBERS:,} (Valkey, 16 at a time)"
    return [
        Figure(f"{name}: ZADD", added, "µs of CPU"),
        Figure(f"{name}: ZREVRANK", ranked, "µs of CPU"),
        Figure(f"{name}: ZINCRBY", moved, "µs of CPU"),
    ]
