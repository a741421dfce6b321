"""What conditions and amounts share: tokens, bounds, and errors that point at a column."""

import difflib
import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

SOURCE_BYTES_MAX = 2048
DEPTH_MAX = 32
LIST_ITEMS_MAX = 100
KEYWORDS = frozenset({"true", "false", "null", "in"})


class ExpressionError(ValueError):
    """An expression that cannot be used. `column` counts from 1 in the line the message shows."""

    def __init__(self, message: str, *, source: str, at: int | None = None) -> None:
        self.message = message
        self.source = source
        self.column: int | None = None
        text = message
        if at is not None:
            line_start = source.rfind("\n", 0, at) + 1
            line = source[line_start:].split("\n", 1)[0]
            self.column = at - line_start + 1
            shown = line.replace("\t", " ")
            text = f"{message} (column {self.column})\n  {shown}\n  {' ' * (at - line_start)}^"
        super().__init__(text)


class Kind(Enum):
    """What a token is."""

    NAME = "name"
    NUMBER = "number"
    STRING = "string"
    SIGN = "sign"
    END = "end"


class Token(NamedTuple):
    """A word of an expression and where it starts."""

    kind: Kind
    text: str
    at: int


_TOKEN = re.compile(
    r"""
    (?P<space>  \s+ | //[^\n]* )
  | (?P<string> [rR](?:'[^'\n]*' | "[^"\n]*") | '(?:\\.|[^'\\\n])*' | "(?:\\.|[^"\\\n])*" )
  | (?P<number> (?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[uU]? )
  | (?P<name>   [A-Za-z_][A-Za-z0-9_]* )
  | (?P<sign>   && | \|\| | [=!<>]= | [-+*/%<>!?:.,()\[\]] )
    """,
    re.VERBOSE,
)
_KINDS = {"string": Kind.STRING, "number": Kind.NUMBER, "name": Kind.NAME, "sign": Kind.SIGN}


def tokens(source: str) -> list[Token]:
    """The tokens of `source`, ended by one END; refuses what is too long, deep or wide."""
    size = len(source.encode("utf-8", "replace"))
    if size > SOURCE_BYTES_MAX:
        raise ExpressionError(
            f"the expression has {size} bytes; at most {SOURCE_BYTES_MAX} are allowed",
            source=source[:80],
        )
    found = list(_scan(source))
    if len(found) == 1:
        raise ExpressionError("the expression is empty", source=source)
    _check_bounds(source, found)
    return found


def text_of(token: Token) -> str | None:
    """What a STRING token says; None where it has escapes, which nothing here needs to undo."""
    body = token.text[2:-1] if token.text[0] in "rR" else token.text[1:-1]
    return None if "\\" in body and token.text[0] not in "rR" else body


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str) -> str:
    """The end of a message about an unknown name: the closest known one, or all of them."""
    names = sorted(known)
    if close := difflib.get_close_matches(name, names, n=1):
        return f"did you mean {close[0]}?"
    return f"known are {', '.join(names[:12])}" if names else otherwise


def _scan(source: str) -> Iterable[Token]:
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise ExpressionError(_unreadable(source[at]), source=source, at=at)
        assert match.lastgroup is not None
        if match.lastgroup != "space":
            yield Token(_KINDS[match.lastgroup], match[0], at)
        at = match.end()
    yield Token(Kind.END, "", at)


def _unreadable(character: str) -> str:
    if character in "'\"":
        return "this text has no closing quote"
    if character in "{}":
        return "maps and messages are not allowed"
    hints = {"=": ": write == to compare", "&": ": write &&", "|": ": write ||"}
    return f"{character!r} is not expected here{hints.get(character, '')}"


def _check_bounds(source: str, found: Sequence[Token]) -> None:
    commas: list[int] = []
    for kind, text, at in found:
        if kind is not Kind.SIGN:
            continue
        if text in "([":
            commas.append(0)
            if len(commas) > DEPTH_MAX:
                raise ExpressionError(
                    f"brackets are nested deeper than {DEPTH_MAX}", source=source, at=at
                )
        elif text in ")]" and commas:
            commas.pop()
        elif text == "," and commas:
            commas[-1] += 1
            if commas[-1] >= LIST_ITEMS_MAX:
                raise ExpressionError(
                    f"a list has more than {LIST_ITEMS_MAX} items", source=source, at=at
                )
