"""Without this module amounts would be floats: sums would depend on their order and lose cents.

A quantity is an `int` that counts ten-thousandths: 12.5 is 125,000. Everything inside the system is
a quantity; decimals exist at the edge only.
"""

import re
from decimal import Decimal

from gamification.refusals import InvalidInput, OutOfRange

SCALE = 10_000
"""Quantities in one unit."""

DECIMALS = 4
"""Digits after the point that a quantity keeps."""

QUANTITY_MAX = 10**17
"""The largest quantity: ten trillion units. 92 of them still fit a signed 64-bit column."""

_TEXT_MAX = 40
_WHOLE_DIGITS_MAX = 13
_DECIMAL = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?", re.ASCII)


def parse(text: str | int | Decimal) -> int:
    """The quantity that `text` names, exactly: "12.5" is 125,000.

    Refuses more than four decimals, exponents, NaN, infinities and anything outside
    ±`QUANTITY_MAX`; nothing is rounded.
    """
    if type(text) is str:
        if len(text) <= _WHOLE_DIGITS_MAX and text.isascii() and text.isdigit():
            return int(text) * SCALE
        return _parse_text(text)
    if type(text) is int:
        return _in_range(text * SCALE, text)
    if isinstance(text, Decimal):
        return _parse_decimal(text)
    raise InvalidInput(f"{_shown(text)} is not a number: write a decimal such as 12.5")


def to_text(quantity: int) -> str:
    """The shortest decimal that names the quantity: "12.5", "3", "-0.0001". `parse` undoes it."""
    whole, rest = divmod(quantity, SCALE)
    if not rest:
        return str(whole)
    whole, rest = divmod(abs(quantity), SCALE)
    sign = "-" if quantity < 0 else ""
    return f"{sign}{whole}.{rest:04d}".rstrip("0")


def to_decimal(quantity: int) -> Decimal:
    """The quantity in units, without trailing zeros and never in exponent notation."""
    return Decimal(to_text(quantity))


def add(a: int, b: int) -> int:
    """The sum of two quantities; refuses to leave the range instead of wrapping."""
    total = a + b
    if -QUANTITY_MAX <= total <= QUANTITY_MAX:
        return total
    raise _out_of_range("the sum")


def _parse_text(text: str) -> int:
    if len(text) > _TEXT_MAX:
        raise InvalidInput(f"a number may have at most {_TEXT_MAX} characters, not {len(text)}")
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise InvalidInput(
            f"{_shown(text)} is not a number: write a decimal such as 12.5, without an exponent, "
            "separators or spaces"
        )
    sign, whole, decimals = match.groups(default="")
    decimals = decimals.rstrip("0")
    if len(decimals) > DECIMALS:
        raise _too_fine(text)
    quantity = int(whole + decimals.ljust(DECIMALS, "0"))
    return _in_range(-quantity if sign == "-" else quantity, text)


def _parse_decimal(number: Decimal) -> int:
    if not number.is_finite():
        raise InvalidInput(f"{number} is not a number: write a decimal such as 12.5")
    if not number:
        return 0
    # The magnitude is looked at before any arithmetic: 1E+999999999 would fill the memory.
    if number.adjusted() > _WHOLE_DIGITS_MAX:
        raise _out_of_range(_shown(number))
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    numeral = "".join(map(str, digits))
    significant = numeral.rstrip("0")
    shift = exponent + len(numeral) - len(significant) + DECIMALS
    if shift < 0:
        raise _too_fine(number)
    quantity = int(significant) * 10**shift
    return _in_range(-quantity if sign else quantity, number)


def _in_range(quantity: int, text: object) -> int:
    if -QUANTITY_MAX <= quantity <= QUANTITY_MAX:
        return quantity
    raise _out_of_range(_shown(text))


def _out_of_range(what: str) -> OutOfRange:
    return OutOfRange(f"{what} is out of range: numbers lie within ±{QUANTITY_MAX // SCALE:,}")


def _too_fine(text: object) -> InvalidInput:
    return InvalidInput(f"{_shown(text)} has more than {DECIMALS} decimals: round it first")


def _shown(text: object) -> str:
    if isinstance(text, int) and text.bit_length() > 128:
        return "the number"
    shown = repr(text) if isinstance(text, str) else str(text)
    return shown if len(shown) <= _TEXT_MAX + 2 else shown[:_TEXT_MAX] + "…"
