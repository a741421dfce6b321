"""A manifest of trusted documents: looked at by a command, read at the start, and then obeyed."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from gamification.twin import Twin
from server.app import create_app
from server.settings import read_settings
from server.unusable import Unusable
from tests.server.running import SECONDS_MAX, receive, running_server, send
from tests.server.terminal import Terminal
from tests.server.test_app import client_of
from tests.server.test_serving import secret_for

KEY = "{ program { key } }"
GOOD = {"key": KEY, "feed": "subscription { feedUpdated { resync } }"}
BAD = {"first": "{ nothing }", "key": KEY, "second": "{", "third": ""}
FAULTS = (
    "'third': an id and its document must be strings that are not empty.",
    "'first': Cannot query field 'nothing' on type 'Query' (line 1, column 3).",
    "'second': Syntax Error: Expected Name, found <EOF> (line 1, column 2).",
)
NOT_TRUSTED = {"code": "DOCUMENT_NOT_TRUSTED"}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "documents.json"
    path.write_bytes(orjson.dumps(GOOD))
    return path


def test_a_good_manifest_is_said_to_be_one(terminal: Terminal) -> None:
    terminal.write("documents.json", orjson.dumps(GOOD).decode())
    said = terminal.run("documents", "check", "documents.json")
    assert (said.status, said.err) == (0, "")
    assert said.out == "documents.json: documents: 2, and all of them can be run\n"


def test_all_faults_of_a_manifest_are_said(terminal: Terminal) -> None:
    terminal.write("documents.json", orjson.dumps(BAD).decode())
    said = terminal.run("documents", "check", "documents.json")
    assert (said.status, said.err) == (1, "documents.json: faults: 3\n")
    assert said.out.splitlines() == list(FAULTS)


def test_a_manifest_that_is_not_there_is_named(terminal: Terminal) -> None:
    said = terminal.run("documents", "check", "none.json")
    assert (said.status, said.out) == (2, "")
    assert said.err == "The manifest none.json cannot be read: No such file or directory.\n"


# Workers are not even born before the manifest is known to be good: no database need be there.
@pytest.mark.parametrize(
    ("workers", "url"), [("1", None), ("2", "postgresql://nobody@127.0.0.1:1/none")]
)
def test_a_server_does_not_start_on_a_manifest_with_faults(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, workers: str, url: str | None
) -> None:
    terminal.write("documents.json", orjson.dumps(BAD).decode())
    monkeypatch.setenv("GAMIFICATION_TRUSTED_DOCUMENTS", "documents.json")
    if url is not None:
        terminal = replace(terminal, url=url)
    process = terminal.start("serve", "--workers", workers, "--port", "0")
    out, err = process.communicate(timeout=SECONDS_MAX)
    assert (process.returncode, out) == (2, "")
    listed = "\n".join(f"- {fault}" for fault in FAULTS)
    assert err.endswith(
        "GAMIFICATION_TRUSTED_DOCUMENTS: the documents of documents.json cannot all be run.\n"
        f"{listed}\nMend them where they are written, generate the manifest anew, and look at it "
        "with `gamification documents check documents.json`.\n"
    )
    assert err.count(FAULTS[0]) == 1


def test_a_server_does_not_start_without_its_manifest(tmp_path: Path) -> None:
    settings = read_settings(trusted_documents=tmp_path / "none.json")
    with pytest.raises(Unusable, match=r"none\.json cannot be read: No such file or directory\."):
        create_app(settings, Twin())


def test_graphiql_does_not_go_together_with_a_manifest(
    manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAMIFICATION_TRUSTED_DOCUMENTS", str(manifest))
    assert read_settings().trusted_documents == manifest
    monkeypatch.setenv("GAMIFICATION_GRAPHIQL", "true")
    with pytest.raises(Unusable) as refused:
        read_settings()
    assert (
        "GAMIFICATION_TRUSTED_DOCUMENTS: where only trusted documents run, GraphiQL could ask "
        "nothing: leave this empty, or GAMIFICATION_GRAPHIQL off."
    ) in str(refused.value)
    monkeypatch.setenv("GAMIFICATION_TRUSTED_DOCUMENTS", "")
    assert read_settings().trusted_documents is None


async def test_neither_the_schema_nor_the_page_is_served(manifest: Path) -> None:
    paths = ("/schema.graphql", "/", "/graphiql", "/static/page/page.js")
    async with client_of(Twin(), trusted_documents=manifest) as client:
        assert [(await client.get(path)).status_code for path in paths] == [404] * 4
        assert (await client.get("/health")).status_code == 200
    async with client_of(Twin()) as client:
        statuses = [(await client.get(path)).status_code for path in paths]
        assert statuses == [200, 200, 404, 200]


async def test_a_running_server_runs_nothing_else(sqlite_url: str, manifest: Path) -> None:
    secret = await secret_for(sqlite_url)
    async with running_server(sqlite_url, trusted_documents=str(manifest)) as server:
        async with server.client(secret) as client:
            assert (await client.get("/schema.graphql")).status_code == 404
            found = await client.get("/graphql", params={"documentId": "key"})
            assert found.json() == {"data": {"program": {"key": "club"}}}
            for query in ("{ __schema { queryType { name } } }", "{ __typename }"):
                response = await client.post("/graphql", json={"query": query})
                assert response.json()["errors"][0]["extensions"] == NOT_TRUSTED
        async with server.socket(secret) as socket:
            assert (await receive(socket))["type"] == "connection_ack"
            await send(socket, type="subscribe", id="1", payload={"documentId": "feed"})
            message = await receive(socket)
            assert message["payload"] == {"data": {"feedUpdated": {"resync": False}}}
            await send(socket, type="subscribe", id="2", payload={"query": "{ __typename }"})
            message = await receive(socket)
            assert (message["type"], message["id"]) == ("error", "2")
            assert message["payload"][0]["extensions"] == NOT_TRUSTED
        assert await server.stop() == 0
