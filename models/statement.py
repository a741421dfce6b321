"""Without this module every statement would be written twice, once for each database."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

Scalar = str | int | bool | None
Argument = Scalar | Sequence[str]
"""One argument of a statement: a scalar, or a list of texts for `{any:n}`."""

Row = Sequence[Scalar]

# asyncpg asks of each element of a list whether it is a list itself, which takes longest for texts:
# an array of those is written here, and PostgreSQL reads it.
_POSTGRESQL_ARRAYS: dict[type, str] = {int: "bigint[]", str: "text::text[]", bool: "boolean[]"}
_MARKER = re.compile(
    r"\$(?P<arg>\d+)|\{(?P<rows>rows)\}|\{any:(?P<any>\d+)\}|\{lock:(?P<lock>\w+)\}"
)
_ROWS, _OFFSET = 0, -1
"""The numbers of the rows, and of how many went before, among the arguments; those begin with 1."""
_HUNDRED = 100
"""How many rows a bulk statement gives SQLite at once, as parameters."""


class Statement:
    """One SQL text that both databases run.

    `$1` is the first argument, and so on. `{rows}` is a source of many rows given by the caller,
    under the alias `r`, with the columns named in `rows`, and `n`, the row's number from 1: a batch
    costs one statement, whatever its size. `{any:2}` compares with the texts in the second
    argument. `{lock:m}` locks the rows of the table aliased `m` (SQLite has its one write lock).

    PostgreSQL gets the rows as arrays for `unnest`, SQLite as one JSON text for `json_each`: a
    single step, during which other threads may run. A `bulk` statement, through which many thousand
    rows go, gives them to SQLite by the hundred as VALUES, which takes half the time.
    """

    def __init__(
        self,
        text: str,
        rows: Mapping[str, type[int | str]] | None = None,
        *,
        bulk: bool = False,
    ) -> None:
        self.reads = text.lstrip().startswith("SELECT")
        self._columns = dict(rows or {})
        self._arguments = max(
            (int(m["arg"] or m["any"] or 0) for m in _MARKER.finditer(text)), default=0
        )
        self._sqlite_order: list[int] = []
        self.postgresql = _MARKER.sub(self._for_postgresql, text)
        self.sqlite = _MARKER.sub(self._for_sqlite, text)
        self._sqlite_hundred = self.sqlite.replace(self._json_rows(), self._value_rows())
        self._chunk = _HUNDRED if bulk else 0

    @property
    def takes_rows(self) -> bool:
        return bool(self._columns)

    def postgresql_arguments(
        self, args: Sequence[Argument], rows: Sequence[Row]
    ) -> list[Argument | Sequence[Scalar]]:
        """The arguments as asyncpg takes them: each column of the rows is an array."""
        columns = zip(*rows, strict=True) if self._columns else ()
        typed = zip(columns, self._columns.values(), strict=True)
        return [*args, *(_texts(column) if type_ is str else column for column, type_ in typed)]

    def sqlite_steps(
        self, args: Sequence[Argument], rows: Sequence[Row]
    ) -> Iterator[tuple[str, list[Scalar]]]:
        """What to execute, with the arguments as sqlite3 takes them; lists are one JSON text."""
        done = 0
        while self._chunk and len(rows) - done >= self._chunk:
            values: list[Scalar] = []
            for number in self._sqlite_order:
                if number == _ROWS:
                    for place, row in enumerate(rows[done : done + self._chunk], done + 1):
                        values.append(place)
                        values += row
                elif number != _OFFSET:
                    values.append(_flat(args[number - 1]))
            yield self._sqlite_hundred, values
            done += self._chunk
        if done < len(rows) or not done:
            yield self.sqlite, self._sqlite_arguments(args, rows[done:], done)

    def _sqlite_arguments(
        self, args: Sequence[Argument], rows: Sequence[Row], offset: int
    ) -> list[Scalar]:
        given: dict[int, Scalar] = {_OFFSET: offset}
        if self._columns:
            given[_ROWS] = _json(rows)
        return [
            given[number] if number in given else _flat(args[number - 1])
            for number in self._sqlite_order
        ]

    def _for_postgresql(self, marker: re.Match[str]) -> str:
        if marker["arg"]:
            return f"${marker['arg']}"
        if marker["any"]:
            return f"= ANY(${marker['any']}::text[])"
        if marker["lock"]:
            return f"FOR UPDATE OF {marker['lock']}"
        arrays = ", ".join(
            f"${number}::{_POSTGRESQL_ARRAYS[type_]}"
            for number, type_ in enumerate(self._columns.values(), self._arguments + 1)
        )
        return f"unnest({arrays}) WITH ORDINALITY AS r({', '.join(self._columns)}, n)"

    def _for_sqlite(self, marker: re.Match[str]) -> str:
        if marker["lock"]:
            return ""
        if marker["rows"]:
            self._sqlite_order += [_OFFSET, _ROWS]
            return self._json_rows()
        self._sqlite_order.append(int(marker["arg"] or marker["any"]))
        return "?" if marker["arg"] else "IN (SELECT value FROM json_each(?))"

    def _json_rows(self) -> str:
        columns = "".join(
            f", json_extract(value, '$[{place}]') AS {name}"
            for place, name in enumerate(self._columns)
        )
        return f"(SELECT key + 1 + ? AS n{columns} FROM json_each(?)) AS r"

    def _value_rows(self) -> str:
        columns = ", ".join(
            f"column{place} AS {name}" for place, name in enumerate(("n", *self._columns), 1)
        )
        row = f"({', '.join('?' * (len(self._columns) + 1))})"
        return f"(SELECT {columns} FROM (VALUES {', '.join([row] * _HUNDRED)})) AS r"


def _texts(column: Sequence[Any]) -> str:
    """An array of texts as PostgreSQL writes it: `{"a",NULL,"b"}`."""
    if None not in column:
        # All at once, between them the one character that PostgreSQL has in no text.
        joined = _escaped("\0".join(column))
        if joined.count("\0") == len(column) - 1:
            return '{"' + joined.replace("\0", '","') + '"}'
    texts = ["NULL" if text is None else f'"{_escaped(text)}"' for text in column]
    return "{" + ",".join(texts) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _flat(argument: Argument) -> Scalar:
    return argument if isinstance(argument, Scalar) else _json(argument)


def _json(value: Sequence[object]) -> str:
    # orjson takes plain tuples only; the default makes one of each named tuple.
    return orjson.dumps(value, default=tuple).decode()
