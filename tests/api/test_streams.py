"""Subscriptions over server-sent events: the same updates as over sockets, each with its cursor."""

import asyncio
from contextlib import AsyncExitStack
from functools import reduce
from typing import Any, cast

import httpx
import orjson
import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gamification.ports import ProgramRecord
from gamification.twin import Twin
from gamification.twin.reading import TwinReading
from gql.following import Patience
from gql.pages import cursor
from gql.schema import schema
from server.streams import StreamingHttp
from tests.api.events import EVENTS, Event, Events, streaming
from tests.api.live import Server, serving
from tests.api.test_sharing import BOARD, FEED
from tests.api.world import World, new_world

NAMELESS = "subscription { feedUpdated(perSecond: 10) { who: notices { member { externalId } } } }"
KEYED = "subscription ($key: String!) { leaderboardUpdated(key: $key) { cursor } }"
NESTED: Any = reduce(lambda inner, _: [inner], range(300), "weekly")
VISIT = """mutation {
  recordActivity(input: {member: "ann", type: "visit", occurredAt: "2017-08-30T12:00:00Z"}) {
    replayed
  }
}"""
COMPLETE = Event("complete", "")


def names(update: dict[str, Any]) -> list[str]:
    """Of whom an update of the feed tells."""
    return [each["member"]["externalId"] for each in update["notices"]]


Tasks = set[asyncio.Task[Any]]


async def over(server: Server, before: Tasks) -> None:
    """Wait until every task has ended that has begun since; then nobody is followed."""
    async with asyncio.timeout(10):
        while begun := asyncio.all_tasks() - before:
            await asyncio.wait(begun)
    assert server.group_count == 0


@pytest.mark.parametrize("http", [StreamingHttp, HttpToolsProtocol])
async def test_a_stream_tells_the_snapshot_and_every_update(
    world: World, http: type[asyncio.Protocol]
) -> None:
    async with (
        serving(world, http=http) as server,
        streaming(server.http_url, FEED) as events,
    ):
        headers = events.response.headers
        assert events.response.status_code == 200
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
        assert await events.line() == ":"  # opens the stream, before anything is known
        zero, one = (cursor("notice", world.program.id, place) for place in (0, 1))
        assert await events.update() == {"cursor": zero, "resync": False, "notices": []}
        await world.did("ann", "visit")
        told = {"cursor": one, "resync": False, "notices": [{"member": {"externalId": "ann"}}]}
        assert await events.next() == Event(
            "next", orjson.dumps({"data": {"feedUpdated": told}}).decode(), one
        )


async def test_sockets_and_streams_are_one_execution(small_world: World) -> None:
    small_world.divide()
    board = BOARD.format(operation="A")
    async with serving(small_world) as server, AsyncExitStack() as opened:
        socket = await opened.enter_async_context(server.ready())
        streams = [
            await opened.enter_async_context(streaming(server.http_url, board)) for _ in range(3)
        ]
        await socket.subscribe(board)
        first = (await socket.next())["leaderboardUpdated"]
        assert [await stream.update() for stream in streams] == [first] * 3
        await small_world.upvotes("ann", 1)
        text = await socket.connection.recv(decode=False)
        payload = text.removeprefix(b'{"id":"1","type":"next","payload":')[:-1].decode()
        assert {(await stream.next()).data for stream in streams} == {payload}
        assert small_world.listener_count == server.group_count == 1


@pytest.mark.parametrize("cursor_is", ["", "cursor ", "place: cursor "])
async def test_the_id_is_the_cursor_whatever_the_document_asks_for(
    world: World, cursor_is: str
) -> None:
    document = 'subscription { leaderboardUpdated(key: "weekly", first: 2) { %sresync } }'
    async with serving(world) as server:
        for member in ("ann", "bob"):
            await world.upvotes(member, 1)
            async with (
                server.ready() as socket,
                streaming(server.http_url, document % cursor_is) as events,
            ):
                await socket.subscribe(document % "cursor ")
                told = (await socket.next())["leaderboardUpdated"]["cursor"]
                event = await events.next()
                assert event.id == told
                update = event.payload["data"]["leaderboardUpdated"]
                shown = {cursor_is.partition(":")[0].strip(): told} if cursor_is else {}
                assert update == {**shown, "resync": False}


async def test_every_subscription_tells_its_place(world: World) -> None:
    documents = {
        "leaderboardUpdated": 'subscription { leaderboardUpdated(key: "weekly") { resync } }',
        "memberUpdated": 'subscription { memberUpdated(externalId: "ann") { resync } }',
        "feedUpdated": "subscription { feedUpdated { resync } }",
    }
    fields = cast("Any", schema)._schema.subscription_type.fields
    assert documents.keys() == fields.keys()
    async with serving(world) as server:
        for document in documents.values():
            async with streaming(server.http_url, document) as events:
                place = (await events.next()).id
            async with streaming(
                server.http_url, document, headers={"last-event-id": place}
            ) as events:
                assert await events.update() == {"resync": False}


async def test_who_comes_back_with_the_last_id_has_missed_nothing(world: World) -> None:
    async with serving(world) as server:
        before = asyncio.all_tasks()
        async with streaming(server.http_url, NAMELESS) as events:
            assert (await events.next()).payload["data"] == {"feedUpdated": {"who": []}}
            await world.did("ann", "visit")
            last = await events.next()
            assert "ann" in last.data
        await over(server, before)
        for member in ("bob", "cy"):
            await world.did(member, "visit")
        back = {"last-event-id": last.id}
        async with streaming(server.http_url, NAMELESS, headers=back) as events:
            event = await events.next()
            assert event.id == cursor("notice", world.program.id, 3)
            assert event.payload["data"]["feedUpdated"]["who"] == [
                {"member": {"externalId": "bob"}},
                {"member": {"externalId": "cy"}},
            ]


async def test_after_goes_on_and_the_last_id_wins_over_it(small_world: World) -> None:
    for member in ("ann", "bob", "cy"):
        await small_world.did(member, "visit")
    zero, one, two = (cursor("notice", 1, place) for place in (0, 1, 2))
    literal = FEED.replace("after: $after", f'after: "{zero}"').replace("($after: String) ", "")
    async with serving(small_world) as server:
        async with streaming(server.http_url, FEED, after=one) as events:
            assert names(await events.update()) == ["bob", "cy"]
        async with streaming(
            server.http_url, FEED, headers={"last-event-id": two}, after=one
        ) as events:
            assert names(await events.update()) == ["cy"]
        async with (
            streaming(server.http_url, literal) as whole,
            streaming(server.http_url, literal, headers={"last-event-id": two}) as events,
        ):
            assert names(await whole.update()) == ["ann", "bob", "cy"]
            assert names(await events.update()) == ["cy"]


@pytest.mark.parametrize("last", ["junk", cursor("notice", 2, 0), cursor("notice", 1, 9)])
async def test_an_id_of_something_else_is_answered_with_a_snapshot(
    small_world: World, last: str
) -> None:
    await small_world.did("ann", "visit")
    async with (
        serving(small_world) as server,
        streaming(server.http_url, FEED, headers={"last-event-id": last}) as events,
    ):
        place = cursor("notice", 1, 1)
        assert await events.update() == {"cursor": place, "resync": True, "notices": []}


async def test_a_stream_that_is_left_leaves_nothing_behind(small_world: World) -> None:
    async with serving(small_world) as server:
        before = asyncio.all_tasks()
        async with streaming(server.http_url, FEED) as events:
            await events.update()
            assert small_world.listener_count == server.group_count == 1
        await over(server, before)
        assert small_world.listener_count == 0


async def test_a_stream_with_a_request_behind_it_is_left_too(small_world: World) -> None:
    # Pipelining: HTTP/1.1 lets a client send its next request before the answer is complete.
    async with serving(small_world) as server:
        before = asyncio.all_tasks()
        host, port = server.http_url.removeprefix("http://").rstrip("/").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        query = "query=subscription%7BfeedUpdated%7Bcursor%7D%7D"
        head = "Host: test\r\nAuthorization: Bearer good\r\n"
        writer.write(
            f"GET /?{query} HTTP/1.1\r\n{head}Accept: text/event-stream\r\n\r\n"
            f"GET /?query=%7B__typename%7D HTTP/1.1\r\n{head}\r\n".encode()
        )
        async with asyncio.timeout(10):
            await reader.readuntil(b'"feedUpdated"')
        assert server.group_count == 1
        writer.transport.abort()
        await over(server, before)


async def test_a_stream_is_asked_by_get_as_an_event_source_does(small_world: World) -> None:
    async with (
        serving(small_world) as server,
        httpx.AsyncClient(trust_env=False, headers=EVENTS, base_url=server.http_url) as client,
        client.stream(
            "GET", "/", params={"query": FEED, "variables": f'{{"after":"{cursor("x")}"}}'}
        ) as response,
    ):
        update = await Events(response).update()
        assert update == {"cursor": cursor("notice", 1, 0), "resync": True, "notices": []}


@pytest.mark.parametrize(
    ("query", "data"),
    [
        ("{ program { key } }", {"program": {"key": "forum"}}),
        (VISIT, {"recordActivity": {"replayed": False}}),
    ],
)
async def test_a_query_or_a_mutation_is_one_event(
    small_world: World, query: str, data: dict[str, Any]
) -> None:
    async with serving(small_world) as server, streaming(server.http_url, query) as events:
        assert events.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        told = Event("next", orjson.dumps({"data": data}).decode())
        assert await events.rest() == [told, COMPLETE]


async def test_a_mutation_by_get_is_refused(small_world: World) -> None:
    async with small_world.client() as client:
        response = await client.get("/", params={"query": VISIT}, headers=EVENTS)
    assert response.status_code == 405
    assert response.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}
    assert await small_world.ask('{ member(externalId: "ann") { id } }') == {"member": None}


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("subscription {", {}, "GRAPHQL_PARSE_FAILED"),
        ("subscription { feedUpdated { nothing } }", {}, "GRAPHQL_VALIDATION_FAILED"),
        (FEED, {"after": 1}, "GRAPHQL_VALIDATION_FAILED"),
        (KEYED, {"key": NESTED}, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { feedUpdated(perSecond: 11) { cursor } }", {}, "INVALID_INPUT"),
        ('subscription { leaderboardUpdated(key: "no") { cursor } }', {}, "NOT_FOUND"),
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_what_cannot_be_executed_is_told_as_an_event(
    small_world: World, query: str, variables: dict[str, Any], code: str
) -> None:
    async with (
        serving(small_world) as server,
        streaming(server.http_url, query, **variables) as events,
    ):
        assert events.response.status_code == 200
        failed, complete = await events.rest()
        assert (failed.name, failed.payload.keys(), complete) == ("next", {"errors"}, COMPLETE)
        assert failed.payload["errors"][0]["extensions"]["code"] == code
        assert server.group_count == 0


async def test_a_key_that_may_not_read_is_told_so(small_world: World) -> None:
    small_world.scopes = frozenset({"activities:write"})
    async with serving(small_world) as server, streaming(server.http_url, FEED) as events:
        failed, _ = await events.rest()
        assert failed.payload["errors"][0]["extensions"] == {"code": "FORBIDDEN"}


async def test_without_credentials_there_is_no_stream(small_world: World) -> None:
    none = {"authorization": "Bearer bad"}
    async with (
        serving(small_world) as server,
        streaming(server.http_url, FEED, headers=none) as events,
    ):
        assert events.response.status_code == 401
        body = orjson.loads(await events.response.aread())
        assert body["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
        assert server.group_count == 0


@pytest.mark.parametrize(
    ("accept", "of_query", "of_subscription"),
    [
        ("text/event-stream", "text/event-stream", "text/event-stream"),
        ("text/event-stream;q=0.5, application/json", "application/json", "text/event-stream"),
        ("application/json", "application/json", "application/json"),
        ("*/*", "application/json", "application/json"),
        (
            "application/graphql-response+json, text/event-stream, multipart/mixed",
            "application/graphql-response+json",
            "text/event-stream",
        ),
    ],
)
async def test_what_a_client_accepts_decides(
    small_world: World, accept: str, of_query: str, of_subscription: str
) -> None:
    headers = {"accept": accept}
    async with serving(small_world) as server:
        for query, media_type in (("{ __typename }", of_query), (FEED, of_subscription)):
            async with streaming(server.http_url, query, headers=headers) as events:
                shown = events.response.headers["content-type"]
                assert shown == f"{media_type}; charset=utf-8"


@pytest.mark.parametrize("http", [StreamingHttp, HttpToolsProtocol])
async def test_a_quiet_stream_has_a_heartbeat(
    small_world: World, http: type[asyncio.Protocol]
) -> None:
    patience = Patience(heartbeat=0.01)
    async with (
        serving(small_world, http=http, patience=patience) as server,
        streaming(server.http_url, FEED) as events,
    ):
        assert names(await events.update()) == []
        assert [await events.line() for _ in range(6)] == [":", "", ":", "", ":", ""]
        await small_world.did("ann", "visit")
        assert names(await events.update()) == ["ann"]


def test_heartbeats_come_within_fifteen_seconds() -> None:
    assert Patience().heartbeat < 15


class Unanswering(TwinReading):
    async def latest_notice_id(self) -> int:
        return await asyncio.get_running_loop().create_future()


class UnansweringStore(Twin):
    """A store that never tells where a snapshot is, so that none comes."""

    def reading(self, program: ProgramRecord) -> TwinReading:
        return Unanswering(self._programs, program.id, self._leases)


@pytest.mark.one_server("has a store in memory that never answers")
async def test_a_first_result_that_takes_too_long_is_given_up() -> None:
    world = await new_world(UnansweringStore())
    async with (
        serving(world, patience=Patience(first_result=0.01)) as server,
        streaming(server.http_url, FEED) as events,
    ):
        failed, complete = await events.rest()
        (error,) = failed.payload["errors"]
        assert error["message"] == "No result within 0.01 seconds."
        assert error["extensions"] == {"code": "TIMEOUT", "retryAfter": 1}
        assert complete == COMPLETE
        assert server.group_count == 0


async def test_a_server_that_stops_ends_its_streams_so_that_clients_come_back(
    small_world: World,
) -> None:
    async with AsyncExitStack() as opened:
        async with serving(small_world) as server:
            events = await opened.enter_async_context(streaming(server.http_url, FEED))
            await events.update()
        # The server has ended, with a stream that nobody left.
        assert await events.rest() == []  # in good order, and not `complete`
        assert server.group_count == 0
