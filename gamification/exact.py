"""Arithmetic that loses nothing: without it, a third of 100 points three times would be 99.9999.

A `Number` counts ten-thousandths, like a quantity, but between the first operand and the last
rounding it may be a fraction. Nearly all numbers are whole, and stay `int`, which is fast.
"""

from fractions import Fraction
from math import ceil, floor, trunc

from gamification.quantity import SCALE

Number = int | Fraction
"""An exact number of ten-thousandths."""


def times(a: Number, b: Number) -> Number:
    """The product."""
    product = a * b
    if isinstance(product, int):
        whole, rest = divmod(product, SCALE)
        return Fraction(product, SCALE) if rest else whole
    return simplest(product / SCALE)


def negated(a: Number) -> Number:
    """The number with the other sign."""
    return -a


def over(a: Number, b: Number) -> Number:
    """The quotient; raises `ZeroDivisionError`."""
    return simplest(Fraction(a * SCALE) / b)


def remainder(a: Number, b: Number) -> Number:
    """What is left of `a` when `b` is taken as often as it goes; signed like `a`, as in CEL."""
    return simplest(a - b * trunc(Fraction(a) / b))


def floored(a: Number) -> Number:
    """Down to a whole unit."""
    return floor(Fraction(a) / SCALE) * SCALE


def ceiled(a: Number) -> Number:
    """Up to a whole unit."""
    return ceil(Fraction(a) / SCALE) * SCALE


def rounded(a: Number) -> Number:
    """To the nearest whole unit; halves go away from zero."""
    away = floor(Fraction(abs(a)) / SCALE + Fraction(1, 2)) * SCALE
    return -away if a < 0 else away


def simplest(number: Number) -> Number:
    """An `int` where the number is whole."""
    if isinstance(number, Fraction) and number.denominator == 1:
        return number.numerator
    return number
