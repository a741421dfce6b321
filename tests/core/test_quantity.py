"""Quantities say exactly what was written, and refuse the rest."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamification.quantity import QUANTITY_MAX, SCALE, add, parse, to_decimal, to_text
from gamification.refusals import InvalidInput, OutOfRange

quantities = st.integers(-QUANTITY_MAX, QUANTITY_MAX)


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("0", 0),
        ("3", 30_000),
        ("007", 70_000),
        ("12.5", 125_000),
        ("-0.0001", -1),
        ("+1.5", 15_000),
        ("-0", 0),
        ("1.50000000", 15_000),
        ("9999999999999", 99_999_999_999_990_000),
        ("10000000000000", QUANTITY_MAX),
        ("-10000000000000.0000", -QUANTITY_MAX),
        (4, 40_000),
        (-3, -30_000),
        (Decimal("12.5"), 125_000),
        (Decimal("1.250000"), 12_500),
        (Decimal("1E+2"), 1_000_000),
        (Decimal("-1E-4"), -1),
        (Decimal("0E+999999"), 0),
        (Decimal("1E+13"), QUANTITY_MAX),
    ],
)
def test_parse_is_exact(text: str | int | Decimal, quantity: int) -> None:
    assert parse(text) == quantity


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "1_000",
        "1,5",
        ".5",
        "5.",
        "1e3",
        "--1",
        "0x10",
        "NaN",
        "Infinity",
        "²",
        "١٢",
        "0.00001",
        "1" * 41,
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("-Infinity"),
        Decimal("0.00001"),
        Decimal("1E-999999"),
        True,
        None,
        1.5,
    ],
)
def test_parse_refuses_what_is_no_exact_decimal(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "10000000000000.0001",
        "-10000000000001",
        "1" * 40,
        10**13 + 1,
        10**4000,
        Decimal("1E+999999999"),
        Decimal("-10000000000000.0001"),
    ],
)
def test_parse_refuses_what_is_out_of_range(text: str | int | Decimal) -> None:
    with pytest.raises(OutOfRange):
        parse(text)


def test_parse_refuses_integers_too_long_to_print() -> None:
    with pytest.raises(OutOfRange, match=r"^the number is out of range"):
        parse(10**5000)


def test_refusals_say_how_to_mend() -> None:
    with pytest.raises(InvalidInput, match=r"'1e3' is not a number: write a decimal such as 12\.5"):
        parse("1e3")
    with pytest.raises(InvalidInput, match=r"'0\.00001' has more than 4 decimals: round it first"):
        parse("0.00001")
    with pytest.raises(OutOfRange, match=r"lie within ±10,000,000,000,000$"):
        parse("99999999999999")


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (0, "0"),
        (125_000, "12.5"),
        (30_000, "3"),
        (-1, "-0.0001"),
        (-15_000, "-1.5"),
        (10_010, "1.001"),
        (1_000_000, "100"),
        (QUANTITY_MAX, "10000000000000"),
    ],
)
def test_text_and_decimal_have_no_trailing_zeros_and_no_exponent(quantity: int, text: str) -> None:
    assert to_text(quantity) == text
    assert str(to_decimal(quantity)) == text


@given(quantities)
def test_parse_undoes_text_and_decimal(quantity: int) -> None:
    assert parse(to_text(quantity)) == quantity
    assert parse(to_decimal(quantity)) == quantity
    assert to_decimal(quantity) * SCALE == quantity


@given(quantities, quantities)
def test_add_is_the_sum_or_a_refusal(a: int, b: int) -> None:
    if abs(a + b) <= QUANTITY_MAX:
        assert add(a, b) == a + b
    else:
        with pytest.raises(OutOfRange):
            add(a, b)


def test_the_range_fits_a_64_bit_column_many_times() -> None:
    assert 92 * QUANTITY_MAX < 2**63
