"""What is done for a request or an operation is part of its trace, which the client can name."""

import logging
from collections.abc import Iterator

import pytest
import structlog
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from gamification.ports import ProgramRecord
from gamification.twin import Twin
from gamification.twin.reading import TwinReading
from gql.tracing import trace_of
from server.app import create_app
from server.serving import config_for
from server.settings import read_settings
from tests.server.running import receive, send
from tests.server.test_app import client_of, secret_of
from tests.server.test_stalled_reader import served

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
MEMBER = '{ member(externalId: "ann") { id } }'


class Broken(Twin):
    """A store that cannot be read, for a reason that nobody foresees."""

    def reading(self, program: ProgramRecord) -> TwinReading:
        raise RuntimeError


class Traces(logging.Handler):
    """Notes the trace that is bound when something is logged, as the log's lines tell it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str | None] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(structlog.contextvars.get_contextvars().get("trace_id"))


@pytest.fixture
def traces() -> Iterator[list[str | None]]:
    """Of which traces there were lines of unexpected errors."""
    handler, log = Traces(), logging.getLogger("gql")
    log.addHandler(handler)
    yield handler.seen
    log.removeHandler(handler)


@pytest.mark.parametrize(
    ("traceparent", "is_valid"),
    [
        (PARENT, True),
        (f"01-{TRACE}-b7ad6b7169203331-00-more", True),  # of a later version
        (f"00-{TRACE}-b7ad6b7169203331-01-more", False),
        (f"ff-{TRACE}-b7ad6b7169203331-01", False),
        (f"00-{'0' * 32}-b7ad6b7169203331-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (PARENT.upper(), False),
        (PARENT + "\n", False),
        ("", False),
        (None, False),
        (7, False),
    ],
)
def test_a_trace_that_cannot_be_believed_is_a_new_one(traceparent: object, is_valid: bool) -> None:
    one, two = trace_of(traceparent).id, trace_of(traceparent).id
    if is_valid:
        assert one == two == TRACE
    else:
        assert len({one, two, TRACE}) == 3
        assert len(bytes.fromhex(one)) == 16


async def test_every_answer_names_its_trace() -> None:
    async with client_of(Twin()) as client:
        given = await client.get("/health", headers={"traceparent": PARENT})
        assert given.headers["x-trace-id"] == TRACE
        made = [(await client.get("/health")).headers["x-trace-id"] for _ in range(2)]
        assert len({*made, TRACE}) == 3


async def test_an_unexpected_error_names_the_trace_of_its_line(traces: list[str | None]) -> None:
    store = Broken()
    secret = await secret_of(store, "read")
    async with client_of(store) as client:
        response = await client.post(
            "/graphql",
            json={"query": MEMBER},
            headers={"authorization": f"Bearer {secret}", "traceparent": PARENT},
        )
    (error,) = response.json()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["traceId"]) == (
        "INTERNAL_ERROR",
        TRACE,
    )
    assert traces == [TRACE]


async def test_each_operation_of_a_socket_has_its_trace(traces: list[str | None]) -> None:
    store, settings = Broken(), read_settings(port=0)
    secret = await secret_of(store, "read")
    told: list[str] = []
    async with served(config_for(create_app(settings, store), settings)) as server:
        port = server.servers[0].sockets[0].getsockname()[1]
        async with connect(
            f"ws://127.0.0.1:{port}/graphql",
            subprotocols=[Subprotocol("graphql-transport-ws")],
            proxy=None,
            additional_headers={"traceparent": PARENT.replace("0af7", "1bf8")},
        ) as client:
            await send(
                client, type="connection_init", payload={"authorization": f"Bearer {secret}"}
            )
            await receive(client)
            for id, extensions in (("1", {"traceparent": PARENT}), ("2", {}), ("3", None)):
                payload = {"query": MEMBER, "extensions": extensions}
                await send(client, id=id, type="subscribe", payload=payload)
                (error,) = (await receive(client))["payload"]["errors"]
                assert (await receive(client))["type"] == "complete"
                told.append(error["extensions"]["traceId"])
    assert told[0] == TRACE
    assert len(set(told)) == 3
    assert traces == told
