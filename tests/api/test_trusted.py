"""Trusted documents: over POST, GET, sockets and event streams nothing else runs."""

from collections.abc import Mapping
from sys import getsizeof
from typing import Any

import httpx
import orjson
import pytest

from gql.manifests import TrustedDocument
from gql.persisted import Counts
from gql.responses import GRAPHQL_JSON
from gql.trusted import TrustedDocuments
from tests.api.events import EVENTS, Event, Events
from tests.api.live import serving
from tests.api.test_persisted import (
    FEED,
    FEED_DATA,
    KEY,
    KEY_DATA,
    NOT_FOUND,
    TOP,
    VISIT,
    digest_of,
    get,
    in_url,
    named,
    post,
)
from tests.api.world import World

TRUSTED = {"key": KEY, "visit": VISIT, "feed": FEED, f"sha256:{digest_of(TOP)}": TOP}
INTROSPECTION = "{ __schema { queryType { name } } }"
NOT_TRUSTED = {
    "message": "This server runs only documents that it knows, and this is none of them.",
    "extensions": {"code": "DOCUMENT_NOT_TRUSTED"},
}
SIZE = sum(map(getsizeof, TRUSTED.values()))


@pytest.fixture
def documents(small_world: World) -> TrustedDocuments:
    """What the world trusts from here on."""
    documents = TrustedDocuments(TrustedDocument(id, text) for id, text in TRUSTED.items())
    small_world.documents = documents
    return documents


def ways(text: str, id: str) -> tuple[dict[str, Any], ...]:
    """All ways to ask for a document."""
    apollo_by_id = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": id}}}
    return (
        {"documentId": id},
        {"documentId": digest_of(text)},
        {"documentId": f"sha256:{digest_of(text)}"},
        {"query": text},
        {"query": text, "documentId": id},
        named(text),
        named(text, query=text),
        apollo_by_id,
        {"query": text, **apollo_by_id},
    )


@pytest.mark.parametrize("ask", [post, get])
async def test_a_trusted_document_is_asked_for_in_any_way(
    small_world: World, documents: TrustedDocuments, ask: Any
) -> None:
    for request in ways(KEY, "key"):
        response = await ask(small_world, request)
        assert (response.status_code, response.json()) == (200, {"data": KEY_DATA})
    assert documents.counts() == Counts(9, 0, 0, entries=4, size=SIZE)


@pytest.mark.parametrize("ask", [post, get])
@pytest.mark.parametrize(
    "request_",
    [
        {"query": INTROSPECTION},
        {"query": "{ __typename }"},
        {"query": KEY + " "},
        {"query": "{"},
        {"query": VISIT.replace("ann", "bob")},
        {"query": KEY + " ", "documentId": "key"},
        named(INTROSPECTION, query=INTROSPECTION),
    ],
)
async def test_any_other_text_is_refused(
    small_world: World, documents: TrustedDocuments, ask: Any, request_: Mapping[str, Any]
) -> None:
    for _ in range(2):
        response = await ask(small_world, request_)
        assert (response.status_code, response.json()) == (200, {"errors": [NOT_TRUSTED]})
    response = await ask(small_world, request_, accept=GRAPHQL_JSON)
    assert (response.status_code, response.json()) == (400, {"errors": [NOT_TRUSTED]})
    assert documents.counts() == Counts(0, 0, 3, entries=4, size=SIZE)
    assert await small_world.store.reading(small_world.program.record).member_count() == 0


@pytest.mark.parametrize("ask", [post, get])
@pytest.mark.parametrize(
    "request_", [named(INTROSPECTION), {"documentId": "Key"}, {"documentId": "sha256:"}]
)
async def test_any_other_id_is_not_found(
    small_world: World, documents: TrustedDocuments, ask: Any, request_: Mapping[str, Any]
) -> None:
    response = await ask(small_world, request_)
    assert (response.status_code, response.json()) == (200, {"errors": [NOT_FOUND]})
    assert documents.counts() == Counts(0, 0, 1, entries=4, size=SIZE)


async def test_an_id_is_not_that_of_another_document(
    small_world: World, documents: TrustedDocuments
) -> None:
    for other in ({"documentId": "visit"}, named(VISIT)):
        response = await post(small_world, {"query": KEY, **other})
        message = "The document's id is that of another document than `query`."
        error = {"message": message, "extensions": {"code": "BAD_REQUEST"}}
        assert (response.status_code, response.json()) == (400, {"errors": [error]})
    assert documents.counts() == Counts(0, 0, 0, entries=4, size=SIZE)


async def test_trusted_mutations_are_done_by_post_alone(
    small_world: World, documents: TrustedDocuments
) -> None:
    assert (await get(small_world, {"documentId": "visit"})).status_code == 405
    assert await small_world.store.reading(small_world.program.record).member_count() == 0
    response = await post(small_world, {"documentId": "visit"})
    assert response.json() == {"data": {"recordActivity": {"replayed": False}}}
    assert await small_world.store.reading(small_world.program.record).member_count() == 1


async def test_strangers_find_out_nothing(small_world: World, documents: TrustedDocuments) -> None:
    for request in (named(KEY), {"documentId": "nothing"}, {"query": INTROSPECTION}):
        response = await post(small_world, request, authorization="Bearer bad")
        assert response.status_code == 401
    assert documents.counts() == Counts(0, 0, 0, entries=4, size=SIZE)


async def test_kept_answers_are_the_same_however_a_document_is_asked_for(
    small_world: World, documents: TrustedDocuments
) -> None:
    app = small_world.app()
    async with small_world.client(app) as client:
        for request in ways(TOP, f"sha256:{digest_of(TOP)}"):
            for _ in range(2):
                assert "data" in (await client.post("/", json=request)).json()
                assert "etag" in (await client.get("/", params=in_url(request))).headers
    answers = small_world.here.answers
    assert answers is not None
    assert answers.counts()[:3] == (35, 1, 0)
    assert documents.counts()[:3] == (36, 0, 0)


async def test_on_sockets_nothing_else_runs(
    small_world: World, documents: TrustedDocuments
) -> None:
    async with serving(small_world) as server, server.ready() as socket:
        for number, request in enumerate(ways(FEED, "feed")):
            await socket.send({"id": str(number), "type": "subscribe", "payload": request})
            assert await socket.next(str(number)) == FEED_DATA
        assert (server.group_count, server.follower_count) == (1, 9)
        for query in (INTROSPECTION, FEED + " ", VISIT + " ", "{", ""):
            await socket.send({"id": "x", "type": "subscribe", "payload": {"query": query}})
            error = NOT_TRUSTED if query else NOT_FOUND
            assert await socket.receive() == {"id": "x", "type": "error", "payload": [error]}
        await socket.send({"id": "x", "type": "subscribe", "payload": {"documentId": "Key"}})
        assert await socket.receive() == {"id": "x", "type": "error", "payload": [NOT_FOUND]}
        await socket.send({"id": "x", "type": "subscribe", "payload": {"documentId": "key"}})
        assert await socket.next("x") == KEY_DATA
    assert documents.counts()[:3] == (10, 0, 6)
    assert await small_world.store.reading(small_world.program.record).member_count() == 0


@pytest.mark.parametrize("is_get", [True, False])
async def test_in_event_streams_nothing_else_runs(
    small_world: World, documents: TrustedDocuments, is_get: bool
) -> None:
    async with (
        serving(small_world) as server,
        httpx.AsyncClient(base_url=server.http_url, headers=EVENTS, trust_env=False) as client,
    ):

        def ask(request: dict[str, Any]) -> Any:
            if is_get:
                return client.stream("GET", "/", params=in_url(request))
            return client.stream("POST", "/", json=request)

        for request in ways(FEED, "feed"):
            async with ask(request) as response:
                assert (await Events(response).next()).payload == {"data": FEED_DATA}
        for request, error in (
            ({"query": FEED + " "}, NOT_TRUSTED),
            ({"query": INTROSPECTION}, NOT_TRUSTED),
            ({"documentId": "Key"}, NOT_FOUND),
        ):
            async with ask(request) as response:
                told = await Events(response).rest()
            errors = orjson.dumps({"errors": [error]}).decode()
            assert told == [Event("next", errors), Event("complete", "")]
    assert documents.counts()[:3] == (9, 0, 3)
