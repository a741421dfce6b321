"""When a rule applies: conditions and segments in CEL, checked once and evaluated totally.

CEL (Common Expression Language, cel.dev) has no time limit here, so what could be expensive is
refused before it is compiled: long or deep sources, loops, long lists, patterns that are not
literals. Evaluation never fails: where CEL reports an error (a division by zero, a comparison with
an absent property), the condition does not hold. What it reads decides it, so answers are kept.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import cel

from gamification.cel_source import Read, Word, check_comparisons, read_words, reads_of
from gamification.expressions import ExpressionError, Kind, Token, did_you_mean, text_of
from gamification.facts import Scalar
from gamification.properties import INTEGER_MAX, PropertyType
from gamification.quantity import SCALE

__all__ = ["Condition", "ExpressionError", "Segment", "compile_condition", "compile_segment"]

_VARIABLE_TYPES = {"value": PropertyType.NUMBER, "type": PropertyType.STRING}
_MEMO_MAX = 4096
_TRIALS_MAX = 600
_TRIAL_STRIDE = 7919  # a prime: its multiples visit the combinations of samples evenly
_EVALUATION_ERRORS = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


class Condition:
    """A condition on one activity. `properties` and `variables` are the names it reads."""

    __slots__ = ("holds", "properties", "source", "variables")

    holds: Callable[[str, int, Mapping[str, Scalar]], bool]
    """Whether it holds for (activity type, value in ten-thousandths, properties).

    False where it cannot be evaluated.
    """

    def __init__(self, source: str, test: "_Test") -> None:
        self.source = source
        self.variables = frozenset(root for root, name in test.reads if not name)
        self.properties = frozenset(name for _, name in test.reads if name)
        self.holds = _memoised_with_variables(test) if self.variables else _memoised(test)


class Segment:
    """A condition on a member's attributes: who takes part. `attributes` are the names it reads."""

    __slots__ = ("_holds", "attributes", "source")

    def __init__(self, source: str, test: "_Test") -> None:
        self.source = source
        self.attributes = frozenset(name for _, name in test.reads)
        self._holds = _memoised(test)

    def holds(self, attributes: Mapping[str, Scalar]) -> bool:
        """Whether a member with these attributes belongs to it; absent attributes are null."""
        return self._holds("", 0, attributes)


def compile_condition(
    source: str, *, properties: Mapping[str, PropertyType], allow: frozenset[str]
) -> Condition:
    """Compile a condition over the variables in `allow` (of value, type, properties).

    Raises `ExpressionError` with the place and the fix for anything unknown, ill-typed, expensive
    or without a boolean result.
    """

    def declared(name: str, token: Token) -> None:
        if name not in properties:
            hint = did_you_mean(name, properties, otherwise="no properties are declared")
            message = f"there is no property {name!r}: {hint}"
            raise ExpressionError(message, source=source, at=token.at)

    words = read_words(source, roots=allow, nested="properties", declared=declared)
    reads = reads_of(words)
    types = [properties[name] if name else _VARIABLE_TYPES[root] for root, name in reads]
    check_comparisons(source, words, dict(zip(reads, types, strict=True)))
    test = _Test(_compile(source, words, reads), reads, types)
    literals = _literals(words)
    _try_out(source, test, [_samples(type_, literals) for type_ in types], is_typed=True)
    return Condition(source, test)


def compile_segment(source: str) -> Segment:
    """Compile a condition on `member.attributes.NAME`. Attributes have no declared types."""

    def declared(name: str, token: Token) -> None:
        del name, token

    words = read_words(
        source, roots=frozenset({"member"}), nested="member.attributes", declared=declared
    )
    reads = reads_of(words)
    test = _Test(_compile(source, words, reads), reads, [None] * len(reads))
    literals = _literals(words)
    samples = [s for type_ in PropertyType for s in _samples(type_, literals)]
    _try_out(source, test, [[None, *samples] for _ in reads], is_typed=False)
    return Segment(source, test)


# --------------------------------------------------------------------------------- evaluation


@dataclass(frozen=True, slots=True)
class _Test:
    """A compiled program over flat variables `r0`, `r1`, …, one for each of `reads`.

    Flat variables cost a third of a nested `properties` map when CEL is called.
    """

    program: cel.Program
    reads: Sequence[Read]
    types: Sequence[PropertyType | None]

    def __call__(self, values: Iterable[Scalar]) -> bool:
        try:
            return self.evaluate(values) is True
        except _EVALUATION_ERRORS:
            return False

    def evaluate(self, values: Iterable[Scalar]) -> object:
        return self.program.execute(
            {
                f"r{index}": float(value) + 0.0  # + 0.0: minus zero is zero
                if type_ is PropertyType.NUMBER and isinstance(value, int | float)
                else value
                for index, (value, type_) in enumerate(zip(values, self.types, strict=True))
            }
        )


def _memoised(test: _Test) -> Callable[[str, int, Mapping[str, Scalar]], bool]:
    """The test of properties alone, with its answers kept.

    1, 1.0 and True are one dictionary key but three values, so the types are in the key. One and
    two names are spelled out because nearly all conditions are such, and run for every activity.
    """
    memo: dict[object, bool] = {}
    names = [name for _, name in test.reads]

    def one(_type: str, _value: int, properties: Mapping[str, Scalar]) -> bool:
        a = properties.get(first)
        try:
            return memo[a, a.__class__]
        except KeyError:
            return _remember(memo, (a, a.__class__), test((a,)))

    def two(_type: str, _value: int, properties: Mapping[str, Scalar]) -> bool:
        a = properties.get(first)
        b = properties.get(second)
        try:
            return memo[a, a.__class__, b, b.__class__]
        except KeyError:
            return _remember(memo, (a, a.__class__, b, b.__class__), test((a, b)))

    def many(_type: str, _value: int, properties: Mapping[str, Scalar]) -> bool:
        read = tuple(map(properties.get, names))
        key = (read, *map(type, read))
        try:
            return memo[key]
        except KeyError:
            return _remember(memo, key, test(read))

    if len(names) == 1:
        (first,) = names
        return one
    if len(names) == 2:
        first, second = names
        return two
    return many


def _memoised_with_variables(test: _Test) -> Callable[[str, int, Mapping[str, Scalar]], bool]:
    """The same for a test that also reads the activity's type or value."""
    memo: dict[object, bool] = {}
    reads = test.reads

    def holds(activity_type: str, value: int, properties: Mapping[str, Scalar]) -> bool:
        read = tuple(
            [
                properties.get(name) if name else activity_type if root == "type" else value
                for root, name in reads
            ]
        )
        key = (read, *map(type, read))
        try:
            return memo[key]
        except KeyError:
            units = (
                value / SCALE if root == "value" else each
                for (root, _), each in zip(reads, read, strict=True)
            )
            return _remember(memo, key, test(units))

    return holds


def _remember(memo: dict[object, bool], key: object, held: bool) -> bool:
    if len(memo) >= _MEMO_MAX:
        memo.clear()
    memo[key] = held
    return held


# ------------------------------------------------------------------------------- compilation


def _compile(source: str, words: Sequence[Word], reads: Sequence[Read]) -> cel.Program:
    """Compile, with each reference replaced by its flat variable."""
    flat: list[str] = []
    at = 0
    for word in words:
        if word.read:
            flat += [source[at : word.token.at], f"r{reads.index(word.read)}"]
            at = word.ends
    try:
        cel.compile(source)  # for the sake of its message, whose columns are the writer's
        return cel.compile("".join([*flat, source[at:]]))
    except ValueError as error:
        reason = str(error).partition("ERROR: <input>:")[2].split("\n")[0]
        line, _, rest = reason.partition(":")
        column, _, message = rest.partition(":")
        at = sum(len(each) + 1 for each in source.split("\n")[: int(line or 1) - 1])
        at += int(column or 1) - 1
        raise ExpressionError(
            message.strip() or "this is not a CEL expression", source=source, at=at
        ) from None


def _literals(words: Sequence[Word]) -> tuple[list[str], list[float]]:
    texts = [text_of(word.token) for word in words if word.token.kind is Kind.STRING]
    numbers = [
        float(word.token.text.rstrip("uU")) for word in words if word.token.kind is Kind.NUMBER
    ]
    return list(dict.fromkeys(t for t in texts if t is not None)), list(dict.fromkeys(numbers))


def _samples(type_: PropertyType, literals: tuple[list[str], list[float]]) -> list[Scalar]:
    """Values that lead both ways through comparisons with the literals of the source."""
    texts, numbers = literals
    around = [number + step for number in numbers[:3] for step in (0.0, 1.0, -1.0)]
    match type_:
        case PropertyType.STRING:
            return [*texts[:8], "~", "1"]
        case PropertyType.BOOLEAN:
            return [True, False]
        case PropertyType.INTEGER:
            whole = [int(number) for number in around if abs(number) <= INTEGER_MAX]
            return list(dict.fromkeys([1, *whole]))
        case PropertyType.NUMBER:
            return list(dict.fromkeys([1.0, *around]))


def _try_out(
    source: str, test: _Test, samples: Sequence[Sequence[Scalar]], *, is_typed: bool
) -> None:
    """Evaluate over combinations of samples: this is where errors of type come to light."""
    total = prod(map(len, samples))
    answers = 0
    problem = "it has no answer for any value"
    for trial in range(min(total, _TRIALS_MAX)):
        rest = trial * _TRIAL_STRIDE % total
        values: list[Scalar] = []
        for choices in samples:
            rest, index = divmod(rest, len(choices))
            values.append(choices[index])
        try:
            result = test.evaluate(values)
        except (TypeError, RuntimeError) as error:
            problem = _problem(str(error))
            if is_typed and not str(error).startswith(("Function 'int'", "Function 'double'")):
                break
        except _EVALUATION_ERRORS as error:
            problem = str(error)
        else:
            if isinstance(result, bool):
                answers += 1
                continue
            problem = f"it gives {_named(result)}, not true or false"
            if is_typed:
                break
    else:
        if answers:
            return
    message = f"the condition {source.strip()[:80]!r} cannot be used: {problem}"
    raise ExpressionError(message, source=source)


def _problem(error: str) -> str:
    sentence = error.split("\n")[0].partition(". ")[0]
    if error.startswith(("No such overload", "Unsupported operation")):
        return (
            "the types of its parts do not fit. value and number properties are doubles: "
            "calculate with 2.0, not 2, or wrap whole numbers in double(...)"
        )
    return sentence


def _named(result: object) -> str:
    match result:
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case None:
            return "null"
        case _:
            return "something else"
