"""Reads the source of an amount into closures: the grammar of amounts, its types and bounds."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from gamification.exact import (
    Number,
    ceiled,
    floored,
    negated,
    over,
    remainder,
    rounded,
    simplest,
    times,
)
from gamification.expressions import (
    DEPTH_MAX,
    KEYWORDS,
    ExpressionError,
    Kind,
    Token,
    did_you_mean,
    text_of,
    tokens,
)
from gamification.facts import Scalar
from gamification.properties import PropertyType
from gamification.quantity import SCALE

_FLOAT_EXACT_MAX = 1e9
_OPERANDS_MAX = 128
_NUMBER, _BOOLEAN, _STRING = PropertyType.NUMBER, PropertyType.BOOLEAN, PropertyType.STRING

Value = Number | bool | str
Run = Callable[[int, Mapping[str, Scalar]], Value]


class Absent(Exception):
    """A property that the expression reads is not there."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression: how to evaluate it, and what is known without evaluating it."""

    type: PropertyType
    run: Run
    is_positive: bool = False
    constant: Number | None = None
    depth: int = 1


def constant_node(number: Number) -> Node:
    """A number that does not depend on the activity."""
    return Node(_NUMBER, lambda _value, _properties: number, number >= 0, number)


def _property(name: str, type_: PropertyType) -> Node:
    if type_ in (_NUMBER, PropertyType.INTEGER):
        return Node(_NUMBER, lambda _, properties: _scaled(properties.get(name)))
    expected = str if type_ is _STRING else bool

    def run(_value: int, properties: Mapping[str, Scalar]) -> Value:
        found = properties.get(name)
        if isinstance(found, expected):
            return found
        raise Absent

    return Node(type_, run)


def _scaled(number: Scalar) -> Number:
    if type(number) is int:
        return number * SCALE
    if type(number) is float:
        if -_FLOAT_EXACT_MAX < number < _FLOAT_EXACT_MAX:
            return round(number * SCALE)
        return simplest(Fraction(repr(number)) * SCALE)
    raise Absent


class _Operator(NamedTuple):
    """An operator or function on numbers, and whether positive operands make it positive."""

    apply: Callable[..., Value]
    keeps_sign: bool = True


_ARITHMETIC = {
    "+": _Operator(operator.add),
    "-": _Operator(operator.sub, keeps_sign=False),
    "*": _Operator(times),
    "/": _Operator(over),
    "%": _Operator(remainder),
}
_COMPARISONS: dict[str, Callable[..., bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ROUNDINGS: dict[str, Callable[[Number], Number]] = {
    "floor": floored,
    "round": rounded,
    "ceil": ceiled,
}
_FUNCTIONS = frozenset({"min", "max", *_ROUNDINGS})
_BINDING = {"?": 1, "||": 2, "&&": 3, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6} | dict.fromkeys(
    _COMPARISONS, 4
)
_UNARY_BINDING = 7


# ------------------------------------------------------------------------------------- parser


class Parser:
    """A Pratt parser: each operator binds the operands around it by its strength in `_BINDING`."""

    def __init__(self, source: str, properties: Mapping[str, PropertyType]) -> None:
        self._source = source
        self._properties = properties
        self._tokens = tokens(source)
        self._index = 0
        self._depth = 0
        self.names: set[str] = set()
        self.reads_value = False

    def parsed(self) -> Node:
        """The whole source as one number."""
        first = self._tokens[0]
        node = self._expression(0)
        if self._peek().kind is not Kind.END:
            raise self._error(f"{self._peek().text!r} is not expected here", self._peek())
        if node.type is not _NUMBER:
            raise self._error(f"an amount is a number, not a {node.type.value}", first)
        return node

    def _expression(self, binding: int) -> Node:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise self._error(f"the expression is nested deeper than {DEPTH_MAX}", self._peek())
        left = self._prefix()
        while _BINDING.get(self._peek().text, 0) > binding and self._peek().kind is Kind.SIGN:
            sign = self._next()
            if sign.text == "?":
                left = self._choice(left, sign)
            else:
                right = self._expression(_BINDING[sign.text])
                left = self._combined(sign, left, right)
            if left.depth > _OPERANDS_MAX:
                raise self._error(f"the expression has more than {_OPERANDS_MAX} operands", sign)
        self._depth -= 1
        return left

    def _prefix(self) -> Node:
        token = self._next()
        if token.kind is Kind.NUMBER:
            return self._literal(token)
        if token.kind is Kind.NAME:
            return self._name(token)
        if token.kind is Kind.STRING:
            text = text_of(token)
            if text is None:
                raise self._error("texts with escapes are not allowed here", token)
            return Node(_STRING, lambda _value, _properties: text)
        if token.text == "(":
            node = self._expression(0)
            self._expect(")")
            return node
        if token.text in ("-", "!"):
            return self._unary(token)
        raise self._error("a number, a name or ( is expected here", token)

    def _literal(self, token: Token) -> Node:
        if not token.text.replace(".", "").isdigit():
            raise self._error("write numbers without exponent or suffix, such as 12.5", token)
        return constant_node(simplest(Fraction(token.text) * SCALE))

    def _name(self, token: Token) -> Node:
        name = token.text
        if self._peek().text == "(":
            return self._call(token)
        if name == "value":
            self.reads_value = True
            return Node(_NUMBER, lambda value, _: value)
        if name == "properties":
            return self._reference(token)
        if name in ("true", "false"):
            return Node(_BOOLEAN, lambda _value, _properties: name == "true")
        if name in KEYWORDS:
            raise self._error(f"{name} cannot be used in amounts", token)
        hint = did_you_mean(name, {"value", "properties"}, otherwise="")
        raise self._error(f"there is no variable {name!r}: {hint}", token)

    def _reference(self, token: Token) -> Node:
        match self._tokens[self._index : self._index + 3]:
            case [Token(text="."), Token(kind=Kind.NAME, text=name), *_]:
                self._index += 2
            case [Token(text="["), Token(kind=Kind.STRING) as quoted, Token(text="]")]:
                name = text_of(quoted)
                self._index += 3
            case _:
                name = None
        if not name:
            raise self._error("name what is read: properties.NAME or properties['NAME']", token)
        type_ = self._properties.get(name)
        if type_ is None:
            hint = did_you_mean(name, self._properties, otherwise="no properties are declared")
            raise self._error(f"there is no property {name!r}: {hint}", token)
        self.names.add(name)
        return _property(name, type_)

    def _call(self, token: Token) -> Node:
        if token.text not in _FUNCTIONS:
            hint = did_you_mean(token.text, _FUNCTIONS, otherwise="")
            raise self._error(f"there is no function {token.text!r}: {hint}", token)
        self._expect("(")
        arguments = [self._typed(self._expression(0), _NUMBER, token)]
        while self._peek().text == ",":
            self._next()
            arguments.append(self._typed(self._expression(0), _NUMBER, token))
        self._expect(")")
        if token.text in _ROUNDINGS:
            if len(arguments) != 1:
                raise self._error(f"{token.text}() takes one number", token)
            return _applied(_Operator(_ROUNDINGS[token.text]), arguments)
        if len(arguments) < 2:
            raise self._error(f"{token.text}() takes two numbers or more", token)
        extreme = min if token.text == "min" else max
        node = _applied(_Operator(extreme), arguments)
        if extreme is max and any(each.is_positive for each in arguments):
            return Node(_NUMBER, node.run, True, node.constant, node.depth)
        return node

    def _unary(self, sign: Token) -> Node:
        operand = self._expression(_UNARY_BINDING)
        if sign.text == "-":
            number = self._typed(operand, _NUMBER, sign)
            return _applied(_Operator(negated, keeps_sign=False), [number])
        run = self._typed(operand, _BOOLEAN, sign).run
        return Node(_BOOLEAN, lambda v, p: not run(v, p), depth=operand.depth + 1)

    def _choice(self, condition: Node, sign: Token) -> Node:
        test = self._typed(condition, _BOOLEAN, sign).run
        then = self._expression(0)
        self._expect(":")
        otherwise = self._expression(0)
        if then.type is not otherwise.type:
            raise self._error(
                f"one side is a {then.type.value}, the other a {otherwise.type.value}", sign
            )
        yes, no = then.run, otherwise.run
        return Node(
            then.type,
            lambda v, p: yes(v, p) if test(v, p) else no(v, p),
            then.is_positive and otherwise.is_positive,
            depth=1 + max(condition.depth, then.depth, otherwise.depth),
        )

    def _combined(self, sign: Token, left: Node, right: Node) -> Node:
        text = sign.text
        if text in _ARITHMETIC:
            operands = [self._typed(left, _NUMBER, sign), self._typed(right, _NUMBER, sign)]
            if text in "/%" and right.constant == 0:
                raise self._error("this always divides by zero", sign)
            return _applied(_ARITHMETIC[text], operands)
        depth = 1 + max(left.depth, right.depth)
        a, b = left.run, right.run
        if text in _COMPARISONS:
            if text in ("==", "!="):
                self._typed(right, left.type, sign)
            else:
                self._typed(left, _NUMBER, sign)
                self._typed(right, _NUMBER, sign)
            compare = _COMPARISONS[text]
            return Node(_BOOLEAN, lambda v, p: compare(a(v, p), b(v, p)), depth=depth)
        self._typed(left, _BOOLEAN, sign)
        self._typed(right, _BOOLEAN, sign)
        if text == "&&":
            return Node(_BOOLEAN, lambda v, p: a(v, p) and b(v, p), depth=depth)
        return Node(_BOOLEAN, lambda v, p: a(v, p) or b(v, p), depth=depth)

    def _typed(self, node: Node, expected: PropertyType, at: Token) -> Node:
        if node.type is not expected:
            message = f"{at.text} needs a {expected.value} here, not a {node.type.value}"
            raise self._error(message, at)
        return node

    def _peek(self) -> Token:
        return self._tokens[self._index]

    def _next(self) -> Token:
        token = self._tokens[self._index]
        if token.kind is not Kind.END:
            self._index += 1
        return token

    def _expect(self, sign: str) -> None:
        token = self._next()
        if token.text != sign:
            raise self._error(f"{sign} is expected here", token)

    def _error(self, message: str, token: Token) -> ExpressionError:
        return ExpressionError(message, source=self._source, at=token.at)


def _applied(function: _Operator, operands: Sequence[Node]) -> Node:
    """A function of numbers; of constants, its value."""
    constants = [each.constant for each in operands if each.constant is not None]
    if len(constants) == len(operands):
        result = function.apply(*constants)
        assert isinstance(result, int | Fraction)
        return constant_node(simplest(result))
    is_positive = function.keeps_sign and all(each.is_positive for each in operands)
    depth = 1 + max(each.depth for each in operands)
    run = _applied_run(function.apply, [each.run for each in operands])
    return Node(_NUMBER, run, is_positive, depth=depth)


def _applied_run(apply: Callable[..., Value], runs: Sequence[Run]) -> Run:
    if len(runs) == 2:
        first, second = runs
        return lambda v, p: apply(first(v, p), second(v, p))
    return lambda v, p: apply(*[run(v, p) for run in runs])
