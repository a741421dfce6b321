"""How many points a rule gives: expressions in CEL's syntax, evaluated exactly.

CEL itself calculates in doubles, so a multiplier of 1.1 would give 10.999 points here and there.
This evaluator knows numbers, texts and booleans, no loops and no calls besides five functions.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal
from fractions import Fraction

from gamification import quantity
from gamification.amount_parser import Absent, Node, Parser, Value, constant_node
from gamification.expressions import ExpressionError
from gamification.facts import Scalar
from gamification.properties import PropertyType
from gamification.quantity import QUANTITY_MAX, SCALE
from gamification.refusals import OutOfRange, Refusal

__all__ = ["Amount", "ExpressionError", "compile_amount"]


class Amount:
    """How many points a rule gives, in ten-thousandths.

    `constant` is the amount where it does not depend on the activity; `can_be_negative` is False
    only where that is certain; `properties` are the names it reads.
    """

    __slots__ = ("_run", "can_be_negative", "constant", "properties", "reads_value", "source")

    def __init__(
        self, source: str, node: Node, *, properties: Collection[str], reads_value: bool
    ) -> None:
        self.source = source
        self.constant = None if node.constant is None else _quantity(node.constant)
        self.can_be_negative = not node.is_positive
        self.properties = frozenset(properties)
        self.reads_value = reads_value
        self._run = node.run

    def of(self, value: int, properties: Mapping[str, Scalar]) -> int:
        """The amount for one activity, rounded toward zero.

        Zero where it divides by zero or reads a property that is absent; raises `OutOfRange`.
        """
        if self.constant is not None:
            return self.constant
        try:
            return _quantity(self._run(value, properties))
        except (ZeroDivisionError, Absent):
            return 0


def compile_amount(
    source: str | int | float | Decimal, *, properties: Mapping[str, PropertyType]
) -> Amount:
    """Compile an amount such as 10, "value * 2" or "properties.first ? max(5, value) : 0".

    Raises `ExpressionError` with the place and the fix.
    """
    if isinstance(source, str):
        parser = Parser(source, properties)
        node = parser.parsed()
        try:
            return Amount(source, node, properties=parser.names, reads_value=parser.reads_value)
        except OutOfRange as refusal:
            raise ExpressionError(refusal.message, source=source, at=0) from None
    if isinstance(source, bool):
        raise ExpressionError("an amount is a number or an expression", source=str(source))
    try:
        constant = quantity.parse(Decimal(repr(source)) if isinstance(source, float) else source)
    except Refusal as refusal:
        raise ExpressionError(refusal.message, source="") from None
    return Amount(str(source), constant_node(constant), properties=frozenset(), reads_value=False)


def _quantity(result: Value) -> int:
    assert isinstance(result, int | Fraction)
    whole = result if isinstance(result, int) else int(result)  # int() goes toward zero
    if -QUANTITY_MAX <= whole <= QUANTITY_MAX:
        return whole
    raise OutOfRange(f"the amount is out of range: numbers lie within ±{QUANTITY_MAX // SCALE:,}")
