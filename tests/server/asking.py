"""What tests of several servers on one database need: a program, a key, answers, an audit."""

from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from gamification.program import program_of
from gamification.use_cases.apply_definition import apply_definition
from gamification.use_cases.verify_program import Difference, verify_program
from models.store import open_store
from server.credentials import create_api_key
from tests.builders import NOON


async def secret_for(url: str, rules: str, *scopes: str) -> str:
    """The secret of a key to a new program with these rules."""
    async with open_store(url) as store:
        applied = await apply_definition(store, rules, now=NOON)
        assert applied.program is not None
        program = applied.program.id
        made = await create_api_key(store, program, name="", scopes=frozenset(scopes), now=NOON)
        return made.secret


async def ask(client: httpx.AsyncClient, query: str, **variables: str) -> dict[str, Any]:
    """The one field that a query asks for; there must be no errors."""
    response = await client.post("/graphql", json={"query": query, "variables": variables})
    assert response.status_code == 200
    answer = response.json()
    assert "errors" not in answer, answer
    (data,) = answer["data"].values()
    return data


async def numbers_at(client: httpx.AsyncClient, url: str) -> dict[tuple[str, ...], float]:
    """The numbers that a process tells Prometheus, by their name and labels."""
    page = (await client.get(url)).text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


async def nothing_differs(url: str, program: str = "club") -> None:
    """The auditor finds nothing."""
    async with open_store(url) as store:
        record = await store.program(program)
        assert record is not None
        found = verify_program(store, program_of(record))
        assert [str(each) async for each in found if isinstance(each, Difference)] == []
