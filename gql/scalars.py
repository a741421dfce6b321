"""How exact numbers, moments and properties cross the edge: as text that no client can misread."""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, NewType, cast

import orjson
import strawberry
from graphql import (
    FloatValueNode,
    GraphQLError,
    IntValueNode,
    StringValueNode,
    ValueNode,
    value_from_ast_untyped,
)
from strawberry.types.scalar import ScalarDefinition

from gamification.facts import Scalar
from gamification.quantity import to_text

Quantity = NewType("Quantity", int)
"""An amount in ten-thousandths on its way out, as `Decimal`."""

DecimalText = NewType("DecimalText", str)
"""A `Decimal` as its sender wrote it: the use case that reads it says what is wrong with it."""

Properties = NewType("Properties", dict[str, Scalar])
"""Named scalars, as `JSON`."""


def at_text(at: datetime) -> str:
    """A moment as every answer writes it: ISO 8601, in UTC, with a Z."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    # As `isoformat` writes it, in a third of the time.
    return orjson.dumps(utc, option=orjson.OPT_UTC_Z)[1:-1].decode()


def _decimal(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and isfinite(value):
        return repr(value)
    raise GraphQLError('A Decimal is a string such as "12.5".')


def _decimal_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> str:
    if isinstance(node, StringValueNode | IntValueNode | FloatValueNode):
        return node.value
    raise GraphQLError('A Decimal is a string such as "12.5".')


def _moment(value: object) -> datetime:
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            at = None
        if at is not None and at.tzinfo is not None:
            return _utc(at)
    raise GraphQLError("A DateTime is ISO 8601 with a zone, such as 2017-08-27T12:30:00Z.")


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise GraphQLError("A DateTime lies between the years 1 and 9999.") from None


def _properties(value: object) -> Mapping[str, Scalar]:
    if not isinstance(value, dict):
        raise GraphQLError('These are named values, such as {"country": "TR", "visits": 3}.')
    named = cast("dict[object, object]", value)
    for name, each in named.items():
        if not isinstance(name, str) or not isinstance(each, str | bool | int | float | None):
            raise GraphQLError(f"{name!s:.64}: a value here is a string, number, boolean or null.")
    return cast("Mapping[str, Scalar]", named)


def _properties_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    return _properties(value_from_ast_untyped(node, variables))


DECIMAL: ScalarDefinition = strawberry.scalar(
    name="Decimal",
    description="An exact decimal number with at most four digits after the point, written as a "
    'string: `"12.5"`. Numbers are taken as well, but clients should not round.',
    serialize=to_text,
    parse_value=_decimal,
    parse_literal=_decimal_literal,
)
DATE_TIME: ScalarDefinition = strawberry.scalar(
    name="DateTime",
    description="A moment in ISO 8601. Answers are in UTC (`2017-08-27T12:30:00Z`); what is sent "
    "must name its zone.",
    serialize=at_text,
    parse_value=_moment,
)
JSON: ScalarDefinition = strawberry.scalar(
    name="JSON",
    description="An object of named values, each a string, number, boolean or null.",
    serialize=dict,
    parse_value=_properties,
    parse_literal=_properties_literal,
)

SCALARS: dict[object, ScalarDefinition] = {
    Quantity: DECIMAL,
    DecimalText: DECIMAL,
    datetime: DATE_TIME,
    Properties: JSON,
}
