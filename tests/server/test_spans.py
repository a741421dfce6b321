"""With OpenTelemetry each operation and each batch is a span; without it nothing is loaded."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from os import environ

import httpx
import pytest
import uvicorn
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, SpanKind, format_span_id, format_trace_id
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from gamification.ports import ProgramRecord, Store
from gamification.twin import Twin
from gamification.twin.writing import TwinWriting
from server.app import create_app
from server.services import Services
from server.serving import config_for
from server.settings import read_settings
from server.spans import TracingObserver, provider_to
from tests.house.tree import ROOT
from tests.server.asking import ask, secret_for
from tests.server.running import SECONDS_MAX, receive, running_server, send
from tests.server.terminal import CLUB
from tests.server.test_app import secret_of
from tests.server.test_stalled_reader import served
from tests.server.test_tracing import PARENT, TRACE

SCOPES = ("read", "activities:write")
MEMBER = 'query Member { member(externalId: "ann") { id } }'
VISIT = """mutation Visit($member: String!) {
  recordActivity(input: {member: $member, type: "visit"}) { userErrors { code } }
}"""
BOARD = 'subscription Board { leaderboardUpdated(key: "all") { cursor } }'


class Full(Twin):
    """A store in which nothing more can be written; it says what was to be, as databases do."""

    @asynccontextmanager
    async def writing(self, program: ProgramRecord) -> AsyncGenerator[TwinWriting]:
        async with super().writing(program):
            raise RuntimeError("no room for ann")
        yield


class Traced:
    """A server's parts whose spans are kept."""

    def __init__(self, store: Store) -> None:
        self.exporter = InMemorySpanExporter()
        provider = provider_to(SimpleSpanProcessor(self.exporter))
        observing = partial(TracingObserver, provider=provider)
        self.settings = read_settings(port=0)
        self.services = Services.of(self.settings, store, observing=observing)
        self.app = create_app(self.settings, store, services=self.services)

    def spans(self, name: str) -> list[ReadableSpan]:
        """Those of a name that have ended."""
        return [span for span in self.exporter.get_finished_spans() if span.name == name]

    def span(self, name: str) -> ReadableSpan:
        (span,) = self.spans(name)
        return span


class Asking:
    """A client of a traced application."""

    def __init__(self, traced: Traced, client: httpx.AsyncClient) -> None:
        self.traced = traced
        self._client = client

    async def __call__(
        self, query: str, traceparent: str | None = None, **variables: str
    ) -> httpx.Response:
        headers = {} if traceparent is None else {"traceparent": traceparent}
        payload = {"query": query, "variables": variables}
        return await self._client.post("/graphql", json=payload, headers=headers)


@asynccontextmanager
async def asking(store: Store) -> AsyncGenerator[Asking]:
    secret = await secret_of(store, *SCOPES)
    traced = Traced(store)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=traced.app),
        base_url="http://test",
        headers={"authorization": f"Bearer {secret}"},
    ) as client:
        yield Asking(traced, client)


def context_of(span: ReadableSpan) -> SpanContext:
    context = span.get_span_context()
    assert context is not None
    return context


def ids(contexts: Sequence[SpanContext]) -> set[tuple[str, str]]:
    return {(format_trace_id(each.trace_id), format_span_id(each.span_id)) for each in contexts}


async def test_a_query_is_a_span_that_says_what_it_was_and_not_what_it_asked() -> None:
    async with asking(Twin()) as ask_it:
        response = await ask_it(MEMBER)
        span = ask_it.traced.span("query")
        assert len(ask_it.traced.exporter.get_finished_spans()) == 1  # none for a field
    assert dict(span.attributes or {}) == {
        "graphql.operation.type": "query",
        "graphql.operation.name": "Member",
        "gamification.cost": 2,
        "gamification.outcome": "done",
    }
    assert (span.kind, span.parent, span.events) == (SpanKind.SERVER, None, ())
    assert (span.status.is_unset, span.status.description) == (True, None)
    assert format_trace_id(context_of(span).trace_id) == response.headers["x-trace-id"]
    assert span.resource.attributes["service.name"] == "gamification"


async def test_a_span_is_part_of_the_callers_trace() -> None:
    async with asking(Twin()) as ask_it:
        await ask_it(MEMBER, traceparent=PARENT)
        span = ask_it.traced.span("query")
        assert span.parent is not None
        assert ids([span.parent]) == {(TRACE, "b7ad6b7169203331")}
        assert span.parent.is_remote
        assert format_trace_id(context_of(span).trace_id) == TRACE
        # The next request is none of that trace, and one that the caller does not keep is not kept.
        await ask_it(MEMBER)
        await ask_it(MEMBER, traceparent=PARENT.removesuffix("01") + "00")
        first, second = ask_it.traced.spans("query")
        assert (first, second.parent) == (span, None)
        assert context_of(second).trace_id != context_of(first).trace_id


@pytest.mark.parametrize(
    ("query", "name", "outcome"),
    [
        ("{ members(first: 0) { edges { node { id } } } }", "query", "errors"),
        ("{ nothing }", "query", "refused"),
        ("{", "GraphQL Operation", "refused"),
    ],
)
async def test_what_the_client_did_wrong_is_no_error_of_the_server(
    query: str, name: str, outcome: str
) -> None:
    async with asking(Twin()) as ask_it:
        await ask_it(query)
        span = ask_it.traced.span(name)
    attributes = dict(span.attributes or {})
    assert (attributes["gamification.outcome"], span.status.is_unset) == (outcome, True)
    assert "graphql.operation.name" not in attributes
    assert ("graphql.operation.type" in attributes) == (name == "query")


async def test_a_batch_is_a_span_of_its_own_that_is_linked_to_what_it_records() -> None:
    async with asking(Twin()) as ask_it:
        visits = await asyncio.gather(*(ask_it(VISIT, member=name) for name in ("a", "b", "c")))
        batches = ask_it.traced.spans("record batch")
        mutations = ask_it.traced.spans("mutation")
    assert {visit.status_code for visit in visits} == {200}
    assert sum(int(str((batch.attributes or {})["gamification.facts"])) for batch in batches) == 3
    links = [link.context for batch in batches for link in batch.links]
    assert (len(links), ids(links)) == (3, ids([context_of(span) for span in mutations]))
    assert {batch.parent for batch in batches} == {None}
    of_batches = {context_of(batch).trace_id for batch in batches}
    of_mutations = {context_of(span).trace_id for span in mutations}
    assert len(of_batches | of_mutations) == len(batches) + 3


async def test_a_failed_mutation_and_its_batch_are_errors_and_quote_nothing() -> None:
    store = Full()
    async with asking(store) as ask_it:
        response = await ask_it(VISIT, member="ann")
        (error,) = response.json()["errors"]
        mutation = ask_it.traced.span("mutation")
        batch = ask_it.traced.span("record batch")
    assert error["extensions"]["traceId"] == format_trace_id(context_of(mutation).trace_id)
    assert dict(mutation.attributes or {}) == {
        "graphql.operation.type": "mutation",
        "graphql.operation.name": "Visit",
        "gamification.cost": (mutation.attributes or {})["gamification.cost"],
        "gamification.outcome": "failed",
        "error.type": "failed",
    }
    assert dict(batch.attributes or {}) == {"gamification.facts": 1, "error.type": "RuntimeError"}
    for span in (mutation, batch):
        assert (span.status.is_ok, span.status.is_unset, span.events) == (False, False, ())
        assert "ann" not in span.to_json()
    record = await store.program("club")
    assert record is not None
    assert await store.reading(record).members_by_external_id(["ann"]) == {}


async def test_the_setting_up_of_a_subscription_is_a_span_in_its_own_trace() -> None:
    store = Twin()
    secret = await secret_of(store, "read")
    traced = Traced(store)
    async with (
        asyncio.timeout(SECONDS_MAX),
        served(config_for(traced.app, traced.settings)) as server,
        connect(
            f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/graphql",
            subprotocols=[Subprotocol("graphql-transport-ws")],
            proxy=None,
        ) as client,
    ):
        await send(client, type="connection_init", payload={"authorization": f"Bearer {secret}"})
        await receive(client)
        payload = {"query": BOARD, "extensions": {"traceparent": PARENT}}
        await send(client, id="1", type="subscribe", payload=payload)
        assert (await receive(client))["type"] == "next"
        span = traced.span("subscription")  # ended, while the subscription goes on
        assert span.parent is not None
        assert ids([span.parent]) == {(TRACE, "b7ad6b7169203331")}
        assert (span.attributes or {})["graphql.operation.name"] == "Board"
        assert (span.attributes or {})["gamification.outcome"] == "done"


class Collector:
    """Takes what is sent over OTLP."""

    def __init__(self) -> None:
        self.taken: list[ExportTraceServiceRequest] = []

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/v1/traces", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        self.taken.append(ExportTraceServiceRequest.FromString(await request.body()))
        return Response(media_type="application/x-protobuf")

    def told(self) -> set[tuple[str, str]]:
        """The names of the spans, with those of their services."""
        return {
            (attribute.value.string_value, span.name)
            for taken in self.taken
            for resource in taken.resource_spans
            for attribute in resource.resource.attributes
            if attribute.key == "service.name"
            for scope in resource.scope_spans
            for span in scope.spans
        }


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Collector]:
    """A collector that processes which are begun now send to, once they stop."""
    found = Collector()
    config = uvicorn.Config(found.app, port=0, log_config=None, lifespan="off", ws="none")
    async with served(config) as there:
        port = there.servers[0].sockets[0].getsockname()[1]
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("OTEL_SERVICE_NAME", "shop-points")
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "3600000")  # not before
        yield found


async def test_what_has_not_been_sent_is_sent_when_the_server_stops(
    sqlite_url: str, collector: Collector
) -> None:
    secret = await secret_for(sqlite_url, CLUB, *SCOPES)
    async with running_server(sqlite_url, tracing="true") as server:
        async with server.client(secret) as client:
            await ask(client, VISIT, member="ann")
        assert collector.taken == []
        assert await server.stop() == 0
    assert collector.told() == {("shop-points", "mutation"), ("shop-points", "record batch")}


async def test_a_demo_is_traced_as_a_server_is(collector: Collector) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from server.cli import main; main()"),
        *("demo", "--port", "0", "--for", "0"),
        cwd=ROOT,
        env={**environ, "GAMIFICATION_TRACING": "true"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SECONDS_MAX):
            told = (await process.stdout.readuntil(b"For example")).decode()
            url, key = (re.search(pattern, told) for pattern in (r"http://\S+:\d+", r"gam_\S+"))
            assert url is not None
            assert key is not None
            credentials = {"authorization": f"Bearer {key[0]}"}
            async with httpx.AsyncClient(trust_env=False, headers=credentials) as client:
                await client.post(f"{url[0]}/graphql", json={"query": "{ program { key } }"})
            process.terminate()
            await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0
    assert ("shop-points", "query") in collector.told()


def python(code: str, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_the_extra_it_is_said_what_to_install(sqlite_url: str) -> None:
    told = python(
        "import sys; sys.modules['opentelemetry'] = None; from server.cli import main; main()",
        "serve",
        GAMIFICATION_TRACING="true",
        GAMIFICATION_DATABASE_URL=sqlite_url,
    )
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == (
        "GAMIFICATION_TRACING needs OpenTelemetry, which is not installed: "
        "pip install 'gamification-backend[otel]'.\n"
    )


def test_where_it_is_off_nothing_asks_for_it() -> None:
    told = python(
        "import asyncio, sys\n"
        "sys.modules['opentelemetry'] = None\n"
        "import server.app, server.commands.serve, server.commands.demo\n"
        "from server.settings import read_settings\n"
        "from server.tracing import opened_tracing\n"
        "observing = asyncio.run(opened_tracing(read_settings()).__aenter__())\n"
        "print(observing.__module__, *sys.modules)"
    )
    observer, *loaded = told.stdout.split()
    assert (observer, "server.tracing" in loaded) == ("server.observing", True)
    assert [name for name in loaded if name.startswith(("opentelemetry.", "server.spans"))] == []
