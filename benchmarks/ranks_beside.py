"""How often an index of ranks can answer while two processes write, each hearing of the other."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import ExitStack, contextmanager
from functools import partial
from random import Random
from typing import NamedTuple

import httpx
import orjson

from benchmarks.load import Load, load
from benchmarks.ranks import DEFINITION, OWN, SETTINGS, asked, fill
from benchmarks.running import Database, fresh_database, serving
from benchmarks.sizes import SECONDS, size
from benchmarks.table import Figure
from benchmarks.valkey import valkey

MEMBERS = size("MEMBERS", 1_000_000) // 10
"""As many as an index is built of in a second: counting is dear enough among them."""
WRITERS, READERS = 16, 8
PROGRAM = f"ranks-{MEMBERS}"
RUN = (
    "mutation ($member: String!) { recordActivity(input: "
    '{member: $member, type: "run", value: "1"}) { replayed userErrors { code } } }'
)


class Serving(NamedTuple):
    """One of the two servers."""

    url: str
    numbers_url: str

    def number(self, name: str) -> float:
        """One of its numbers for operators."""
        text = httpx.get(self.numbers_url).text
        found = re.search(rf"^gamification_rank_index_{name} (\S+)$", text, re.MULTILINE)
        assert found is not None, text
        return float(found[1])


def measure() -> Iterable[Figure]:
    """With Redis and without: of the ranks that are asked of both while both write."""
    for name, has_redis in (("over Valkey", True), ("without Redis", False)):
        with two(has_redis=has_redis) as (servers, token):
            yield from asyncio.run(_measured(name, servers, token))


@contextmanager
def two(*, has_redis: bool) -> Generator[tuple[list[Serving], str]]:
    """Two servers on one database, and the secret of a key."""
    with ExitStack() as stack:
        database = stack.enter_context(fresh_database("postgresql"))
        database.applied(DEFINITION.format(members=MEMBERS))
        fill(database, program=PROGRAM, members=MEMBERS)
        token = database.token(PROGRAM)
        settings = dict(SETTINGS)
        if has_redis:
            settings["GAMIFICATION_REDIS_URL"] = f"unix://{stack.enter_context(valkey())[0]}"
        yield [stack.enter_context(_one(database, n, settings)) for n in range(2)], token


@contextmanager
def _one(database: Database, number: int, settings: dict[str, str]) -> Generator[Serving]:
    """A server in a folder of its own, which tells its numbers."""
    folder = database.folder / f"server-{number}"
    folder.mkdir()
    port = str(_free_port())
    with serving(
        database._replace(folder=folder),
        settings={**settings, "GAMIFICATION_METRICS_PORT": port},
    ) as (address, _):
        yield Serving(f"{address}/graphql", f"http://127.0.0.1:{port}/metrics")


async def _measured(name: str, servers: list[Serving], token: str) -> list[Figure]:
    asking = partial(load, body=asked(OWN, MEMBERS), token=token, connections=READERS)
    writing = partial(load, body=_runs(), token=token, connections=WRITERS, seconds=SECONDS)
    for server in servers:
        while not server.number("answers"):
            _succeeded([await asking(server.url, seconds=0.5)])
    quiet = await _answered(servers, asking, seconds=1)
    async with asyncio.TaskGroup() as group:
        busy = group.create_task(_answered(servers, asking, seconds=SECONDS))
        tasks = [group.create_task(writing(server.url)) for server in servers]
    written = [task.result() for task in tasks]
    _succeeded(written)
    share = 100 * busy.result() / quiet
    rate = sum(each.requests / each.seconds for each in written)
    return [
        Figure(f"own rank of {MEMBERS:,}, two write, {name}: by the index", share, "%"),
        Figure(f"own rank of {MEMBERS:,}, two write, {name}: written", rate, "requests/s"),
    ]


async def _answered(
    servers: list[Serving], asking: Callable[..., Awaitable[Load]], *, seconds: float
) -> float:
    """How many questions indexes answered for each request."""
    before = sum(server.number("answers") for server in servers)
    done = await asyncio.gather(*(asking(server.url, seconds=seconds) for server in servers))
    _succeeded(done)
    answers = sum(server.number("answers") for server in servers) - before
    return answers / sum(each.requests for each in done)


def _succeeded(done: Iterable[Load]) -> None:
    for each in done:
        if each.failed:
            raise SystemExit(f"{each.failed} requests failed, such as {each.sample[-400:]!r}")


def _runs() -> Callable[[], bytes]:
    """Mutations of anybody: each moves a member up by one."""
    random = Random(5)

    def body() -> bytes:
        member = f"m{random.randrange(MEMBERS) + 1}"
        return orjson.dumps({"query": RUN, "variables": {"member": member}})

    return body


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
