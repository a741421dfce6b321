"""Amounts are exact, bounded and total; errors point at their column."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import trunc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamification.amounts import Amount, ExpressionError, compile_amount
from gamification.facts import Scalar
from gamification.properties import PropertyType
from gamification.quantity import QUANTITY_MAX
from gamification.refusals import OutOfRange

PROPERTIES = {
    "stars": PropertyType.INTEGER,
    "weight": PropertyType.NUMBER,
    "kind": PropertyType.STRING,
    "first": PropertyType.BOOLEAN,
}
GIVEN: dict[str, Scalar] = {"stars": 10, "weight": 2.5, "kind": "answer", "first": True}


def amount(source: str | int | float | Decimal) -> Amount:
    return compile_amount(source, properties=PROPERTIES)


@pytest.mark.parametrize(
    ("source", "ten_thousandths"),
    [
        ("value", 55_000),
        ("value * 2", 110_000),
        ("value * 1.1", 60_500),
        ("value + 2 * 3 - 1", 105_000),
        ("(value + 2) * 3", 225_000),
        ("2 - 3 - 4 + value", 5_000),
        ("-value", -55_000),
        ("--value", 55_000),
        ("- value * 2 + 1", -100_000),
        ("value / 3", 18_333),
        ("-value / 3", -18_333),
        ("value / 3 * 3", 55_000),
        ("value % 2", 15_000),
        ("-value % 2", -15_000),
        ("value % -2", 15_000),
        ("properties.stars * properties.weight", 250_000),
        ("properties['stars']", 100_000),
        ("min(value, properties.stars, 7)", 55_000),
        ("max(value, properties.stars, 7)", 100_000),
        ("floor(value)", 50_000),
        ("ceil(value)", 60_000),
        ("round(value)", 60_000),
        ("floor(-value)", -60_000),
        ("ceil(-value)", -50_000),
        ("round(-value)", -60_000),
        ("round(value / 10)", 10_000),
        ("properties.kind == 'answer' ? 10 : 5", 100_000),
        ('properties.kind != "answer" ? 10 : 5', 50_000),
        ("properties.first && value >= 5.5 ? value : 0", 55_000),
        ("!properties.first || value < 5 ? value : 0", 0),
        ("value > 9 ? 3 : value > 5 ? 2 : 1", 20_000),
        ("value > 5 == true ? 1 : 0", 10_000),
        ("value - value * 0.00001", 54_999),
    ],
)
def test_amounts_are_calculated_exactly(source: str, ten_thousandths: int) -> None:
    tested = amount(source)
    assert tested.of(55_000, GIVEN) == ten_thousandths
    assert tested.constant is None


@pytest.mark.parametrize(
    ("source", "constant"),
    [
        (10, 100_000),
        (-2, -20_000),
        (1.1, 11_000),
        (Decimal("0.0001"), 1),
        ("11", 110_000),
        ("2 * (3 + 4)", 140_000),
        ("1 / 3 * 3", 10_000),
        ("1 / 3", 3_333),
        ("-1 / 3", -3_333),
        ("round(-2.5)", -30_000),
        ("7 % 3", 10_000),
        ("10000000000000", QUANTITY_MAX),
    ],
)
def test_constants_are_known_beforehand(source: str | int | float | Decimal, constant: int) -> None:
    tested = amount(source)
    assert tested.constant == constant == tested.of(99, {})
    assert tested.can_be_negative == (constant < 0)


@pytest.mark.parametrize(
    ("source", "negative"),
    [
        ("value", True),
        ("properties.first ? 10 : 5", False),
        ("properties.first ? 10 : -5", True),
        ("max(0, value)", False),
        ("min(0, value)", True),
        ("floor(max(value, 0) / 3) * 2 + 1", False),
        ("max(value, 0) - 1", True),
    ],
)
def test_only_what_is_provably_positive_is_called_so(source: str, negative: bool) -> None:
    assert amount(source).can_be_negative is negative


def test_an_amount_tells_what_it_reads() -> None:
    tested = amount("properties.first ? value : properties['stars']")
    assert tested.properties == {"first", "stars"}
    assert tested.reads_value
    assert amount("properties.stars").reads_value is False


@pytest.mark.parametrize(
    ("source", "properties"),
    [
        ("value / properties.stars", {"stars": 0}),
        ("value % properties.stars", {"stars": 0}),
        ("properties.stars + 1", {}),
        ("properties.stars + 1", {"stars": None}),
        ("properties.stars + 1", {"stars": "ten"}),
        ("properties.stars + 1", {"stars": True}),
        ("properties.first ? 1 : 2", {}),
        ("properties.kind == 'a' ? 1 : 2", {"kind": 3}),
    ],
)
def test_what_cannot_be_calculated_is_nothing(
    source: str, properties: Mapping[str, Scalar]
) -> None:
    assert amount(source).of(10_000, properties) == 0


def test_amounts_do_not_leave_the_range() -> None:
    assert amount("value * value / value").of(QUANTITY_MAX, {}) == QUANTITY_MAX
    with pytest.raises(OutOfRange, match="the amount is out of range"):
        amount("value + 0.0001").of(QUANTITY_MAX, {})
    with pytest.raises(OutOfRange):
        amount("value * value").of(-QUANTITY_MAX, {})


@pytest.mark.parametrize(
    ("source", "message", "column"),
    [
        ("vlue * 2", "no variable 'vlue': did you mean value?", 1),
        ("2 * properties.star", "no property 'star': did you mean stars?", 5),
        ("properties", "name what is read", 1),
        ("properties[1]", "name what is read", 1),
        ("flor(value)", "no function 'flor': did you mean floor?", 1),
        ("floor(value, 2)", r"floor\(\) takes one number", 1),
        ("min(value)", r"min\(\) takes two numbers or more", 1),
        ("min()", "a number, a name or . is expected here", 5),
        ("min(1, 2", r"\) is expected here", 9),
        ("value +", "a number, a name or . is expected here", 8),
        ("value value", "'value' is not expected here", 7),
        ("(value", r"\) is expected here", 7),
        ("value)", "'\\)' is not expected here", 6),
        ("value ? 1 : 2", r"\? needs a boolean here, not a number", 7),
        ("value > 1 ? 2", ": is expected here", 14),
        ("value > 1", "an amount is a number, not a boolean", 1),
        ("value > 1 ? 1 : 'a'", "one side is a number, the other a string", 11),
        ("properties.kind * 2", r"\* needs a number here, not a string", 17),
        ("properties.kind < 'a' ? 1 : 2", "< needs a number here, not a string", 17),
        ("properties.kind == 1 ? 1 : 2", "== needs a string here, not a number", 17),
        ("1 && true ? 1 : 2", "&& needs a boolean here", 3),
        ("!value", "! needs a boolean here, not a number", 1),
        ("-true", "- needs a number here, not a boolean", 1),
        ("value / 0", "this always divides by zero", 7),
        ("1 % (2 - 2)", "this always divides by zero", 3),
        ("1e3", "write numbers without exponent", 1),
        ("2u", "write numbers without exponent or suffix", 1),
        ("null", "null cannot be used in amounts", 1),
        ("'a\\n' == 'b' ? 1 : 2", "texts with escapes are not allowed", 1),
        ("value = 2", "write == to compare", 7),
        ("10000000000001", "the amount is out of range", 1),
        ("-" * 40 + "1", "nested deeper than 32", 33),
        ("true ? " * 40, "nested deeper than 32", 225),
        ("(" * 40, "nested deeper than 32", 33),
        ("value" + "+value" * 200, "more than 128 operands", 768),
    ],
)
def test_errors_point_at_their_column(source: str, message: str, column: int) -> None:
    with pytest.raises(ExpressionError, match=message) as caught:
        amount(source)
    assert caught.value.column == column
    assert str(caught.value).endswith(f"\n  {source}\n  {' ' * (column - 1)}^")


@pytest.mark.parametrize(
    "source", [True, float("nan"), float("inf"), 0.00001, 10**14, Decimal("NaN"), "", "1" * 2049]
)
def test_other_things_are_no_amounts(source: float) -> None:
    with pytest.raises(ExpressionError):
        amount(source)


numbers = st.integers(-(10**9), 10**9)


@given(numbers, st.integers(-1000, 1000), st.integers(1, 50))
def test_amounts_agree_with_fractions(value: int, stars: int, divisor: int) -> None:
    units = Fraction(value, 10_000)
    expected = (units + stars) * Fraction(11, 10) / divisor - units % 1
    # CEL's remainder has the sign of the dividend, Python's that of the divisor.
    expected = expected + (1 if units < 0 and units % 1 else 0)
    tested = amount(f"(value + properties.stars) * 1.1 / {divisor} - value % 1")
    assert tested.of(value, {"stars": stars}) == trunc(expected * 10_000)


@given(st.text(alphabet="value+-*/%()?:<>=!&|1.0, minfloor'", max_size=40))
def test_any_text_is_an_amount_or_an_error(source: str) -> None:
    try:
        tested = amount(source)
    except ExpressionError:
        return
    try:
        assert isinstance(tested.of(12_345, {}), int)
    except OutOfRange:
        return


def test_integers_too_long_to_print_are_no_amounts() -> None:
    with pytest.raises(ExpressionError, match="the number is out of range"):
        amount(10**5000)
