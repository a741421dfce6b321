"""Documents that would keep the server busy are refused before they run, and in linear time."""

import time

import pytest
from graphql import get_introspection_query, parse

from gql.documents import prepare
from gql.limits import LIMIT, Size, measure
from gql.schema import schema
from tests.api.world import World

CORE = schema._schema  # pyright: ignore[reportPrivateUsage]


def size(text: str, **variables: object) -> Size:
    return measure(CORE, parse(text), variables)


def test_what_is_counted() -> None:
    assert size("{ program { key k: name @include(if: true) } }") == Size(2, 3, 1, 1, 2)


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("{ program { key } }", 2),
        # members, ten times (edges, node)
        ("{ members(first: 10) { edges { node { externalId } } } }", 1 + 10 * 3),
        ("{ members { edges { node { externalId } } } }", 1 + 20 * 3),
        ("query ($n: Int) { members(first: $n) { edges { node { externalId } } } }", 1 + 100 * 3),
        (
            "{ members(first: 10) { edges { node { badges(first: 5) { edges { cursor } } } } } }",
            1 + 10 * (1 + 1 + 1 + 5 * 2),
        ),
        ("{ members(first: 99999999999) { edges { cursor } } }", 10**9),
        ("{ program { badges { levels { gives { unit } } } } }", 1 + 1 + 10 * (1 + 10 * (1 + 10))),
    ],
)
def test_the_cost_is_what_must_be_made(text: str, cost: int) -> None:
    assert size(text).cost == cost


def test_variables_count_as_what_they_are() -> None:
    text = "query ($n: Int) { members(first: $n) { edges { cursor } } }"
    assert size(text, n=3).cost == 1 + 3 * 2
    assert size(text, n=True).cost == size(text, n="x").cost == 1 + 100 * 2


def test_fragments_count_wherever_they_are_spread() -> None:
    text = "{ a: program { ...F } b: program { ...F } } fragment F on Program { key k: name }"
    assert size(text) == Size(depth=2, fields=6, aliases=4, directives=0, cost=4)


def test_fragments_that_double_are_measured_in_linear_time() -> None:
    doubling = "".join(
        f"fragment F{n} on Program {{ ...F{n + 1} ...F{n + 1} }}" for n in range(150)
    )
    text = "{ program { ...F0 } }" + doubling + "fragment F150 on Program { key }"
    started = time.process_time()
    prepared = prepare(CORE, text)
    assert time.process_time() - started < 1
    assert prepared.size.fields == 10**9
    assert [error.extensions for error in prepared.errors] == [{"code": "QUERY_TOO_LARGE"}]


def test_cycles_are_left_to_validation() -> None:
    prepared = prepare(CORE, "{ program { ...F } } fragment F on Program { key ...F }")
    assert [error.message for error in prepared.errors] == [
        "Cannot spread fragment 'F' within itself."
    ]


def test_introspection_is_allowed() -> None:
    assert prepare(CORE, get_introspection_query()).errors == ()


@pytest.mark.parametrize(
    "query",
    [
        "{ " + " ".join(f"a{n}: program {{ key }}" for n in range(LIMIT.aliases + 1)) + " }",
        "{ " + "program { key } " * (LIMIT.fields // 2 + 1) + "}",
        "{ program { key " + "@skip(if: false) " * (LIMIT.directives + 1) + "} }",
        "{ members(first: 99) { edges { node { activities(first: 99) { edges { cursor } } } } } }",
    ],
    ids=["aliases", "fields", "directives", "cost"],
)
async def test_too_much_is_refused_before_it_runs(small_world: World, query: str) -> None:
    answer = await small_world.answer(query)
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "QUERY_TOO_LARGE"}
    assert "data" not in answer


async def test_depth_is_limited(small_world: World) -> None:
    deep = "member { activities { edges { node { " * 5 + "key" + " } } } }" * 5
    query = f'{{ member(externalId: "x") {{ activities {{ edges {{ node {{ {deep} }} }} }} }} }}'
    (error,) = (await small_world.answer(query))["errors"]
    assert error["extensions"] == {"code": "QUERY_TOO_LARGE"}
    assert error["message"].startswith("The query is too large: depth 25, and 15 is the most")


async def test_the_variables_decide_where_the_document_leaves_it_open(small_world: World) -> None:
    query = """query ($n: Int) { members(first: $n) { edges { node { activities(first: $n)
      { edges { node { key } } } } } } }"""
    assert "errors" not in await small_world.answer(query, n=20)
    (error,) = (await small_world.answer(query, n=100))["errors"]
    assert error["extensions"] == {"code": "QUERY_TOO_LARGE"}
    assert "errors" not in await small_world.answer(query, n=20)
