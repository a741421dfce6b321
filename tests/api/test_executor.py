"""The short way through lists gives what graphql-core gives: results, nulls and errors."""

from collections.abc import AsyncGenerator, AsyncIterator
from enum import Enum
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from gql.executor import MANY_MIN, ListExecutor
from gql.pages import Node
from gql.scalars import SCALARS, Quantity


class Colour(Enum):
    RED = "red"


ColourType = strawberry.enum(Colour)


@strawberry.type
class Inner(Node):
    text: str

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(f"id of {self.text}")


@strawberry.type
class Row:
    number: int
    text: str
    flag: bool
    amount: Quantity
    inner: Inner
    maybe: str | None = None
    colour: ColourType = Colour.RED  # pyright: ignore[reportInvalidTypeForm]
    many: list[Inner] = strawberry.field(default_factory=list)
    maybe_inner: Inner | None = None

    @strawberry.field
    def shout(self) -> str:
        return self.text.upper()

    @strawberry.field
    def fails(self) -> str | None:
        raise ValueError(self.text)

    @strawberry.field
    def echo(self, word: str) -> str:
        return word

    @strawberry.field
    async def later(self) -> str:
        return self.text


def row(**different: Any) -> Row:
    usual: dict[str, Any] = {
        "number": 1,
        "text": "a",
        "flag": True,
        "amount": 125_000,
        "inner": Inner(text="i"),
    }
    return Row(**{**usual, **different})


class Wrong:
    """Not one of the schema's types, though it has their fields."""

    text = "w"


LISTS: dict[str, list[Any]] = {
    "plain": [row(number=n, maybe=None if n % 2 else "x") for n in range(5)],
    "nested": [row(many=[Inner(text="1"), Inner(text="2")], maybe_inner=Inner(text="m"))] * 5,
    "nulls and lists of any length": [
        row(maybe_inner=Inner(text=str(n)) if n % 2 else None, many=[Inner(text="m")] * n)
        for n in range(5)
    ],
    "too large a number": [row(), row(number=2**31), row(), row()],
    "a boolean for a number": [row(), row(), row(number=True), row()],
    "a number for a text": [row(text=5), row(), row(), row()],
    "a null that may not be": [row(), row(text=None), row(), row()],
    "a null object that may not be": [row(), row(inner=None), row(), row()],
    "a null row": [row(), None, row(), row()],
    "another type": [row(), row(), row(), row(inner=Wrong())],
    "a null in a list": [row(many=[None]), row(), row(), row()],
    "a tuple for a list": [row(many=(Inner(text="t"),)), row(), row(), row()],
    "no such attribute": [row(), Wrong(), row(), row()],
}
SELECTIONS = [
    "number text flag amount maybe colour __typename",
    "n: number inner { id text __typename }",
    "shout inner { ...F } maybeInner { text }",
    "many { text id } maybe @skip(if: true)",
    "text fails",
    "text later",
    'text echo(word: "w")',
    "text ... @include(if: false) { number } ... on Row { flag }",
]


def schema_of(rows: list[Any], executor: type[Any] | None) -> strawberry.Schema:
    @strawberry.type
    class Query:
        @strawberry.field
        def rows(self) -> list[Row]:
            return rows

        @strawberry.field
        def some(self) -> list[Row | None]:
            return rows

    return strawberry.Schema(
        Query, config=StrawberryConfig(scalar_map=SCALARS), execution_context_class=executor
    )


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("times", [1, MANY_MIN], ids=["few", "many"])
@pytest.mark.parametrize("name", LISTS)
async def test_both_ways_lead_to_the_same_answer(
    name: str, times: int, selection: str, caplog: pytest.LogCaptureFixture
) -> None:
    rows = LISTS[name] * times
    fragment = "fragment F on Inner { id text }" if "...F" in selection else ""
    query = f"{{ rows {{ {selection} }} }} {fragment}"
    short = await schema_of(rows, ListExecutor).execute(query)
    long = await schema_of(rows, None).execute(query)
    assert short.data == long.data
    assert [error.formatted for error in short.errors or ()] == [
        error.formatted for error in long.errors or ()
    ]


@pytest.mark.parametrize("times", [1, MANY_MIN], ids=["few", "many"])
async def test_the_short_way_is_taken(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ListExecutor, "execute_field", _only_the_root(ListExecutor.execute_field))
    result = await schema_of(LISTS["nested"] * times, ListExecutor).execute(
        "{ rows { number amount colour shout inner { id } many { text } maybeInner { text } } }"
    )
    assert result.errors is None
    assert result.data is not None
    assert result.data["rows"][0] == {
        "number": 1,
        "amount": "12.5",
        "colour": "RED",
        "shout": "A",
        "inner": {"id": "id of i"},
        "many": [{"text": "1"}, {"text": "2"}],
        "maybeInner": {"text": "m"},
    }


def _only_the_root(execute_field: Any) -> Any:
    def checked(self: ListExecutor, parent_type: Any, *args: Any) -> Any:
        assert parent_type.name == "Query", "graphql-core resolves a field of the list"
        return execute_field(self, parent_type, *args)

    return checked


async def test_a_subscription_keeps_nothing_of_its_events() -> None:
    """graphql-core notes for each event which fields were asked for, under a key of the event."""
    kept: list[int] = []

    class Counting(ListExecutor):
        def build_per_event_executor(self, payload: Any) -> ListExecutor:
            kept.append(len(self._relevant_sub_fields))
            return super().build_per_event_executor(payload)

    @strawberry.type
    class Query:
        nothing: str

    @strawberry.type
    class Subscription:
        @strawberry.subscription
        async def rows(self) -> AsyncGenerator[Row, None]:
            for number in range(5):
                yield row(number=number)

    config = StrawberryConfig(scalar_map=SCALARS)
    schema = strawberry.Schema(
        Query, subscription=Subscription, config=config, execution_context_class=Counting
    )
    results = await schema.subscribe("subscription { rows { number later } }")
    assert isinstance(results, AsyncIterator)
    found = [result.data async for result in results]
    assert found == [{"rows": {"number": number, "later": "a"}} for number in range(5)]
    assert kept == [0] * 5
