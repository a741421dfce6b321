"""Documents named by their hash: Apollo's protocol over POST, GET, sockets and event streams."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import httpx
import orjson
import pytest

from gql.persisted import Counts, PersistedDocuments
from gql.responses import GRAPHQL_JSON
from gql.schema import schema
from tests.api.events import EVENTS, Event, Events
from tests.api.live import serving
from tests.api.world import FORUM, World

KEY = "{ program { key } }"
KEY_DATA = {"program": {"key": "forum"}}
TOP = '{ leaderboard(key: "reputation") { period { entries { edges { node { rank } } } } } }'
VISIT = 'mutation { recordActivity(input: {member: "ann", type: "visit"}) { replayed } }'
FEED = "subscription { feedUpdated { resync notices { kind } } }"
FEED_DATA: dict[str, object] = {"feedUpdated": {"resync": False, "notices": []}}

NOT_FOUND = {
    "message": "PersistedQueryNotFound",
    "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"},
}
NOT_SUPPORTED = {
    "message": "PersistedQueryNotSupported",
    "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"},
}
MISMATCH = {
    "message": "The document's id is not the SHA-256 of `query`, in lower-case hex digits.",
    "extensions": {"code": "BAD_REQUEST"},
}
ENTRY_BYTES = 549
"""What a text of one-byte characters takes besides these."""


def digest_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def named(text: str, **more: object) -> dict[str, Any]:
    """A request for a document by its hash alone, as Apollo's clients send it."""
    persisted = {"version": 1, "sha256Hash": digest_of(text)}
    return {"extensions": {"persistedQuery": persisted}, **more}


def in_url(request: Mapping[str, Any]) -> dict[str, str]:
    """The same as the parameters of a URL."""
    return {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in request.items()
    }


def kept_in(world: World, bytes_max: int = 100_000) -> PersistedDocuments:
    """The documents that the server keeps from here on which is asked."""
    world.divide()
    documents = world.documents = PersistedDocuments(schema, bytes_max=bytes_max)
    return documents


async def post(world: World, request: object, **headers: str) -> httpx.Response:
    async with world.client() as client:
        return await client.post("/", json=request, headers=headers)


async def get(world: World, request: Mapping[str, Any], **headers: str) -> httpx.Response:
    async with world.client() as client:
        return await client.get("/", params=in_url(request), headers=headers)


# ---------------------------------------------------------------------------------- over HTTP


@pytest.mark.parametrize("ask", [post, get])
async def test_a_hash_is_enough_once_its_text_was_sent(small_world: World, ask: Any) -> None:
    documents = kept_in(small_world)
    first = await ask(small_world, named(KEY))
    assert (first.status_code, first.json()) == (200, {"errors": [NOT_FOUND]})
    for request in (named(KEY, query=KEY), named(KEY), named(KEY, query=KEY), named(KEY)):
        response = await ask(small_world, request)
        assert (response.status_code, response.json()) == (200, {"data": KEY_DATA})
    size = ENTRY_BYTES + len(KEY)
    assert documents.counts() == Counts(2, 1, 1, entries=1, size=size)


async def test_one_way_of_asking_knows_what_was_sent_by_another(small_world: World) -> None:
    kept_in(small_world)
    await post(small_world, named(KEY, query=KEY))
    by_id = {"documentId": f"sha256:{digest_of(KEY)}"}
    for response in (
        await get(small_world, named(KEY)),
        await get(small_world, by_id),
        await post(small_world, by_id),
        await post(small_world, {**by_id, **named(KEY)}),
    ):
        assert (response.status_code, response.json()) == (200, {"data": KEY_DATA})


async def test_the_variables_and_the_name_of_the_operation_are_of_the_request(
    small_world: World,
) -> None:
    kept_in(small_world)
    text = "query A($k: String!) { leaderboard(key: $k) { key } } query B { __typename }"
    more = {"operationName": "A", "variables": {"k": "weekly"}}
    await post(small_world, named(text, query=text, operationName="B"))
    for response in (
        await post(small_world, named(text, **more)),
        await get(small_world, named(text, **more)),
    ):
        assert response.json() == {"data": {"leaderboard": {"key": "weekly"}}}
    without = await post(small_world, named(text))
    assert without.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


@pytest.mark.parametrize("ask", [post, get])
async def test_the_status_tells_what_is_not_found_to_those_who_accept_it(
    small_world: World, ask: Any
) -> None:
    response = await ask(small_world, named(KEY), accept=GRAPHQL_JSON)
    assert (response.status_code, response.json()) == (400, {"errors": [NOT_FOUND]})
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("is_written_out", [True, False])
async def test_mutations_are_not_done_by_get(small_world: World, is_written_out: bool) -> None:
    kept_in(small_world)
    text = VISIT.replace("mutation", "mutation M") + " query Q { __typename }"
    asked = await post(small_world, named(text, query=text, operationName="Q"))
    assert asked.json() == {"data": {"__typename": "Query"}}
    more = {"query": text} if is_written_out else {}
    response = await get(small_world, named(text, operationName="M", **more))
    assert response.status_code == 405
    assert await small_world.store.reading(small_world.program.record).member_count() == 0


async def test_mutations_are_done_by_post(small_world: World) -> None:
    kept_in(small_world)
    for request in (named(VISIT, query=VISIT), named(VISIT)):
        response = await post(small_world, request)
        assert response.json() == {"data": {"recordActivity": {"replayed": False}}}
    assert await small_world.store.reading(small_world.program.record).member_count() == 1


async def test_a_get_that_names_a_document_is_not_a_browser_that_wants_the_page(
    small_world: World,
) -> None:
    for request in (named(KEY), {"documentId": "x"}):
        response = await get(small_world, request, accept="text/html, */*")
        assert response.json() == {"errors": [NOT_FOUND]}
    page = await get(small_world, {}, accept="text/html, */*")
    assert page.text == "<!doctype html>"


# --------------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize("ask", [post, get])
@pytest.mark.parametrize("is_known", [True, False])
async def test_a_hash_of_another_text_is_refused(
    small_world: World, ask: Any, is_known: bool
) -> None:
    documents = kept_in(small_world)
    if is_known:
        await post(small_world, named(KEY, query=KEY))
    before = documents.counts()
    for request in (
        named(KEY, query=VISIT),
        {"query": VISIT, "documentId": f"sha256:{digest_of(KEY)}"},
        {"query": VISIT, "documentId": "visit"},
    ):
        response = await ask(small_world, request)
        assert (response.status_code, response.json()) == (400, {"errors": [MISMATCH]})
    assert documents.counts() == before
    assert await small_world.store.reading(small_world.program.record).member_count() == 0


HASH = digest_of(KEY)
NO_OBJECT = "`extensions.persistedQuery` must be an object or null."
NO_VERSION = "`extensions.persistedQuery.version` must be 1."
NO_HASH = "`extensions.persistedQuery.sha256Hash` must be a string that is not empty."
NO_ID = "`documentId` must be a string that is not empty, or null."
TWO_IDS = "`documentId` and `extensions.persistedQuery` name different documents."


@pytest.mark.parametrize("query", [{}, {"query": KEY}])
@pytest.mark.parametrize(
    ("request_", "message"),
    [
        *(({"extensions": {"persistedQuery": junk}}, NO_OBJECT) for junk in (1, "x", [1], True)),
        *(
            ({"extensions": {"persistedQuery": {"sha256Hash": HASH, **version}}}, NO_VERSION)
            for version in ({}, {"version": 2}, {"version": "1"}, {"version": True},
                            {"version": None}, {"version": [1]})
        ),
        *(
            ({"extensions": {"persistedQuery": {"version": 1, **hashed}}}, NO_HASH)
            for hashed in ({}, {"sha256Hash": ""}, {"sha256Hash": 1}, {"sha256Hash": None},
                           {"sha256Hash": [HASH]})
        ),
        ({"documentId": 1}, NO_ID), ({"documentId": ["x"]}, NO_ID), ({"documentId": ""}, NO_ID),
        ({"documentId": "sha256:x", **named(KEY)}, TWO_IDS),
        ({"extensions": [1], "documentId": "x"}, "`extensions` must be an object or null."),
        ({"extensions": "x", "documentId": "x"}, "`extensions` must be an object or null."),
    ],
)  # fmt: skip
async def test_what_names_no_document_is_a_bad_request(
    small_world: World, query: dict[str, str], request_: dict[str, Any], message: str
) -> None:
    documents = kept_in(small_world)
    response = await post(small_world, {**query, **request_})
    assert (response.status_code, response.json()) == (
        400,
        {"errors": [{"message": message, "extensions": {"code": "BAD_REQUEST"}}]},
    )
    assert documents.counts() == Counts(0, 0, 0, entries=0, size=0)


@pytest.mark.parametrize("extensions", ["[", "1", "[]", '{"persistedQuery": 1}'])
async def test_extensions_in_a_url_are_an_object(small_world: World, extensions: str) -> None:
    response = await get(small_world, {"extensions": extensions, "query": KEY})
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


async def test_extensions_that_name_nothing_mean_nothing(small_world: World) -> None:
    documents = kept_in(small_world)
    request = {"query": KEY, "documentId": None, "extensions": {"persistedQuery": None}}
    assert (await post(small_world, request)).json() == {"data": KEY_DATA}
    del request["query"]
    assert (await post(small_world, request)).status_code == 400
    assert documents.counts() == Counts(0, 0, 0, entries=0, size=0)


# ------------------------------------------------------------------------------- what is kept


async def test_what_was_not_asked_for_longest_goes_first(small_world: World) -> None:
    size = ENTRY_BYTES + len(KEY)
    documents = kept_in(small_world, bytes_max=2 * size)
    first, second, third = (KEY.replace("{ key", f"{{{space}key") for space in ("\t", "\n", ","))
    for text in (first, second):
        await post(small_world, named(text, query=text))
    await post(small_world, named(first))
    await post(small_world, named(third, query=third))
    assert documents.counts() == Counts(1, 3, 0, entries=2, size=2 * size)
    answers = [(await post(small_world, named(text))).json() for text in (first, second, third)]
    assert answers == [{"data": KEY_DATA}, {"errors": [NOT_FOUND]}, {"data": KEY_DATA}]


async def test_a_request_that_is_remembered_runs_no_longer_than_its_document(
    small_world: World,
) -> None:
    """Its answer may be kept, and so its bytes are known: that is no reason to find it."""
    documents = kept_in(small_world, bytes_max=ENTRY_BYTES + len(TOP))
    app = small_world.app()
    async with small_world.client(app) as client:
        for request in (named(TOP, query=TOP), named(TOP), named(TOP), named(KEY, query=KEY)):
            assert "data" in (await client.post("/", json=request)).json()
        assert documents.counts()[:3] == (2, 2, 0)
        answer = await client.post("/", json=named(TOP))
        assert answer.json() == {"errors": [NOT_FOUND]}
        assert "data" in (await client.post("/", json=named(TOP, query=TOP))).json()
        assert "data" in (await client.post("/", json=named(TOP))).json()
    assert documents.counts()[:3] == (3, 3, 1)


async def test_what_is_larger_than_all_that_may_be_kept_is_run_and_not_kept(
    small_world: World,
) -> None:
    documents = kept_in(small_world, bytes_max=ENTRY_BYTES + len(KEY) - 1)
    assert (await post(small_world, named(KEY, query=KEY))).json() == {"data": KEY_DATA}
    assert (await post(small_world, named(KEY))).json() == {"errors": [NOT_FOUND]}
    assert documents.counts() == Counts(0, 0, 1, entries=0, size=0)


@pytest.mark.parametrize("text", ["{", "{ nothing }", "query ($x: Nothing) { __typename }"])
async def test_what_can_never_run_is_not_kept(small_world: World, text: str) -> None:
    documents = kept_in(small_world)
    written_out = await post(small_world, {"query": text})
    assert (await post(small_world, named(text, query=text))).json() == written_out.json()
    assert (await post(small_world, named(text))).json() == {"errors": [NOT_FOUND]}
    assert documents.counts() == Counts(0, 0, 1, entries=0, size=0)


async def test_texts_count_as_what_they_take_in_memory(small_world: World) -> None:
    documents = kept_in(small_world)
    text = KEY + "#" + "🏅" * 1_000
    await post(small_world, named(text, query=text))
    assert 4_000 < documents.counts().size - ENTRY_BYTES < 4_200


@pytest.mark.parametrize("request_", [named(KEY), named(KEY, query=KEY), {"documentId": "x"}])
async def test_where_none_is_kept_clients_are_told_so(
    small_world: World, request_: dict[str, Any]
) -> None:
    documents = kept_in(small_world, bytes_max=0)
    for response in (await post(small_world, request_), await get(small_world, request_)):
        assert (response.status_code, response.json()) == (200, {"errors": [NOT_SUPPORTED]})
    assert (await post(small_world, {"query": KEY})).json() == {"data": KEY_DATA}
    assert documents.counts() == Counts(0, 0, 0, entries=0, size=0)


# ------------------------------------------------------------------------------------ for whom


@pytest.mark.parametrize("ask", [post, get])
async def test_strangers_neither_register_nor_find_out(small_world: World, ask: Any) -> None:
    documents = kept_in(small_world)
    small_app = small_world.app()
    stranger = "Bearer bad"
    async with small_world.client(small_app) as client:
        for request in (named(TOP), named(TOP, query=TOP), named(TOP)):
            headers = {"authorization": stranger}
            response = (
                await client.post("/", json=request, headers=headers)
                if ask is post
                else await client.get("/", params=in_url(request), headers=headers)
            )
            assert response.status_code == 401
            assert response.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
        assert documents.counts() == Counts(0, 0, 0, entries=0, size=0)
        # The same bytes from somebody whose credentials are good.
        assert (await client.post("/", json=named(TOP))).json() == {"errors": [NOT_FOUND]}
        await client.post("/", json=named(TOP, query=TOP))
        assert documents.counts()[:3] == (0, 1, 1)
        known = await client.post("/", json=named(TOP), headers={"authorization": stranger})
    assert known.status_code == 401
    assert documents.counts()[:3] == (0, 1, 1)


async def test_programs_know_nothing_of_what_others_ask(small_world: World) -> None:
    documents = kept_in(small_world)
    other = await small_world.beside(FORUM.replace("key: forum", "key: shop", 1))
    other.divide()
    other.documents = documents
    await post(small_world, named(KEY, query=KEY))
    assert (await post(other, named(KEY))).json() == {"errors": [NOT_FOUND]}
    assert (await post(other, named(KEY, query=KEY))).json() == {
        "data": {"program": {"key": "shop"}}
    }
    assert (await post(small_world, named(KEY))).json() == {"data": KEY_DATA}
    assert documents.counts()[:4] == (1, 2, 1, 2)


async def test_kept_answers_are_shared_with_those_who_write_the_document_out(
    small_world: World,
) -> None:
    kept_in(small_world)
    app = small_world.app()
    requests = ({"query": TOP}, named(TOP, query=TOP), named(TOP), named(TOP))
    async with small_world.client(app) as client:
        bodies = {(await client.post("/", json=request)).content for request in requests}
        found = [await client.get("/", params=in_url(request)) for request in requests]
    assert len(bodies | {each.content for each in found}) == 1
    assert len({each.headers["etag"] for each in found}) == 1
    answers = small_world.servers[0].answers
    assert answers is not None
    assert answers.counts()[:3] == (7, 1, 0)
    async with small_world.client(app) as client:
        headers = {"if-none-match": found[0].headers["etag"]}
        again = await client.get("/", params=in_url(named(TOP)), headers=headers)
    assert (again.status_code, again.content) == (304, b"")


# ---------------------------------------------------------------------- sockets and event streams


async def test_sockets_know_what_was_sent_over_http(small_world: World) -> None:
    documents = kept_in(small_world)
    async with serving(small_world) as server, server.ready() as socket:
        await socket.send({"id": "1", "type": "subscribe", "payload": named(FEED)})
        assert await socket.receive() == {"id": "1", "type": "error", "payload": [NOT_FOUND]}
        await socket.send({"id": "1", "type": "subscribe", "payload": named(FEED, query=FEED)})
        assert await socket.next() == FEED_DATA
        by_id = {"documentId": f"sha256:{digest_of(FEED)}"}
        await socket.send({"id": "2", "type": "subscribe", "payload": by_id})
        assert await socket.next("2") == FEED_DATA
        # Those who name it follow the same execution as those who write it out.
        await socket.subscribe(FEED, id="3")
        assert await socket.next("3") == FEED_DATA
        assert (server.group_count, server.follower_count) == (1, 3)
        await post(small_world, named(KEY, query=KEY))
        await socket.send({"id": "4", "type": "subscribe", "payload": named(KEY, query=None)})
        assert await socket.next("4") == KEY_DATA
        assert await socket.receive() == {"id": "4", "type": "complete"}
    assert documents.counts()[:3] == (2, 2, 1)


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        (named(KEY, query=VISIT), MISMATCH),
        *(
            (payload, {"message": message, "extensions": {"code": "BAD_REQUEST"}})
            for payload, message in (
                ({"extensions": {"persistedQuery": 1}}, NO_OBJECT),
                ({"extensions": {"persistedQuery": {"version": 2}}, "query": KEY}, NO_VERSION),
                ({"extensions": {"persistedQuery": {"version": 1}}}, NO_HASH),
                ({"documentId": 1}, NO_ID),
                ({"documentId": "x", **named(KEY)}, TWO_IDS),
            )
        ),
    ],
)
async def test_what_is_wrong_ends_the_operation_and_not_the_socket(
    small_world: World, payload: dict[str, Any], error: object
) -> None:
    documents = kept_in(small_world)
    async with serving(small_world) as server, server.ready() as socket:
        await socket.send({"id": "1", "type": "subscribe", "payload": payload})
        assert await socket.receive() == {"id": "1", "type": "error", "payload": [error]}
        await socket.subscribe(KEY)
        assert await socket.next() == KEY_DATA
    assert documents.counts() == Counts(0, 0, 0, entries=0, size=0)
    assert await small_world.store.reading(small_world.program.record).member_count() == 0


async def test_a_socket_without_credentials_neither_registers_nor_finds_out(
    small_world: World,
) -> None:
    documents = kept_in(small_world)
    async with serving(small_world) as server:
        for payload in (named(KEY), named(KEY, query=KEY)):
            async with server.socket() as socket:
                await socket.send({"id": "1", "type": "subscribe", "payload": payload})
                assert await socket.closed() == (4401, "Unauthorized")
        async with server.ready() as socket:
            await socket.subscribe(FEED)
            await socket.next()
            await socket.send({"id": "1", "type": "subscribe", "payload": named(KEY, query=KEY)})
            assert await socket.closed() == (4409, "Subscriber for 1 already exists")
    assert documents.counts() == Counts(0, 0, 0, entries=0, size=0)


@pytest.mark.parametrize("is_get", [True, False])
async def test_event_streams_begin_from_a_hash(small_world: World, is_get: bool) -> None:
    documents = kept_in(small_world)
    async with (
        serving(small_world) as server,
        httpx.AsyncClient(base_url=server.http_url, headers=EVENTS, trust_env=False) as client,
    ):

        def ask(request: dict[str, Any]) -> Any:
            if is_get:
                return client.stream("GET", "/", params=in_url(request))
            return client.stream("POST", "/", json=request)

        async with ask(named(FEED)) as response:
            told = await Events(response).rest()
        assert (response.status_code, [each.name for each in told]) == (200, ["next", "complete"])
        assert told[0].payload == {"errors": [NOT_FOUND]}
        for request in (named(FEED, query=FEED), named(FEED)):
            async with ask(request) as response:
                assert (await Events(response).next()).payload == {"data": FEED_DATA}
        await post(small_world, named(KEY, query=KEY))
        async with ask(named(KEY)) as response:
            told = await Events(response).rest()
        assert told == [
            Event("next", '{"data":{"program":{"key":"forum"}}}'),
            Event("complete", ""),
        ]
    assert documents.counts()[:3] == (2, 2, 1)
