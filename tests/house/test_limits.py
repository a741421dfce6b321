"""Limits on size and on words: code stays readable in one sitting, and speaks one language."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import (
    PACKAGES,
    Function,
    definitions,
    named,
    parsed,
    python_files,
    text_files,
)

FUNCTION_LINES_MAX = 50
FILE_LINES_MAX = 400
OURS = (*PACKAGES, "benchmarks")

# Names that say nothing about the field (as words in a name: `common_words` has one).
EMPTY_WORDS = frozenset(
    {"util", "utils", "helper", "helpers", "common", "manager", "misc", "stuff"}
)
# At a border a function says where it leads: to_core, to_row, from_core.
VAGUE_VERBS = ("convert_", "handle_", "process_", "serialize_")

# Absolute paths of somebody's machine, where nothing that could belong to a URL stands before.
MACHINE_PATH = re.compile(r"(?<![\w.:/}*-])/(?:home|opt|root|tmp|Users|work)/[\w.-]")


def words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}


def module_names(path: Path) -> set[str]:
    return {path.stem, *(parent.name for parent in path.parents if parent.name in named(path))}


@pytest.mark.parametrize("path", python_files(*OURS), ids=named)
def test_files_are_short(path: Path) -> None:
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    assert len(lines) <= FILE_LINES_MAX


@pytest.mark.parametrize("path", python_files(*OURS), ids=named)
def test_functions_are_short(path: Path) -> None:
    long = {
        node.name: lines
        for node in definitions(path)
        if isinstance(node, Function)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    }
    assert long == {}


@pytest.mark.parametrize("path", python_files(*OURS), ids=named)
def test_modules_begin_with_a_sentence(path: Path) -> None:
    if path.name == "__init__.py" and not path.read_text("utf-8").strip():
        return
    first = (ast.get_docstring(parsed(path)) or "").partition("\n\n")[0]
    assert first.endswith("."), f"{named(path)} begins with {first!r}"


@pytest.mark.parametrize("path", python_files(), ids=named)
def test_names_say_something(path: Path) -> None:
    names = {
        *named(path).removesuffix(".py").split("/"),
        *(node.name for node in definitions(path)),
    }
    assert {name for name in names if words(name) & EMPTY_WORDS} == set()


@pytest.mark.parametrize("path", python_files(*OURS), ids=named)
def test_functions_do_not_hide_behind_vague_verbs(path: Path) -> None:
    """Methods are left out: a framework may have named them."""
    functions = [node.name for node in parsed(path).body if isinstance(node, Function)]
    assert [name for name in functions if name.lstrip("_").startswith(VAGUE_VERBS)] == []


@pytest.mark.parametrize("path", text_files(), ids=named)
def test_no_file_knows_the_machine_it_was_written_on(path: Path) -> None:
    assert MACHINE_PATH.findall(path.read_text("utf-8")) == []
