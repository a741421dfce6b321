"""The numbers for operators: each is counted where it happens, explained, and not public."""

import asyncio
import re
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from sys import getsizeof

import httpx
import pytest

from gamification.live import Bus
from gamification.ports import ProgramRecord, Store
from gamification.program import Program
from gamification.twin import Twin
from gamification.twin.reading import TwinReading
from server.app import create_app
from server.live.hub import LocalHub
from server.metrics import Metrics
from server.metrics_page import metrics_served
from server.observing import Observer
from server.programs import CachedPrograms
from server.scheduling import LEASE_SECONDS, Lease, Scheduler
from server.services import Services
from server.settings import read_settings
from server.unusable import Unusable
from tests.api.events import streaming
from tests.house.tree import ROOT
from tests.server.asking import ask, numbers_at, secret_for
from tests.server.running import Running, receive, running_server
from tests.server.terminal import CLUB
from tests.server.test_app import secret_of
from tests.server.test_scheduling import Turns, Watched, with_programs
from tests.server.test_stalled_reader import BOARD, served, subscribed, world_with
from tests.server.test_stalled_reader import Watched as WatchedSockets

VISIT = """mutation { recordActivity(input: {member: "ann", type: "visit"}) {
  userErrors { code }
} }"""


class Asking:
    """An application with its numbers, and a client of it."""

    def __init__(self, services: Services, client: httpx.AsyncClient) -> None:
        self.services = services
        self.client = client

    async def __call__(self, query: str) -> None:
        await self.client.post("/graphql", json={"query": query})

    def number(self, name: str, **labels: str) -> float | None:
        return self.services.metrics.registry.get_sample_value(f"gamification_{name}", labels)

    def operations(self, kind: str) -> dict[str, float]:
        """How many operations of this kind had which outcome, without those that none had."""
        (counted,) = (
            each
            for each in self.services.metrics.registry.collect()
            if each.name == "gamification_operations"
        )
        return {
            sample.labels["outcome"]: sample.value
            for sample in counted.samples
            if sample.name.endswith("_total") and sample.labels["kind"] == kind and sample.value
        }


@asynccontextmanager
async def asking(store: Store, *scopes: str) -> AsyncGenerator[Asking]:
    secret = await secret_of(store, *scopes)
    settings = read_settings()
    services = Services.of(settings, store)
    app = create_app(settings, store, services=services)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://test",
        headers={"authorization": f"Bearer {secret}"},
    ) as client:
        yield Asking(services, client)


async def test_operations_are_counted_by_what_became_of_them() -> None:
    async with asking(Twin(), "read", "activities:write") as app:
        await app("{ program { key } }")
        await app("{ members(first: 10) { edges { node { id } } } }")
        await app("{ members(first: 0) { edges { node { id } } } }")
        await app("{ nothing }")
        await app("{")
        await app(VISIT)
        await app("mutation { adjustPoints(input: {}) { entries { granted } } }")
        assert app.operations("query") == {"done": 2, "errors": 1, "refused": 1}
        assert app.operations("mutation") == {"done": 1, "refused": 1}
        assert app.operations("unknown") == {"refused": 1}
        assert app.operations("subscription") == {}
        assert app.number("operation_seconds_count", kind="query") == 4
        # The program; ten members on a page; none on a page; nothing that exists.
        assert app.number("operation_cost_count", kind="query") == 4
        assert app.number("operation_cost_sum", kind="query") == 2 + 31 + 1 + 0
        assert app.number("http_responses_total", status="200") == 7


async def test_operations_that_need_no_execution_of_their_own_are_counted() -> None:
    async with asking(Twin(), "read") as app:
        await asyncio.gather(*(app("{ program { key } }") for _ in range(3)))
        await app("{ program { key } }")
        names = [f"kept_answers_{name}" for name in ("misses", "joined", "hits")]
        assert [app.number(name) for name in names] == [1, 2, 1]
        assert app.operations("query") == {"done": 4}
        assert app.number("operation_seconds_count", kind="query") == 4


async def test_documents_that_are_named_are_counted() -> None:
    async with asking(Twin(), "read") as app:
        text = "{ program { key } }"
        named = {"documentId": f"sha256:{sha256(text.encode()).hexdigest()}"}
        for request in (named, {**named, "query": text}, named, named, {"query": text}):
            await app.client.post("/graphql", json=request)
        names = ("hits", "registrations", "misses", "entries")
        assert [app.number(f"persisted_documents_{name}") for name in names] == [2, 1, 1, 1]
        assert app.number("persisted_documents_bytes") == 500 + getsizeof(text)
        assert app.operations("unknown") == {"refused": 1}
        assert app.operations("query") == {"done": 4}


async def test_a_fault_of_ours_is_counted_as_one() -> None:
    class Broken(Twin):
        """A store whose programs cannot be read from, for a reason that nobody foresees."""

        def reading(self, program: ProgramRecord) -> TwinReading:
            raise RuntimeError

    async with asking(Broken(), "read") as app:
        await app('{ member(externalId: "ann") { id } }')
        assert app.operations("query") == {"failed": 1}


async def test_batches_are_counted_and_refusals_as_busy() -> None:
    async with asking(Twin(), "activities:write") as app:
        assert (app.number("batch_facts_count"), app.number("queued_facts")) == (0, 0)
        await asyncio.gather(*(app(VISIT) for _ in range(3)))
        assert app.number("batch_facts_sum") == 3
        assert app.number("batch_facts_count") == app.number("batch_seconds_count")
        assert (app.number("queued_facts"), app.number("busy_total")) == (0, 0)
        await app.services.recorder.stop()
        await app(VISIT)
        assert (app.number("batch_facts_sum"), app.number("busy_total")) == (3, 1)
        assert app.operations("mutation") == {"done": 4}


async def test_subscriptions_and_those_who_follow_them_are_counted() -> None:
    world = await world_with(WatchedSockets)
    registry = world.services.metrics.registry

    def numbers() -> list[float | None]:
        names = ("sockets", "event_streams", "subscription_groups", "followers")
        return [registry.get_sample_value(f"gamification_{name}") for name in names]

    async with asyncio.timeout(30), served(world.config) as server:
        url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/graphql"
        key = {"authorization": f"Bearer {world.secret}"}
        before = asyncio.all_tasks()
        assert numbers() == [0, 0, 0, 0]
        async with (
            subscribed(server, world.secret) as client,
            streaming(url, BOARD, headers=key) as events,
        ):
            await events.next()
            assert numbers() == [1, 1, 1, 2]
            await world.visits("ann")
            await receive(client)
            await events.next()
        while left := asyncio.all_tasks() - before:
            await asyncio.wait(left)
        assert numbers() == [0, 0, 0, 0]
        assert registry.get_sample_value("gamification_updates_told_total") == 4
        assert registry.get_sample_value("gamification_update_lag_seconds_count") == 1
        done = {"kind": "subscription", "outcome": "done"}
        assert registry.get_sample_value("gamification_operations_total", done) == 2


async def fail(store: Store, bus: Bus, program: Program, *, now: datetime) -> int:
    raise RuntimeError


async def test_the_scheduler_is_counted() -> None:
    store, metrics = await with_programs(Twin(), "club", "shop"), Metrics()
    schedulers: list[Scheduler] = []
    for name in ("ann", "bob"):
        turns = Turns()
        schedulers.append(
            Scheduler(
                store,
                LocalHub(),
                CachedPrograms(store),
                lease=Lease(store, name, clock=turns.clock, pause=turns.renewals),
                clock=turns.clock,
                seconds=5,
                duties=(Watched(), fail),
                pause=turns.passes,
                observer=Observer(metrics),
            )
        )
        schedulers[-1].start()
        await turns.passes.asleep.wait()
    number = metrics.registry.get_sample_value
    assert [
        number("gamification_scheduler_passes_total", {"outcome": outcome})
        for outcome in ("led", "followed", "broken_off", "failed")
    ] == [1, 1, 0, 0]
    duties = "gamification_duties_total"
    assert number(duties, {"duty": "watch", "outcome": "done"}) == 2
    assert number(duties, {"duty": "fail", "outcome": "failed"}) == 2
    for each in schedulers:
        await each.stop()


async def test_the_leader_says_that_it_is_the_leader() -> None:
    store, turns = Twin(), Turns()
    ann, bob = (Lease(store, name, clock=turns.clock) for name in ("ann", "bob"))
    assert (ann.is_held, bob.is_held) == (False, False)
    await ann.take()
    await bob.take()
    assert (ann.is_held, bob.is_held) == (True, False)
    turns.now += timedelta(seconds=LEASE_SECONDS)
    assert ann.is_held is False
    await ann.take()
    await ann.give_back()
    assert ann.is_held is False


def numbers_url(server: Running) -> str:
    (line,) = (line for line in server.log if line["event"] == "numbers")
    return line["url"]


async def test_each_process_tells_its_own_numbers(database_url: str) -> None:
    secret = await secret_for(database_url, CLUB, "read")
    asked: list[float] = []
    async with (
        running_server(database_url, metrics_port="0") as one,
        running_server(database_url, metrics_port="0") as two,
    ):
        for server, times in ((one, 3), (two, 1)):
            assert numbers_url(server).startswith("http://127.0.0.1:")
            async with server.client(secret) as client:
                for _ in range(times):
                    await ask(client, "{ program { key } }")
                assert (await client.get("/metrics")).status_code == 404  # not on the API's port
                samples = await numbers_at(client, numbers_url(server))
            asked.append(samples["gamification_operations_total", "query", "done"])
            assert samples["process_resident_memory_bytes",] > 0
            pool = samples.get(("gamification_database_connections_max",))
            assert pool == (10 if database_url.startswith("postgresql") else None)
            assert await server.stop() == 0
    assert asked == [3, 1]


async def test_a_port_that_is_taken_is_said_before_the_server_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = read_settings(metrics_port=taken.getsockname()[1])
        with pytest.raises(Unusable, match=r"Address already in use.*GAMIFICATION_METRICS_PORT"):
            async with metrics_served(Metrics().registry, settings):
                raise AssertionError("nothing is served")


def test_the_numbers_are_not_served_unless_a_port_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert read_settings().metrics_port is None
    monkeypatch.setenv("GAMIFICATION_METRICS_PORT", "")
    assert read_settings().metrics_port is None
    assert read_settings().metrics_host == "127.0.0.1"


async def test_each_number_is_explained_and_none_that_is_not_there(database_url: str) -> None:
    from models.store import open_store

    async with open_store(database_url) as store:
        settings = read_settings(database_url=database_url)
        services = Services.of(settings, store)
        create_app(settings, store, services=services)
        there = {
            family.name
            for family in services.metrics.registry.collect()
            if family.name.startswith("gamification_")
        }
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    explained = {name.removesuffix("_total") for name in re.findall(r"`(gamification_\w+)`", page)}
    of_the_pool = {name for name in explained if "_database_connections" in name}
    assert len(of_the_pool) == 3
    assert there | of_the_pool == explained


async def test_a_reader_that_does_not_answer_pings_is_counted() -> None:
    world = await world_with(WatchedSockets)
    world.config.ws_ping_interval = world.config.ws_ping_timeout = 0.05
    async with asyncio.timeout(30), served(world.config) as server:
        before = asyncio.all_tasks()
        async with subscribed(server, world.secret) as client:
            client.transport.pause_reading()
            await WatchedSockets.lost.wait()
        while left := asyncio.all_tasks() - before:
            await asyncio.wait(left)
    number = world.services.metrics.registry.get_sample_value
    reasons = ("queue_full", "send_timeout", "ping_timeout")
    name = "gamification_readers_dropped_total"
    assert [number(name, {"reason": reason}) for reason in reasons] == [0, 0, 1]
