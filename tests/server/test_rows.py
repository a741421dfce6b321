"""Files become activities, and what cannot become one is told with its line; memory stays small."""

import gzip
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gamification.facts import NewActivity
from server.importing.lines import LINE_BYTES_MAX, Lines, RefusedRow
from server.importing.rows import Row, rows
from server.unusable import Unusable

HEADER = "occurred_at,key,member,type,value,properties"
AT = datetime(2017, 8, 27, 12, tzinfo=UTC)


def read(path: Path) -> list[Row | RefusedRow]:
    with Lines(path) as lines:
        found = list(rows(lines))
        return sorted([*found, *lines.refused], key=lambda row: row.line)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


def activities(path: Path) -> list[NewActivity]:
    found = read(path)
    return [row.activity for row in found if isinstance(row, Row)]


def refusals(path: Path) -> list[tuple[int, str, str]]:
    return [row[:3] for row in read(path) if isinstance(row, RefusedRow)]


VISIT = NewActivity("anne", "visit", "2.5", {"place": "a,b", "n": 1}, AT, "k1", None)


@pytest.mark.parametrize(
    "text",
    [
        f'{HEADER}\n2017-08-27T12:00:00Z,k1,anne,visit,2.5,"{{""place"":""a,b"",""n"":1}}"\n',
        f'{HEADER}\r\n2017-08-27T12:00:00Z,k1,anne,visit,2.5,"{{""place"":""a,b"",""n"":1}}"',
        (
            f"\ufeff{HEADER}\n2017-08-27T14:00:00+02:00,k1,anne,visit,2.5,"
            '"{""place"":""a,b"",\n""n"":1}"\n'
        ),
        (
            "source,key,type,member,properties,value,occurred_at\n"
            ',k1,visit,anne,"{""place"":""a,b"",""n"":1}",2.5,2017-08-27 12:00:00+00:00\n'
        ),
        (
            '{"occurred_at":"2017-08-27T12:00:00Z","key":"k1","member":"anne","type":"visit",'
            '"value":2.5,"properties":{"place":"a,b","n":1}}\n'
        ),
        (
            '\n\n{"occurred_at":"2017-08-27T12:00:00Z","key":"k1","member":"anne","type":"visit",'
            '"value":"2.5","properties":{"place":"a,b","n":1},"source":null}'
        ),
    ],
    ids=["csv", "crlf", "zone and newline", "other order", "json", "json after blank lines"],
)
@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "gzip"])
def test_forms_of_the_same_activity(file: Path, text: str, is_packed: bool) -> None:
    data = text.encode()
    file.write_bytes(gzip.compress(data) if is_packed else data)
    assert activities(file) == [VISIT]
    assert refusals(file) == []


def test_what_is_left_out_is_absent(file: Path) -> None:
    file.write_text("occurred_at,key,member,type\n2017-08-27T12:00:00Z,k,anne,visit\n")
    assert activities(file) == [NewActivity("anne", "visit", None, {}, AT, "k", None)]


def test_line_numbers_are_those_of_an_editor(file: Path) -> None:
    start = "2017-08-27T12:00:00Z"
    file.write_text(f'{HEADER}\n\n{start},a,m,t,1,"{{\n}}"\n{start},b,m,t,1,\n\n{start},c,m,t,1,\n')
    assert [(row.line, row.activity.key) for row in read(file) if isinstance(row, Row)] == [
        (3, "a"),
        (5, "b"),
        (7, "c"),
    ]


@pytest.mark.parametrize(
    ("row", "code", "reason"),
    [
        ("x,k,m,t,1,", "INVALID_INPUT", "occurred_at is no time: 'x'; write 2017-08-27T12:00:00Z"),
        (",k,m,t,1,", "INVALID_INPUT", "occurred_at is no time: empty; write 2017-08-27T12:00:00Z"),
        (
            "2017-08-27T12:00:00,k,m,t,1,",
            "INVALID_INPUT",
            "occurred_at has no zone: '2017-08-27T12:00:00'; write 2017-08-27T12:00:00Z",
        ),
        (
            "2017-08-27T12:00:00Z,,m,t,1,",
            "INVALID_INPUT",
            "has no key: without one the row would be stored again by a second import",
        ),
        ("2017-08-27T12:00:00Z,k,m,t,1", "NOT_CSV", "has 5 cells instead of 6"),
        ("2017-08-27T12:00:00Z,k,m,t,1,[]", "INVALID_INPUT", "properties is no JSON object"),
    ],
)
def test_rows_of_csv_that_cannot_be_read(file: Path, row: str, code: str, reason: str) -> None:
    good = "2017-08-27T12:00:00Z,good,anne,visit,1,\n"
    file.write_text(f"{HEADER}\n{good}{row}\n{good}")
    assert refusals(file) == [(3, code, reason)]
    assert [each.key for each in activities(file)] == ["good", "good"]


@pytest.mark.parametrize(
    ("row", "code", "reason"),
    [
        ("[1]", "INVALID_INPUT", "the line is no JSON object"),
        ('{"keys":1}', "INVALID_INPUT", "has the unknown field 'keys'"),
        ('{"key":true}', "INVALID_INPUT", "key is no text"),
        ('{"properties":"x"}', "INVALID_INPUT", "properties is no JSON object"),
    ],
)
def test_rows_of_json_that_cannot_be_read(file: Path, row: str, code: str, reason: str) -> None:
    good = '{"occurred_at":"2017-08-27T12:00:00Z","key":1,"member":2,"type":"t"}\n'
    more = '{"occurred_at":"2017-08-27T12:00:00Z",' + row[1:] if row.startswith("{") else row
    file.write_text(f"{good}{more}\n{good}")
    assert refusals(file) == [(2, code, reason)]
    assert [(each.key, each.member) for each in activities(file)] == [("1", "2")] * 2


def test_text_that_is_no_json_names_the_place(file: Path) -> None:
    file.write_text('{"key":\n')
    ((line, code, reason),) = refusals(file)
    assert (line, code) == (1, "NOT_JSON")
    assert reason.startswith("cannot be read as JSON: ")


def test_a_line_that_is_not_utf8_is_refused_alone(file: Path) -> None:
    good = b"2017-08-27T12:00:00Z,good,anne,visit,1,\n"
    file.write_bytes(HEADER.encode() + b"\n" + good + good.replace(b"anne", b"\xff") + good)
    assert refusals(file) == [(3, "NOT_UTF8", "not UTF-8: invalid start byte")]
    assert [each.member for each in activities(file)] == ["anne", "anne"]


@pytest.mark.parametrize("is_last", [True, False])
def test_an_endless_line_is_refused_without_being_held(file: Path, is_last: bool) -> None:
    """A few kilobytes of gzip that unpack to 100 MB in one line."""
    good = b"2017-08-27T12:00:00Z,good,anne,visit,1,\n"
    with gzip.open(file, "wb", compresslevel=9) as packed:
        packed.write(HEADER.encode() + b"\n" + good)
        for _ in range(100):
            packed.write(b"x" * 1024 * 1024)
        packed.write(b"" if is_last else b"\n" + good)
    tracemalloc.start()
    try:
        assert refusals(file) == [(3, "TOO_LONG", f"longer than {LINE_BYTES_MAX} bytes")]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 * 1024 * 1024
    assert len(activities(file)) == (1 if is_last else 2)


def test_a_file_that_breaks_off_gives_what_it_holds(file: Path) -> None:
    lines = [f"2017-08-27T12:00:00Z,k{n},anne,visit,{n % 97},\n" for n in range(50_000)]
    whole = gzip.compress(f"{HEADER}\n{''.join(lines)}".encode())
    file.write_bytes(whole[: len(whole) // 2])
    ((line, code, reason),) = [each for each in refusals(file) if each[1] == "DAMAGED_FILE"]
    assert code == "DAMAGED_FILE"
    assert reason.startswith("damaged from here on: ")
    found = activities(file)
    assert [each.key for each in found] == [f"k{n}" for n in range(len(found))]
    assert line in (len(found) + 2, len(found) + 3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has no column occurred_at"),
        ("occurred_at,key,member\n", "has no column type"),
        (HEADER.replace("value", "values") + "\n", "has the unknown column 'values'"),
        (HEADER + ",key\n", "names a column twice"),
        ("\x00\x01\x02", "has no column occurred_at"),
    ],
)
def test_a_header_that_cannot_be_used_is_explained(file: Path, text: str, told: str) -> None:
    file.write_text(text)
    with pytest.raises(Unusable) as refused:
        read(file)
    assert told in str(refused.value)
    assert "occurred_at,key,member,type,value,properties" in str(refused.value)


def test_utf16_is_named(file: Path) -> None:
    file.write_text(HEADER, "utf-16")
    with pytest.raises(Unusable, match="is UTF-16: save it as UTF-8 first"):
        read(file)
