"""What the server answers besides GraphQL, and who may ask it anything at all."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from gamification.ports import Store
from gamification.twin import Twin
from gamification.use_cases.apply_definition import apply_definition
from server.app import create_app
from server.credentials import create_api_key
from server.settings import read_settings
from tests.builders import NOON
from tests.server.processes import process
from tests.server.terminal import CLUB
from tests.valkey import Valkey, valkey

__all__ = ["valkey"]


class Broken(Twin):
    """A store whose database has gone away."""

    async def ping(self) -> None:
        raise ConnectionResetError


@asynccontextmanager
async def client_of(store: Store, **settings: object) -> AsyncGenerator[httpx.AsyncClient]:
    app = create_app(read_settings(**settings), store, demo_key='gam_<"demo">')
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(Twin(), graphiql=True) as client:
        yield client


async def secret_of(store: Store, *scopes: str) -> str:
    applied = await apply_definition(store, CLUB, now=NOON)
    assert applied.program is not None
    made = await create_api_key(
        store, applied.program.id, name="", scopes=frozenset(scopes), now=NOON
    )
    return made.secret


async def test_a_live_server_is_healthy_and_ready(store: Store) -> None:
    async with client_of(store) as client:
        for path in ("/health", "/ready"):
            response = await client.get(path)
            assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_without_its_database_it_is_healthy_but_not_ready() -> None:
    async with client_of(Broken()) as client:
        assert (await client.get("/health")).status_code == 200
        response = await client.get("/ready")
        assert response.status_code == 503
        assert response.json() == {"status": "the database does not answer"}


async def test_without_redis_it_is_ready_and_says_that_it_is_slower(
    sqlite_url: str, valkey: Valkey
) -> None:
    async with process(sqlite_url, redis_url=valkey.url) as here:
        app = create_app(read_settings(), here.store, services=here.services)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await here.until_connected()
            response = await client.get("/ready")
            assert (response.status_code, response.json()) == (200, {"status": "ok", "redis": "ok"})
            valkey.kill()
            await here.until_disconnected()
            response = await client.get("/ready")
            away = {"status": "degraded", "redis": "away"}
            assert (response.status_code, response.json()) == (200, away)


async def test_a_key_opens_its_program(store: Store) -> None:
    secret = await secret_of(store, "read")
    async with client_of(store) as client:
        response = await client.post(
            "/graphql",
            json={"query": "{ program { key } }"},
            headers={"authorization": f"Bearer {secret}"},
        )
        assert response.json() == {"data": {"program": {"key": "club"}}}


async def test_a_key_does_what_its_scopes_say_and_no_more(store: Store) -> None:
    secret = await secret_of(store, "read")
    record = 'mutation { recordActivity(input: {member: "a", type: "visit"}) { __typename } }'
    async with client_of(store) as client:
        response = await client.post(
            "/graphql", json={"query": record}, headers={"authorization": f"Bearer {secret}"}
        )
        assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["FORBIDDEN"]


@pytest.mark.parametrize("authorization", [None, "Bearer gam_wrong", "Basic eDp5", "Bearer \xff"])
async def test_without_a_good_key_nothing_is_told(
    client: httpx.AsyncClient, authorization: str | None
) -> None:
    headers = {b"authorization": authorization.encode("latin-1")} if authorization else {}
    response = await client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    body = response.json()
    assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]
    assert "data" not in body


async def test_the_page_may_load_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    response = await client.get("/")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "style-src 'self'"
    )
    assert response.headers["x-content-type-options"] == "nosniff"
    assert '<meta name="api-key" content="gam_&lt;&quot;demo&quot;&gt;">' in response.text


async def test_files_are_kept_by_browsers_and_asked_about(client: httpx.AsyncClient) -> None:
    first = await client.get("/static/page/page.js")
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.headers["cache-control"] == "no-cache"
    again = await client.get(
        "/static/page/page.js", headers={"if-none-match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/static/../settings.py", "/static/%2e%2e/settings.py", "/static/", "/nothing"]
)
async def test_other_files_are_not_served(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_graphiql_is_served_only_where_it_is_wanted(client: httpx.AsyncClient) -> None:
    browser = {"accept": "text/html"}
    assert "GraphiQL" in (await client.get("/graphiql")).text
    assert "GraphiQL" in (await client.get("/graphql", headers=browser)).text
    async with client_of(Twin()) as other:
        assert (await other.get("/graphiql")).status_code == 404
        assert (await other.get("/graphql", headers=browser)).status_code == 400


async def test_the_schema_is_there_to_read(client: httpx.AsyncClient) -> None:
    response = await client.get("/schema.graphql")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert "\ntype Subscription {" in response.text


async def test_documents_are_kept_only_where_there_may_be_any(store: Store) -> None:
    named = {"documentId": "sha256:unknown"}
    secret = await secret_of(store, "read")
    for bytes_max, code in ((0, "NOT_SUPPORTED"), (1, "NOT_FOUND"), (None, "NOT_FOUND")):
        async with client_of(store, persisted_documents_bytes_max=bytes_max) as client:
            client.headers["authorization"] = f"Bearer {secret}"
            (error,) = (await client.post("/graphql", json=named)).json()["errors"]
            assert error["extensions"] == {"code": f"PERSISTED_QUERY_{code}"}


async def test_every_answer_has_the_id_of_its_request(client: httpx.AsyncClient) -> None:
    given = await client.get("/health", headers={"x-request-id": "checkout-7.1"})
    assert given.headers["x-request-id"] == "checkout-7.1"
    made = await client.get("/health", headers={"x-request-id": "no\tgood id"})
    assert len(made.headers["x-request-id"]) == 16


async def test_no_two_processes_give_the_same_id() -> None:
    """Workers are born of one process that has loaded this application already."""
    given: set[str] = set()
    for _ in range(2):
        async with client_of(Twin()) as client:
            for _ in range(2):
                given.add((await client.get("/health")).headers["x-request-id"])
    assert len(given) == 4


async def test_pages_of_named_origins_may_call(store: Store) -> None:
    async with client_of(store, allowed_origins="https://shop.example") as client:
        for origin, allowed in (
            ("https://shop.example", "https://shop.example"),
            ("https://evil.example", None),
        ):
            preflight = await client.options(
                "/graphql",
                headers={
                    "origin": origin,
                    "access-control-request-method": "POST",
                    "access-control-request-headers": "authorization,content-type",
                },
            )
            assert preflight.headers.get("access-control-allow-origin") == allowed
