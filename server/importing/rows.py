"""Without this module a file would be text: here its rows become activities, or reasons why not.

A row costs a few microseconds, so the functions below are plainer than elsewhere in the project.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import NamedTuple, cast

import orjson

from gamification.facts import NewActivity, Scalar
from server.importing.lines import LINE_BYTES_MAX, Lines, RefusedRow
from server.unusable import Unusable

COLUMNS = ("occurred_at", "key", "member", "type", "value", "properties", "source")
REQUIRED = COLUMNS[:4]
_TEXT_SHOWN_MAX = 1000
_BLANK_BLOCKS_MAX = 4


class Row(NamedTuple):
    """An activity, the line it begins on (from 1), and the row as it is written."""

    line: int
    activity: NewActivity
    written: Sequence[str] | str

    def refused(self, code: str, reason: str) -> RefusedRow:
        """The row with the reason why it was not stored."""
        return _refused(self.line, code, reason, self.written)


def rows(lines: Lines) -> Iterator[Row | RefusedRow]:
    """The rows of a file of CSV (with a header) or of JSON lines, whichever it is.

    Raises `Unusable` when the header cannot be understood.
    """
    blocks = lines.blocks()
    # Blank lines may lead: they count as lines, and say nothing about the format.
    leading: list[str] = []
    start = ""
    for block in islice(blocks, _BLANK_BLOCKS_MAX):
        leading += block
        start = next((line for line in block if not line.isspace()), "")
        if start:
            break
    every = chain(leading, chain.from_iterable(blocks))
    if start.lstrip().startswith("{"):
        yield from _json_rows(every)
    else:
        yield from _csv_rows(every)


def _csv_rows(lines: Iterator[str]) -> Iterator[Row | RefusedRow]:
    csv.field_size_limit(LINE_BYTES_MAX)
    reader = csv.reader(lines)
    header = next((cells for cells in reader if cells), None)
    pick = _picker(header)
    width = len(header or ())
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            lost = f"lines {line} to {reader.line_num}" if reader.line_num > line else "the line"
            yield RefusedRow(line, "NOT_CSV", f"{lost} cannot be read as CSV: {error}", "")
            continue
        if cells is None:
            return
        if not cells:
            continue
        if len(cells) != width:
            yield _refused(line, "NOT_CSV", f"has {len(cells)} cells instead of {width}", cells)
            continue
        occurred_at, key, member, type, value, properties, source = pick(cells)
        try:
            yield Row(
                line,
                NewActivity(
                    member,
                    type,
                    value or None,
                    _properties(properties) if properties else {},
                    _time(occurred_at),
                    key or _no_key(),
                    source or None,
                ),
                cells,
            )
        except ValueError as error:
            yield _refused(line, "INVALID_INPUT", str(error), cells)


def _json_rows(lines: Iterator[str]) -> Iterator[Row | RefusedRow]:
    for line, text in enumerate(lines, 1):
        if text.isspace():
            continue
        try:
            activity = _activity(orjson.loads(text))
        except orjson.JSONDecodeError as error:
            yield _refused(line, "NOT_JSON", f"cannot be read as JSON: {error}", text)
        except ValueError as error:
            yield _refused(line, "INVALID_INPUT", str(error), text)
        else:
            yield Row(line, activity, text)


def _picker(header: Sequence[str] | None) -> Callable[[Sequence[str]], Sequence[str]]:
    """A function that puts the cells of a row into the order of `COLUMNS`."""
    names = [name.strip() for name in header or ()]
    missing = [name for name in REQUIRED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    if missing or unknown or len(set(names)) < len(names):
        faults = [f"has no column {name}" for name in missing]
        faults += [f"has the unknown column {name[:40]!r}" for name in unknown[:5]]
        faults += [] if faults else ["names a column twice"]
        raise Unusable(
            f"The first line of the file {' and '.join(faults)}. Expected is JSON lines, or CSV "
            f"whose first line is {','.join(COLUMNS[:-1])} (and source, where needed)."
        )
    absent = len(names)
    places = [names.index(name) if name in names else absent for name in COLUMNS]
    if places == [*range(absent), absent]:
        return lambda cells: (*cells, "")
    return lambda cells: [(*cells, "")[place] for place in places]


def _activity(row: object) -> NewActivity:
    if not isinstance(row, dict):
        raise ValueError("the line is no JSON object")
    fields = cast("dict[str, object]", row)
    if unknown := sorted(fields.keys() - set(COLUMNS)):
        raise ValueError(f"has the unknown field '{unknown[0][:40]}'")
    properties = fields.get("properties")
    if not isinstance(properties, dict | None):
        raise ValueError("properties is no JSON object")
    return NewActivity(
        _text(fields, "member") or "",
        _text(fields, "type") or "",
        _text(fields, "value"),
        cast("dict[str, Scalar]", properties or {}),
        _time(_text(fields, "occurred_at") or ""),
        _text(fields, "key") or _no_key(),
        _text(fields, "source"),
    )


def _text(fields: dict[str, object], name: str) -> str | None:
    """A field as text: many write ids and values as numbers."""
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and name != "occurred_at":
        return str(value)
    raise ValueError(f"{name} is no text")


def _time(text: str) -> datetime:
    """A time as ISO 8601 words it. Without a zone it would mean another time in every place."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is UTC:
            return at
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        shown = f"'{text[:40]}'" if text else "empty"
        raise ValueError(f"occurred_at is no time: {shown}; write 2017-08-27T12:00:00Z") from None
    raise ValueError(f"occurred_at has no zone: '{text[:40]}'; write 2017-08-27T12:00:00Z")


def _properties(text: str) -> dict[str, Scalar]:
    try:
        properties: object = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"properties is no JSON: {error}") from None
    if not isinstance(properties, dict):
        raise ValueError("properties is no JSON object")
    return cast("dict[str, Scalar]", properties)


def _no_key() -> str:
    raise ValueError("has no key: without one the row would be stored again by a second import")


def _refused(line: int, code: str, reason: str, written: Sequence[str] | str) -> RefusedRow:
    if not isinstance(written, str):
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="").writerow(written)
        written = buffer.getvalue()
    return RefusedRow(line, code, reason, written.rstrip("\r\n")[:_TEXT_SHOWN_MAX])
