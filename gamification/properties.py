"""Without this module a property could be a number today and a text tomorrow."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import assert_never

from gamification import quantity
from gamification.expressions import did_you_mean
from gamification.facts import Scalar
from gamification.refusals import InvalidProperty, Refusal

STRING_LENGTH_MAX = 256
INTEGER_MAX = quantity.QUANTITY_MAX // quantity.SCALE
_NAME_SHOWN_MAX = 64


class PropertyType(Enum):
    """The type of a property of an activity."""

    STRING = "string"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class PropertySpec:
    """What the definition says about one property; an `optional` one may be absent or null."""

    type: PropertyType
    optional: bool = False


class PropertyCheck:
    """The check of one activity type's properties, compiled once and called for each activity.

    It returns the properties in their one normal form, so that equal properties are equal values:
    optional nulls are left out, whole numbers are `int`, others `float` with at most four decimals.
    Where nothing had to change, that is the mapping that came in. Refuses with `InvalidProperty`.
    """

    __slots__ = ("_required", "_specs")

    def __init__(self, specs: Mapping[str, PropertySpec]) -> None:
        self._specs = dict(specs)
        self._required = [name for name, spec in specs.items() if not spec.optional]

    def __call__(self, properties: Mapping[str, Scalar]) -> Mapping[str, Scalar]:
        normal = properties
        for name, value in properties.items():
            spec = self._specs.get(name)
            if spec is None:
                raise self._unknown(name)
            if value is None:
                if not spec.optional:
                    raise _refused(name, "is required and may not be null")
            elif _is_normal(value, spec.type):
                continue
            else:
                value = _normal(name, value, spec.type)
            if normal is properties:
                normal = dict(properties)
            assert isinstance(normal, dict)
            if value is None:
                del normal[name]
            else:
                normal[name] = value
        for name in self._required:
            if name not in properties:
                raise _refused(name, "is required")
        return normal

    def _unknown(self, name: str) -> InvalidProperty:
        hint = did_you_mean(name, self._specs, otherwise="this activity has no properties")
        return _refused(name, f"is not a property of this activity: {hint}")


def check(
    properties: Mapping[str, Scalar], specs: Mapping[str, PropertySpec]
) -> Mapping[str, Scalar]:
    """Check and normalise one activity's properties; see `PropertyCheck` for many."""
    return PropertyCheck(specs)(properties)


def _is_normal(value: Scalar, type_: PropertyType) -> bool:
    """The cheap answer for most properties; False only means that a closer look is needed."""
    if type_ is PropertyType.STRING:
        return (
            type(value) is str
            and len(value) <= STRING_LENGTH_MAX
            and value.isascii()
            and "\0" not in value
        )
    return type_ is PropertyType.BOOLEAN and type(value) is bool


def _normal(name: str, value: Scalar, type_: PropertyType) -> Scalar:
    match type_:
        case PropertyType.STRING:
            return _string(name, value)
        case PropertyType.BOOLEAN:
            if type(value) is bool:
                return value
            raise _refused(name, "must be true or false")
        case PropertyType.INTEGER:
            whole = _number(name, value)
            if type(whole) is int:
                return whole
            raise _refused(name, "must be a whole number")
        case PropertyType.NUMBER:
            return _number(name, value)
        case _:
            assert_never(type_)


def _string(name: str, value: Scalar) -> str:
    if not isinstance(value, str):
        raise _refused(name, "must be a string")
    if len(value) > STRING_LENGTH_MAX:
        raise _refused(name, f"may have at most {STRING_LENGTH_MAX} characters, not {len(value):,}")
    # A database's text can hold neither.
    if "\0" in value or any("\ud800" <= each <= "\udfff" for each in value):
        raise _refused(name, "holds a character that is no text (U+0000 or half a surrogate pair)")
    return value


def _number(name: str, value: Scalar) -> int | float:
    """The number as `int` if it is whole and as `float` otherwise, always exactly."""
    if type(value) is int and -INTEGER_MAX <= value <= INTEGER_MAX:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _refused(name, "must be a number")
    if isinstance(value, float) and not isfinite(value):
        raise _refused(name, "must be a finite number")
    try:
        amount = quantity.parse(Decimal(repr(value)) if isinstance(value, float) else value)
    except Refusal as refusal:
        raise _refused(name, f"must be a number: {refusal.message}") from None
    whole, rest = divmod(amount, quantity.SCALE)
    if not rest:
        return whole
    number = amount / quantity.SCALE
    if Decimal(repr(number)) != quantity.to_decimal(amount):
        raise _refused(name, "has more digits than JSON numbers keep: round it first")
    return number


def _refused(name: str, why: str) -> InvalidProperty:
    shown = name if len(name) <= _NAME_SHOWN_MAX else name[:_NAME_SHOWN_MAX] + "…"
    return InvalidProperty(f"property {shown!r} {why}", field=("properties", name))
