"""Reads the source of a condition before CEL does, and refuses what CEL would let pass.

CEL itself finds an unknown property at evaluation only, bounds nothing, and takes a comparison of a
boolean with a text for merely false.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gamification.expressions import (
    KEYWORDS,
    ExpressionError,
    Kind,
    Token,
    did_you_mean,
    text_of,
    tokens,
)
from gamification.properties import PropertyType

_FUNCTIONS = frozenset(
    {"size", "startsWith", "endsWith", "contains", "matches", "int", "double", "string"}
)
_LOOPS = frozenset({"map", "filter", "all", "exists", "exists_one", "existsOne"})
_PATTERN_LENGTH_MAX = 64

Read = tuple[str, str]
"""What an expression reads: `("properties", "kind")`, or a variable such as `("value", "")`."""


@dataclass(frozen=True, slots=True)
class Word:
    """A token, or a whole reference such as `properties.kind` as one word (`read` is set)."""

    token: Token
    ends: int
    read: Read | None = None


def read_words(
    source: str,
    *,
    roots: frozenset[str],
    nested: str,
    declared: Callable[[str, Token], None],
) -> list[Word]:
    """The source as words, with every name looked up."""
    found = tokens(source)
    words: list[Word] = []
    index = 0
    while found[index].kind is not Kind.END:
        token = found[index]
        is_field = bool(words) and words[-1].token.text == "."
        is_called = found[index + 1].text == "("
        if token.kind is not Kind.NAME or token.text in KEYWORDS:
            words.append(Word(token, token.at + len(token.text)))
            index += 1
        elif is_called:
            _check_function(source, found, index)
            words.append(Word(token, token.at + len(token.text)))
            index += 1
        elif is_field:
            raise ExpressionError(f"{token.text!r} is not a field", source=source, at=token.at)
        elif token.text not in roots:
            hint = did_you_mean(token.text, roots, otherwise="none can be used here")
            message = f"there is no variable {token.text!r}: {hint}"
            raise ExpressionError(message, source=source, at=token.at)
        elif token.text == nested.partition(".")[0]:
            word, index = _reference(source, found, index, nested=nested)
            assert word.read is not None
            declared(word.read[1], token)
            words.append(word)
        else:
            words.append(Word(token, token.at + len(token.text), (token.text, "")))
            index += 1
    return words


def reads_of(words: Sequence[Word]) -> list[Read]:
    """What the words read, each once, in the order of its first use."""
    return list(dict.fromkeys(word.read for word in words if word.read))


def check_comparisons(
    source: str, words: Sequence[Word], types: Mapping[Read, PropertyType]
) -> None:
    """CEL finds `wiki == 'true'` merely false for a boolean; it is a slip, and is refused."""
    end = Word(Token(Kind.END, "", len(source)), len(source))
    padded = [*words, end, end]
    for index, (left, sign) in enumerate(pairwise(padded)):
        if sign.token.text not in ("==", "!="):
            continue
        right, after = padded[index + 2 : index + 4]
        if after.token.text in (".", "["):
            continue
        for read, literal in ((left.read, right), (right.read, left)):
            expected = types.get(read) if read else None
            given = None if literal.read else _literal_type(literal.token)
            if expected is PropertyType.INTEGER:
                expected = PropertyType.NUMBER
            if expected and given and expected is not given:
                raise ExpressionError(
                    f"a {expected.value} is compared with a {given.value}: they are never equal",
                    source=source,
                    at=literal.token.at,
                )


def _reference(source: str, found: Sequence[Token], index: int, *, nested: str) -> tuple[Word, int]:
    """The reference that starts at `index`, `nested.NAME` or `nested['NAME']`, and what follows."""
    first = found[index]
    for part in nested.split(".")[1:]:
        if [token.text for token in found[index + 1 : index + 3]] != [".", part]:
            raise ExpressionError(f"write {nested}.NAME", source=source, at=first.at)
        index += 2
    match found[index + 1 : index + 4]:
        case [Token(text="."), Token(kind=Kind.NAME, text=name) as last, Token(text=after)]:
            if after != "(":
                return Word(first, last.at + len(name), (nested, name)), index + 3
            index += 1
        case [Token(text="["), Token(kind=Kind.STRING) as quoted, Token(text="]") as last]:
            if name := text_of(quoted):
                return Word(first, last.at + 1, (nested, name)), index + 4
        case _:
            pass
    raise ExpressionError(
        f"name what is read: {nested}.NAME or {nested}['NAME']", source=source, at=first.at
    )


def _check_function(source: str, found: Sequence[Token], index: int) -> None:
    token = found[index]
    name = token.text
    if name in _FUNCTIONS:
        if name == "matches":
            _check_pattern(source, found, index)
        return
    if name == "has":
        message = "has() is not needed: what is absent is null, so write properties.NAME != null"
    elif name in _LOOPS:
        message = f"loops such as {name}() are not allowed: they have no bound on their cost"
    else:
        hint = did_you_mean(name, _FUNCTIONS, otherwise="")
        message = f"there is no function {name!r}: {hint}"
    raise ExpressionError(message, source=source, at=token.at)


def _check_pattern(source: str, found: Sequence[Token], index: int) -> None:
    """Patterns are compiled at each evaluation: they are literals, short and without counts."""
    pattern = found[index + 2]
    if pattern.kind is not Kind.STRING or found[index + 3].text != ")":
        raise ExpressionError(
            "the pattern of matches() must be one text in quotes", source=source, at=pattern.at
        )
    if len(pattern.text) > _PATTERN_LENGTH_MAX or "{" in pattern.text:
        message = f"a pattern has at most {_PATTERN_LENGTH_MAX} characters and no counts like {{3}}"
        raise ExpressionError(message, source=source, at=pattern.at)


def _literal_type(token: Token) -> PropertyType | None:
    if token.kind is Kind.STRING:
        return PropertyType.STRING
    if token.kind is Kind.NUMBER:
        return PropertyType.NUMBER
    return PropertyType.BOOLEAN if token.text in ("true", "false") else None
