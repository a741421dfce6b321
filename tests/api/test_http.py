"""GraphQL over HTTP: the specification's cases, and junk of every kind, refused cleanly."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import orjson
import pytest

from gql.bodies import BODY_SIZE_MAX
from gql.requests import JSON
from gql.responses import GRAPHQL_JSON
from tests.api.world import World

TYPENAME = {"query": "{ __typename }"}
DATA = {"data": {"__typename": "Query"}}
UTF8 = "; charset=utf-8"


async def post(world: World, **request: Any) -> httpx.Response:
    async with world.client() as client:
        return await client.post("/", **request)


async def get(world: World, **request: Any) -> httpx.Response:
    async with world.client() as client:
        return await client.get("/", **request)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, {JSON};q=0.9", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}; charset=utf-8", GRAPHQL_JSON),
    ],
)
async def test_the_media_type_is_the_one_accepted(
    small_world: World, accept: str | None, media_type: str
) -> None:
    headers = {"accept": accept} if accept else {}
    for response in (
        await post(small_world, json=TYPENAME, headers=headers),
        await get(small_world, params=TYPENAME, headers=headers),
    ):
        assert (response.status_code, response.json()) == (200, DATA)
        assert response.headers["content-type"] == media_type + UTF8
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "parameters",
    [
        {**TYPENAME, "operationName": None, "variables": None, "extensions": None},
        {**TYPENAME, "variables": {}, "extensions": {}},
        {"query": "query A { a: __typename } query B { __typename }", "operationName": "B"},
        {"query": "query ($n: String!) { __typename @skip(if: false) member(externalId: $n) "
                  "@include(if: false) { id } }", "variables": {"n": "x"}},
    ],
)  # fmt: skip
async def test_parameters_that_are_allowed(
    small_world: World, parameters: dict[str, object]
) -> None:
    response = await post(small_world, json=parameters)
    assert (response.status_code, response.json()) == (200, DATA)


async def test_parameters_of_a_get_request_are_json(small_world: World) -> None:
    query = "query Q($key: String!) { leaderboard(key: $key) { key } }"
    parameters = {"query": query, "operationName": "Q", "variables": '{"key":"weekly"}'}
    response = await get(small_world, params=parameters)
    assert response.json() == {"data": {"leaderboard": {"key": "weekly"}}}


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"null", b"1", b'"text"', b"true", b"[]", b'[{"query": "{ x }"}]', b"{}",
        b"NaN", b'{"query": NaN}', b"\xff\xfe", b'{"query": "\xff"}', b"[" * 100_000,
        b'{"query": ' + b"[" * 2_000 + b"]" * 2_000 + b"}", b'{"query": null}', b'{"query": 1}',
        b'{"query": ""}', b'{"query": ["x"]}', b'{"query": {"a": 1}}', b'{"query": "\\ud800"}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "variables": 1}',
        b'{"query": "{ __typename }", "variables": "{}"}',
        b'{"query": "{ __typename }", "operationName": 1}',
        b'{"query": "{ __typename }", "operationName": {}}',
        b'{"query": "{ __typename }", "operationName": "Unknown"}',
        b'{"query": "{ __typename }", "extensions": []}',
        b'{"query": "{ __typename }", "extensions": "x"}',
        b'{"query": "fragment F on Query { __typename }"}',
        b'{"query": "{ __typename }", "variables": {"a": ' + b"9" * 5_000 + b".}}",
    ],
    ids=lambda content: f"{content[:30]!r}{content[30:][-40:]!r}",
)  # fmt: skip
async def test_junk_is_a_bad_request(small_world: World, content: bytes) -> None:
    response = await post(small_world, content=content, headers={"content-type": JSON})
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "BAD_REQUEST"}
    assert "data" not in response.json()


@pytest.mark.parametrize(
    "variables",
    [
        b'{"input": ' + b'{"a": ' * 300 + b"1" + b"}" * 301,
        b'{"input": {"member": "a", "type": "visit", "value": ' + b"9" * 5_000 + b"}}",
        b'{"input": {"member": "a", "type": "visit", "value": 1e400}}',
        b'{"input": {"member": "a", "type": "x", "properties": ' + b"[" * 50 + b"]" * 50 + b"}}",
        b'{"input": [[[1]]]}',
        b'{"input": {"member": "\\u0000", "type": "visit"}}',
        b'{"input": {"member": "a", "type": "visit", "properties": {"' + b"x" * 10_000 + b'": 1}}}',
    ],
    ids=lambda content: f"{content[:40]!r}{content[40:][-20:]!r}",
)  # fmt: skip
async def test_junk_in_variables_is_no_surprise(small_world: World, variables: bytes) -> None:
    query = (
        b'{"query": "mutation ($input: RecordActivityInput!) { recordActivity(input: $input) '
        b'{ userErrors { code } } }", "variables": '
    )
    response = await post(
        small_world, content=query + variables + b"}", headers={"content-type": JSON}
    )
    assert response.status_code in (200, 400)
    codes = [error["extensions"]["code"] for error in response.json().get("errors", ())]
    assert "INTERNAL_ERROR" not in codes
    assert await small_world.store.reading(small_world.program.record).member_count() == 0


@pytest.mark.parametrize(
    ("query", "status"),
    [("{", 400), ("{ nothing }", 400), ("query ($x: Int!) { __typename }", 400),
     ("query A { __typename } query B { __typename }", 400),
     ("{ members(first: 0) { edges { cursor } } }", 200), ('{ program { key } }', 200)],
)  # fmt: skip
async def test_the_status_tells_whether_the_request_was_executed(
    small_world: World, query: str, status: int
) -> None:
    new = await post(small_world, json={"query": query}, headers={"accept": GRAPHQL_JSON})
    old = await post(small_world, json={"query": query}, headers={"accept": JSON})
    assert (new.status_code, old.status_code) == (status, 200)
    assert ("data" in new.json()) is (status == 200)
    assert new.json() == old.json()


async def test_a_document_that_was_seen_before_heeds_its_variables(small_world: World) -> None:
    query = "query ($less: Boolean!) { program { key name @skip(if: $less) } }"
    answers = [
        (await post(small_world, json={"query": query, "variables": {"less": less}})).json()
        for less in (False, True, False)
    ]
    whole, less = {"key": "forum", "name": "Forum"}, {"key": "forum"}
    assert [each["data"]["program"] for each in answers] == [whole, less, whole]


@pytest.mark.parametrize("media_type", ["text/plain", "multipart/form-data; boundary=x", "", "x"])
async def test_other_bodies_are_refused(small_world: World, media_type: str) -> None:
    headers = {"content-type": media_type} if media_type else {}
    response = await post(small_world, content=b"{}", headers=headers)
    assert response.status_code == 415


async def test_mutations_are_not_done_by_get(small_world: World) -> None:
    query = 'mutation { recordActivity(input: {member: "a", type: "visit"}) { replayed } }'
    response = await get(small_world, params={"query": query})
    assert response.status_code == 405
    assert await small_world.store.reading(small_world.program.record).member_count() == 0


async def test_subscriptions_are_not_done_by_post(small_world: World) -> None:
    response = await post(small_world, json={"query": "subscription { feedUpdated { cursor } }"})
    assert response.status_code == 400


@pytest.mark.parametrize("parameters", [{}, {"query": ""}, {**TYPENAME, "variables": "["}])
async def test_incomplete_get_requests(small_world: World, parameters: dict[str, str]) -> None:
    response = await get(small_world, params=parameters)
    assert response.status_code == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
async def test_other_methods_are_refused(small_world: World, method: str) -> None:
    async with small_world.client() as client:
        response = await client.request(method, "/")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize("credentials", [None, "", "Bearer bad", "Basic good"])
async def test_without_good_credentials_nothing_is_answered(
    small_world: World, credentials: str | None
) -> None:
    async with small_world.client() as client:
        del client.headers["authorization"]
        headers = {} if credentials is None else {"authorization": credentials}
        response = await client.post("/", json=TYPENAME, headers=headers)
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert response.json() == {
        "errors": [
            {
                "message": "These credentials are not known.",
                "extensions": {"code": "UNAUTHENTICATED"},
            }
        ]
    }


@pytest.mark.parametrize("is_declared", [True, False])
async def test_bodies_that_are_too_large_are_not_read(
    small_world: World, is_declared: bool
) -> None:
    read = 0

    async def body() -> Any:
        nonlocal read
        for _ in range(100):
            read += 65_536
            yield b" " * 65_536

    headers = {"content-type": JSON}
    if is_declared:
        headers["content-length"] = str(100 * 65_536)
    response = await post(small_world, content=body(), headers=headers)
    assert response.status_code == 413
    assert response.json()["errors"][0]["extensions"] == {"code": "BODY_TOO_LARGE"}
    assert read <= (0 if is_declared else BODY_SIZE_MAX + 65_536)


async def test_bodies_for_which_there_is_no_memory_are_refused_for_now(
    small_world: World,
) -> None:
    """One request's body has come in part, and takes the room of the other."""
    app = small_world.app(request_bytes_max=1_000)
    half_sent, goes_on = asyncio.Event(), asyncio.Event()
    text = orjson.dumps(TYPENAME)

    async def slow() -> AsyncGenerator[bytes]:
        yield text + b" " * (1_000 - 2 * len(text))
        half_sent.set()
        await goes_on.wait()
        yield b" " * len(text)

    async with small_world.client(app) as client:
        headers = {"content-type": JSON}
        first = asyncio.create_task(client.post("/", content=slow(), headers=headers))
        await half_sent.wait()
        fits = await client.post("/", content=text, headers=headers)
        refused = await client.post("/", content=text + b" ", headers=headers)
        goes_on.set()
        assert (await first).json() == fits.json() == DATA
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        (error,) = refused.json()["errors"]
        assert error["extensions"] == {"code": "BUSY", "retryAfter": 1}
        after = await client.post("/", content=text + b" ", headers=headers)
        assert after.json() == DATA


async def test_browsers_get_the_page(small_world: World) -> None:
    response = await get(small_world, headers={"accept": "text/html,*/*;q=0.8"})
    assert (response.status_code, response.text) == (200, "<!doctype html>")
    queried = await get(small_world, params=TYPENAME, headers={"accept": "text/html,*/*;q=0.8"})
    assert queried.json() == DATA
