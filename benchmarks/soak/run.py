"""The soak itself: load, quiet, and a look at what is left."""

import asyncio
import os
import subprocess
import sys
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import NamedTuple
from urllib.parse import urlsplit

import orjson
import uvloop

from benchmarks.asking import Asking
from benchmarks.running import Database, fresh_database, serving
from benchmarks.soak import observed
from benchmarks.soak.following import SEND_SECONDS, Crowd, Follower, Told, followers
from benchmarks.soak.observing import (
    BLOCKS_PER_REQUEST_MAX,
    GROWTH_MAX,
    Held,
    Moment,
    Observer,
    rendered,
    slope,
)
from benchmarks.soak.traffic import DEFINITION, MEMBERS, RECORD_MANY, Traffic
from benchmarks.sockets import Crowd as Watchers
from benchmarks.sockets import subscribe
from benchmarks.table import Figure
from gamification.ids import member_id
from gamification.outcomes import Notice
from models.store import open_store

GROWTH_SECONDS_MIN = 180.0
"""A shorter soak is no measure of growth: the caches still fill."""

SETTINGS = {
    "GAMIFICATION_SOCKET_SEND_SECONDS_MAX": str(SEND_SECONDS),
    # What is kept on purpose is full in the first half, so that it has to stop growing there.
    "GAMIFICATION_SQLITE_CACHE_BYTES_MAX": str(16 * 1024 * 1024),
    "GAMIFICATION_ANSWER_CACHE_BYTES_MAX": str(2 * 1024 * 1024),
}

WATCHED = 'subscription { leaderboardUpdated(key: "all", first: 10) { cursor entries { score } } }'


class Plan(NamedTuple):
    """How much, for how long. The defaults are an hour of a busy program in five minutes."""

    seconds: float = float(os.environ.get("SOAK_SECONDS", "300"))
    singles: int = 400
    """Requests a second, of all kinds."""
    batches: int = 8
    """Requests of a hundred activities, a second."""
    queries: int = 20
    watchers: int = 200
    lookers: int = 20
    stallers: int = 5


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, and what was wrong: `faults` of any kind, in words."""

    done: "Counter[str]"
    notices: int
    seconds: float
    requests: int
    """Those of the second half."""
    blocks: int
    """Pieces of memory that the second half has left behind."""
    memory: tuple[int, ...]
    moments: tuple[Moment, ...]
    before: Held
    after: Held
    faults: tuple[str, ...]


def measure() -> Iterable[Figure]:
    """The soak on each database. It ends the run with what was wrong, if anything was."""
    faults: list[str] = []
    for kind in ("sqlite", "postgresql"):
        with fresh_database(kind) as database:
            report = uvloop.run(soak(database, Plan()))
        print(f"soak, {kind}:", rendered(report.moments), sep="\n\n", end="\n\n", flush=True)
        yield from _figures(f"soak, {kind}", report)
        faults += [f"{kind}: {fault}" for fault in (*report.faults, *grown(report))]
    if faults:
        raise SystemExit("\n".join(faults))


def _figures(name: str, report: Report) -> Iterable[Figure]:
    did = report.done["activities"] / report.seconds
    yield Figure(f"{name}: activities", report.done["activities"], "")
    yield Figure(f"{name}: activities recorded", did, "a second")
    for what in sorted(report.done.keys() - {"activities"}):
        yield Figure(f"{name}: {what}", report.done[what], "")
    yield Figure(f"{name}: notices told to who resumed", report.notices, "")
    yield Figure(f"{name}: memory at the half", _half(report.memory) / 1e6, "MB")
    yield Figure(f"{name}: memory at the end", report.memory[-1] / 1e6, "MB")
    is_long = report.seconds >= GROWTH_SECONDS_MIN
    growth, bound = slope(report.memory), f"≤ {GROWTH_MAX:.0f}" if is_long else ""
    yield Figure(f"{name}: growth in the second half", growth, "MB a minute", bound)
    left, bound = report.blocks / report.requests, f"≤ {BLOCKS_PER_REQUEST_MAX}" if is_long else ""
    yield Figure(f"{name}: pieces of memory left by a request of it", left, "", bound)
    for what, then, now in zip(Held._fields, report.before, report.after, strict=True):
        yield Figure(f"{name}: {what} held when quiet", now, "", f"≤ {then}")


def grown(report: Report) -> Iterator[str]:
    """What says that memory was not flat, if the soak was long enough to say it."""
    if report.seconds < GROWTH_SECONDS_MIN:
        return
    growth = slope(report.memory)
    if growth > GROWTH_MAX:
        yield f"memory grows by {growth:.1f} MB a minute"
    if report.blocks > BLOCKS_PER_REQUEST_MAX * report.requests:
        yield f"{report.blocks:,} pieces of memory are left of {report.requests:,} requests"


async def soak(database: Database, plan: Plan) -> Report:
    """Load a fresh server as planned, let it become quiet after each half, and compare, recompute
    and audit."""
    database.applied(DEFINITION)
    token = database.token("soak")
    command = (sys.executable, str(Path(observed.__file__)))
    with serving(database, command=command, settings=SETTINGS) as (address, server):
        observer = Observer(server, urlsplit(address).port or 0)
        url = f"{address}/graphql"
        random = Random(4)
        traffic = Traffic(url, token, random)
        crowd = Crowd(url.replace("http", "ws", 1), token, random, followers())
        await _begun(traffic)
        await _loaded(traffic, crowd, Plan(2, 50, 2, 20, 10, 2, 0))  # pools and caches fill
        before = await observer.quiet()
        watching = asyncio.create_task(observer.watch())
        half = plan._replace(seconds=plan.seconds / 2)
        await _loaded(traffic, crowd, half)
        await observer.quiet(before)
        blocks, sent = observer.blocks(), traffic.sent
        await _loaded(traffic, crowd, half)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await crowd.catch_up()
        after = await observer.quiet(before)
        blocks = observer.blocks() - blocks
    lost = [fault async for fault in _lost(database.url, crowd.followers)]
    return Report(
        done=traffic.done + crowd.done,
        notices=sum(len(each.told) for each in crowd.followers),
        seconds=plan.seconds,
        requests=traffic.sent - sent,
        blocks=blocks,
        memory=tuple(observer.memory),
        moments=tuple(observer.moments),
        before=before,
        after=after,
        faults=(
            *traffic.faults,
            *crowd.faults,
            *after.beyond(before),
            *_errors(database.folder / "server.log"),
            *lost,
            *_differences(database),
        ),
    )


async def _begun(traffic: Traffic) -> None:
    """Every member has done something."""
    async with Asking(traffic.url, traffic.token) as asking:
        for start in range(0, MEMBERS, 1000):
            names = range(start, min(start + 1000, MEMBERS))
            visits = [{"member": f"m{n}", "type": "visit", "key": f"begun-{n}"} for n in names]
            answer = await asking.ask(RECORD_MANY, input={"activities": visits})
            assert answer["data"]["recordActivities"]["userErrors"] == [], answer


async def _loaded(traffic: Traffic, crowd: Crowd, plan: Plan) -> None:
    """All at once, for as long as planned; and a crowd of sockets on the board, one of a hundred of
    which does not read."""
    watchers = await subscribe(
        Watchers(), crowd.url, WATCHED, token=crowd.token, sockets=plan.watchers
    )
    for each in watchers[::100]:
        assert each.transport is not None
        each.transport.pause_reading()
    async with asyncio.TaskGroup() as group:
        group.create_task(
            traffic.flow(
                plan.seconds, singles=plan.singles, batches=plan.batches, queries=plan.queries
            )
        )
        group.create_task(
            crowd.come_and_go(plan.seconds, lookers=plan.lookers, stallers=plan.stallers)
        )
    for each in watchers:
        assert each.transport is not None
        each.transport.abort()


async def _lost(url: str, told: Iterable[Follower]) -> AsyncIterator[str]:
    """Which followers missed or were told twice what was announced between their first update and
    their last."""
    async with open_store(url) as store:
        record = await store.program("soak")
        assert record is not None
        reading = store.reading(record)
        names = {member_id("soak", f"m{n}"): f"m{n}" for n in range(MEMBERS)}
        for each in told:
            assert each.first is not None
            assert each.last is not None
            place, end = _place(each.first), _place(each.last)
            about = None if each.member is None else member_id("soak", each.member)
            announced: list[Notice] = []
            while page := await reading.notices_after(
                place, member=about, public_only=about is None, limit=1000
            ):
                announced += page
                place = page[-1].id
            expected = [
                Told(
                    notice.at,
                    notice.about,
                    notice.award and notice.award.level,
                    notice.award and notice.award.badge,
                    None if notice.member is None else names[notice.member],
                )
                for notice in announced
                if notice.id <= end
            ]
            if each.told != expected:
                who = each.member or "the feed"
                yield f"{who}: told {len(each.told)} notices, announced were {len(expected)}"


def _place(cursor: str) -> int:
    """The place in the order of notices that a cursor stands for."""
    return int(orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))[-1])


def _errors(log: Path) -> list[str]:
    """What the server logged that nobody foresaw."""
    lines = (orjson.loads(line) for line in log.read_bytes().splitlines() if line[:1] == b"{")
    return [str(line)[:1000] for line in lines if line.get("level") in ("error", "critical")][:20]


def _differences(database: Database) -> list[str]:
    """What the auditor finds."""
    try:
        database.command("verify", "--program", "soak")
    except subprocess.CalledProcessError as failed:
        return [line[:300] for line in failed.stdout.splitlines()[-20:]]
    return []


def _half(memory: tuple[int, ...]) -> int:
    return memory[len(memory) // 2]
