"""GraphQL over WebSockets: the protocol's cases, and junk of every kind."""

from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from gql.http import OPERATIONS_PER_CONNECTION_MAX
from tests.api.live import Server, serving
from tests.api.world import World

FEED = "subscription { feedUpdated { resync notices { kind } } }"
SNAPSHOT: dict[str, object] = {"feedUpdated": {"resync": False, "notices": []}}


@pytest.fixture
async def server(small_world: World) -> AsyncIterator[Server]:
    async with serving(small_world) as server:
        yield server


async def test_queries_and_mutations_are_answered_too(server: Server) -> None:
    async with server.ready() as socket:
        await socket.subscribe("{ program { key } }", id="a")
        assert await socket.next("a") == {"program": {"key": "forum"}}
        assert await socket.receive() == {"id": "a", "type": "complete"}
        await socket.subscribe(
            'mutation { recordActivity(input: {member: "ann", type: "visit"}) { replayed } }'
        )
        assert await socket.next() == {"recordActivity": {"replayed": False}}
        assert await socket.receive() == {"id": "1", "type": "complete"}
        # The same id again, and an answer that knows of what was done meanwhile.
        await socket.subscribe("{ program { memberCount } }")
        assert await socket.next() == {"program": {"memberCount": 1}}


async def test_pings_are_answered(server: Server) -> None:
    async with server.socket() as socket:
        await socket.send({"type": "ping", "payload": {"a": 1}})
        assert await socket.receive() == {"type": "pong"}


@pytest.mark.parametrize("payload", [{}, None, {"authorization": "Bearer bad"}])
async def test_bad_credentials_close_the_socket(server: Server, payload: object) -> None:
    async with server.socket() as socket:
        await socket.send({"type": "connection_init", "payload": payload})
        assert await socket.closed() == (4403, "Forbidden")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[]", 4400),
        ("null", 4400),
        ("1", 4400),
        ('"text"', 4400),
        ("true", 4400),
        ("NaN", 4400),
        ('"\\ud800"', 4400),
        ("[" * 60_000, 4400),
        ('{"type": "ping", "payload": {"a": %s}}' % ("[" * 2_000 + "]" * 2_000), 4400),
        ('{"type": "ping", "payload": {"a": %s}}' % ("9" * 5_000), 4400),
        ("{", 4400),
        ("", 4400),
        (b"{}", 4400),
        ("{}", 4400),
        ('{"type": 1}', 4400),
        ('{"type": ["ping"]}', 4400),
        ('{"type": "unknown"}', 4400),
        ('{"type": "ping", "payload": 1}', 4400),
        ('{"type": "pong", "payload": [1]}', 4400),
        ('{"type": "connection_init", "payload": []}', 4400),
        ('{"type": "connection_init", "payload": "Bearer good"}', 4400),
        ('{"type": "subscribe"}', 4400),
        ('{"type": "subscribe", "id": [1], "payload": {"query": "{ x }"}}', 4400),
        ('{"type": "subscribe", "id": "", "payload": {"query": "{ x }"}}', 4400),
        ('{"type": "subscribe", "id": "%s", "payload": {"query": "{ x }"}}' % ("x" * 129), 4400),
        ('{"type": "subscribe", "id": "1"}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {}}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": 1}}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": "{ x }", "variables": 1}}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": "", "operationName": 1}}', 4400),
        ('{"type": "complete"}', 4400),
        ('{"type": "complete", "id": {}}', 4400),
        ('{"type": "complete", "id": "%s"}' % ("x" * 129), 4400),
        ('{"type": "connection_init"}', 4429),
    ],
    ids=lambda each: str(each)[:150],
)  # fmt: skip
async def test_junk_closes_the_socket_with_a_reason(
    server: Server, text: str | bytes, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with server.ready() as socket:
        await socket.send_text(text)
        closed = await socket.closed()
    assert closed[0] == code
    assert closed[1]
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize(
    "given",
    [
        '{"a": ' * 300 + "1" + "}" * 300,
        '{"member": "a", "type": "visit", "value": %s}' % ("9" * 300),
        '{"member": "a", "type": "visit", "properties": %s}' % ("[" * 50 + "]" * 50),
        '{"member": "\\u0000", "type": "visit"}',
        "[[[1]]]",
    ],
    ids=lambda each: f"{each[:40]}{each[40:][-20:]}",
)
async def test_junk_in_variables_ends_the_operation_and_not_the_socket(
    small_world: World, server: Server, given: str
) -> None:
    query = (
        "mutation ($input: RecordActivityInput!) "
        "{ recordActivity(input: $input) { userErrors { code } } }"
    )
    async with server.ready() as socket:
        payload = f'{{"query": "{query}", "variables": {{"input": {given}}}}}'
        await socket.send_text(f'{{"id": "1", "type": "subscribe", "payload": {payload}}}')
        message = await socket.receive()
        assert message["type"] in ("next", "error")
        assert "INTERNAL_ERROR" not in str(message)
        if message["type"] == "next":
            assert await socket.receive() == {"id": "1", "type": "complete"}
        await socket.subscribe("{ __typename }", id="2")
        assert await socket.next("2") == {"__typename": "Query"}
    assert await small_world.store.reading(small_world.program.record).member_count() == 0


async def test_what_a_subscription_cannot_take_is_refused_however_it_is_nested(
    small_world: World, server: Server
) -> None:
    query = "subscription ($key: String!) { leaderboardUpdated(key: $key) { cursor } }"
    nested = "[" * 300 + "]" * 300
    async with server.ready() as socket:
        for id, variables in (("1", '{"key": %s}'), ("2", '{"key": "weekly", "other": %s}')):
            payload = f'{{"query": "{query}", "variables": {variables % nested}}}'
            await socket.send_text(f'{{"id": "{id}", "type": "subscribe", "payload": {payload}}}')
        refused = await socket.receive()
        assert (refused["id"], refused["type"]) == ("1", "error")
        assert refused["payload"][0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
        # What is not declared is not read.
        assert (await socket.next("2"))["leaderboardUpdated"].keys() == {"cursor"}
        assert server.follower_count == 1


async def test_operations_wait_for_credentials(server: Server) -> None:
    async with server.socket() as socket:
        await socket.subscribe(FEED)
        assert await socket.closed() == (4401, "Unauthorized")


async def test_an_id_in_use_closes_the_socket(server: Server) -> None:
    async with server.ready() as socket:
        await socket.subscribe(FEED)
        assert await socket.next() == SNAPSHOT
        await socket.subscribe(FEED)
        assert await socket.closed() == (4409, "Subscriber for 1 already exists")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("", "BAD_REQUEST"),
        ("fragment F on Query { __typename }", "BAD_REQUEST"),
        ('subscription { leaderboardUpdated(key: "x") { cursor } }', "NOT_FOUND"),
        ("subscription { feedUpdated(perSecond: 11) { cursor } }", "INVALID_INPUT"),
    ],
)
async def test_errors_end_the_operation_and_not_the_socket(
    server: Server, query: str, code: str
) -> None:
    async with server.ready() as socket:
        await socket.subscribe(query)
        message = await socket.receive()
        assert (message["id"], message["type"]) == ("1", "error")
        assert [error["extensions"]["code"] for error in message["payload"]] == [code]
        await socket.subscribe("{ __typename }")
        assert await socket.next() == {"__typename": "Query"}


async def test_operations_without_the_scope_are_refused(small_world: World, server: Server) -> None:
    small_world.scopes = frozenset({"activities:write"})
    async with server.ready() as socket:
        await socket.subscribe(FEED)
        message = await socket.receive()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"] == {"code": "FORBIDDEN"}


async def test_too_many_operations_are_refused_one_by_one(server: Server) -> None:
    async with server.ready() as socket:
        for n in range(OPERATIONS_PER_CONNECTION_MAX):
            await socket.subscribe(FEED, id=str(n))
            assert await socket.next(str(n)) == SNAPSHOT
        await socket.subscribe(FEED, id="more")
        message = await socket.receive()
        assert (message["id"], message["type"]) == ("more", "error")
        assert message["payload"][0]["extensions"] == {"code": "TOO_MANY_OPERATIONS"}
        await socket.send({"id": "0", "type": "complete"})
        await socket.subscribe(FEED, id="more")
        assert await socket.next("more") == SNAPSHOT


async def test_other_protocols_are_refused(server: Server) -> None:
    async with connect(server.url, subprotocols=["graphql-ws"]) as connection:  # pyright: ignore[reportArgumentType]
        await connection.wait_closed()
        assert connection.close_code == 4406


async def test_other_origins_are_refused(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with server.socket(origin="https://elsewhere.example"):
            pass
    assert refused.value.response.status_code == 403
