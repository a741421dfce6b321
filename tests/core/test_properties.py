"""Properties are what the definition says, in one normal form."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamification import quantity
from gamification.facts import Scalar
from gamification.properties import PropertySpec, PropertyType, check
from gamification.refusals import InvalidProperty

SPECS = {
    "kind": PropertySpec(PropertyType.STRING),
    "wiki": PropertySpec(PropertyType.BOOLEAN, optional=True),
    "views": PropertySpec(PropertyType.INTEGER, optional=True),
    "weight": PropertySpec(PropertyType.NUMBER, optional=True),
}


def test_normal_properties_are_returned_as_they_are() -> None:
    properties: dict[str, Scalar] = {"kind": "answer", "wiki": True}
    assert check(properties, SPECS) is properties


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ({"kind": "é", "wiki": None}, {"kind": "é"}),
        ({"kind": "a", "views": 3.0}, {"kind": "a", "views": 3}),
        ({"kind": "a", "views": "12"}, {"kind": "a", "views": 12}),
        ({"kind": "a", "weight": 2.50}, {"kind": "a", "weight": 2.5}),
        ({"kind": "a", "weight": "2.5000"}, {"kind": "a", "weight": 2.5}),
        ({"kind": "a", "weight": -0.0}, {"kind": "a", "weight": 0}),
        ({"kind": "a", "weight": 0.1}, {"kind": "a", "weight": 0.1}),
        ({"kind": "a", "weight": 10**13}, {"kind": "a", "weight": 10**13}),
    ],
)
def test_equal_properties_have_one_form(
    given: Mapping[str, Scalar], normal: Mapping[str, Scalar]
) -> None:
    checked = check(given, SPECS)
    assert checked == normal
    assert [*map(type, checked.values())] == [*map(type, normal.values())]


@pytest.mark.parametrize(
    ("name", "properties", "message"),
    [
        ("kind", {}, "property 'kind' is required"),
        ("kind", {"kind": None}, "is required and may not be null"),
        ("kynd", {"kind": "a", "kynd": 1}, "not a property of this activity: did you mean kind?"),
        ("kind", {"kind": 3}, "must be a string"),
        ("kind", {"kind": "x" * 257}, "may have at most 256 characters, not 257"),
        ("kind", {"kind": "a\0b"}, "a character that is no text"),
        ("kind", {"kind": "\ud800"}, "a character that is no text"),
        ("wiki", {"kind": "a", "wiki": 1}, "must be true or false"),
        ("wiki", {"kind": "a", "wiki": "true"}, "must be true or false"),
        ("views", {"kind": "a", "views": 1.5}, "must be a whole number"),
        ("views", {"kind": "a", "views": True}, "must be a number"),
        ("views", {"kind": "a", "views": "many"}, "must be a number: 'many' is not a number"),
        ("views", {"kind": "a", "views": 10**13 + 1}, "out of range"),
        ("weight", {"kind": "a", "weight": float("nan")}, "must be a finite number"),
        ("weight", {"kind": "a", "weight": float("inf")}, "must be a finite number"),
        ("weight", {"kind": "a", "weight": 1e300}, "out of range"),
        ("weight", {"kind": "a", "weight": 0.00001}, "has more than 4 decimals"),
        ("weight", {"kind": "a", "weight": "9999999999999.9999"}, "more digits than JSON numbers"),
    ],
)
def test_other_properties_are_refused_by_name(
    name: str, properties: Mapping[str, Scalar], message: str
) -> None:
    with pytest.raises(InvalidProperty) as caught:
        check(properties, SPECS)
    assert message in caught.value.message
    assert caught.value.field == ("properties", name)


@given(st.integers(-(10**11), 10**11))
def test_numbers_are_exact_to_four_decimals(amount: int) -> None:
    text = quantity.to_text(amount)
    weight = check({"kind": "a", "weight": text}, SPECS)["weight"]
    assert quantity.parse(Decimal(repr(weight))) == amount
    assert check({"kind": "a", "weight": weight}, SPECS)["weight"] == weight
