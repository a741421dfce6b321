"""Two definitions compared: by the paths of their rules, and line by line as YAML."""

from pathlib import Path

import pytest

from gamification.definition.comparing import differences, unified
from gamification.definition.reading import read_definition
from gamification.definition.writing import written
from tests.builders import definition
from tests.house.tree import ROOT

OLD = """
key: club
name: Club
seasons: {winter: 2026-12-01/2027-03-01}
activities: {visit: {}, call: {name: "2017"}}
metrics: {visits: {count: visit}}
points: {stars: {start: 2.50, minimum: -1}}
earning: {visiting: {on: visit, when: "value > 1.0", give: {stars: 10}}}
badges: {regular: {levels: {one: 1, two: 2}, on: visits, repeat: once, visibility: secret}}
"""
NEW = OLD.replace("stars: 10", "stars: value * 2").replace("winter", "cold").replace("Club", "on")


def test_what_differs_is_told_by_path() -> None:
    found = differences(read_definition(OLD), read_definition(NEW))
    assert found == (("seasons.cold",), ("name", "earning.visiting"), ("seasons.winter",))
    assert differences(read_definition(OLD), read_definition(OLD)) == ((), (), ())


def test_before_the_first_definition_there_was_nothing() -> None:
    found = differences(None, read_definition(definition()))
    assert found == (("key", "name", "activities.visit"), (), ())


def test_a_definition_is_written_as_people_write_it() -> None:
    assert written(read_definition(OLD)) == (
        "key: club\n"
        "name: Club\n"
        "seasons:\n"
        "  winter: 2026-12-01/2027-03-01\n"
        "activities:\n"
        "  visit: {}\n"
        "  call:\n"
        "    name: '2017'\n"
        "metrics:\n"
        "  visits:\n"
        "    count:\n"
        "    - visit\n"
        "points:\n"
        "  stars:\n"
        "    start: 2.5\n"
        "    minimum: -1\n"
        "earning:\n"
        "  visiting:\n"
        "    on:\n"
        "    - visit\n"
        "    when: value > 1.0\n"
        "    give:\n"
        "      stars: 10\n"
        "badges:\n"
        "  regular:\n"
        "    levels:\n"
        "      one: 1\n"
        "      two: 2\n"
        "    on: visits\n"
        "    visibility: secret\n"
    )


@pytest.mark.parametrize("text", [OLD, NEW], ids=["numbers", "words"])
def test_what_is_written_is_read_back_as_the_same(text: str) -> None:
    definition = read_definition(text)
    assert read_definition(written(definition)) == definition


@pytest.mark.parametrize(
    "path", sorted((ROOT / "programs").glob("*.yaml")), ids=lambda path: path.stem
)
def test_every_example_is_read_back_as_the_same(path: Path) -> None:
    definition = read_definition(path.read_text("utf-8"))
    assert read_definition(written(definition)) == definition


def test_a_diff_shows_the_lines_that_differ() -> None:
    lines = unified(read_definition(OLD), read_definition(NEW), names=("version 1", "version 2"))
    assert lines[:10] == [
        "--- version 1",
        "+++ version 2",
        "@@ -1,7 +1,7 @@",
        " key: club",
        "-name: Club",
        "+name: on",
        " seasons:",
        "-  winter: 2026-12-01/2027-03-01",
        "+  cold: 2026-12-01/2027-03-01",
        " activities:",
    ]
    assert [line for line in lines[10:] if line[0] in "+-"] == [
        "-      stars: 10",
        "+      stars: value * 2",
    ]
    assert unified(read_definition(OLD), read_definition(OLD), names=("a", "b")) == []
