"""Documentation cannot fall behind: its words, commands, links and decisions are true."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup

from server.cli import COMMANDS
from tests.house.tree import ROOT, Function, definitions, named, pages, python_files, section

DECISIONS = ROOT / "docs" / "decisions"
DECISION_SECTIONS = ("Context", "Decision", "Consequences", "Alternatives", "Check")

MAKE_TARGETS = frozenset(
    re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
)
# What a page says in code: a fenced block's lines, or a span in a sentence.
FENCE = re.compile(r"^```(?:sh|bash|console|shell)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)")
COMMAND = re.compile(r"^(?:\.venv/bin/)?gamification\s+(.*)$")
MAKE = re.compile(r"^make\s+([a-z-]+)")


def commands(page: Path) -> Iterator[str]:
    """The command lines a page shows, continuation lines joined."""
    text = page.read_text("utf-8")
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            for command in line.split("&&"):
                yield command.strip().removeprefix("$ ").partition(" #")[0]
    yield from SPAN.findall(FENCE.sub("", text))


def decisions() -> list[Path]:
    return sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md")


def glossary_words() -> str:
    """The left column of the glossary's tables, in lower case."""
    page = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    rows = re.findall(r"^\| *([^|]+?) *\|", page, re.MULTILINE)
    return "\n".join(rows).lower()


def unknown(arguments: list[str]) -> list[str]:
    """The subcommands and options among the arguments that our command line does not have."""
    command = TyperGroup(commands={name: each.loaded(name) for name, each in COMMANDS.items()})
    missing: list[str] = []
    options: set[str] = set()
    for argument in arguments:
        word = argument.strip("[]…,.").partition("=")[0]
        if isinstance(command, TyperGroup) and not word.startswith("-"):
            if word not in command.commands:
                return [word]
            command = command.commands[word]
            options = {name for p in command.params for name in (*p.opts, *p.secondary_opts)}
        elif word.startswith("--") and word not in options | {"--help"}:
            missing.append(word)
    return missing


@pytest.mark.parametrize("page", pages(), ids=named)
def test_commands_of_the_page_exist(page: Path) -> None:
    wrong: list[str] = []
    for line in commands(page):
        if (make := MAKE.match(line)) and make[1] not in MAKE_TARGETS:
            wrong.append(line)
        if (command := COMMAND.match(line)) and unknown(command[1].split()):
            wrong.append(line)
    assert wrong == []


@pytest.mark.parametrize("page", pages(), ids=named)
def test_links_of_the_page_lead_somewhere(page: Path) -> None:
    links: list[str] = LINK.findall(page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize(
    "kind",
    [path for path in python_files("gamification") if path.parent.name in {"rules", "metrics"}],
    ids=named,
)
def test_every_kind_of_rule_and_aggregation_is_in_the_glossary(kind: Path) -> None:
    if kind.name == "__init__.py":
        return
    word = kind.stem.replace("_", " ")
    assert re.search(rf"\b{word}\b", glossary_words()), f"docs/glossary.md has no {word!r}"


def test_what_the_glossary_says_is_in_the_code_is_there() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    cells = re.findall(r"^\|[^|]+\|[^|]+\| *`([^`|]+)` *\|$", page, re.MULTILINE)
    assert [cell for cell in cells if not is_in_the_code(cell)] == []
    assert len(cells) >= 30


def is_in_the_code(name: str) -> bool:
    """Whether a file, a `module.Class` of the core or a `Class.attribute` of it exists."""
    if "/" in name or name.endswith(".py"):
        return any((folder / name).exists() for folder in (ROOT, ROOT / "gamification"))
    owner, _, part = name.partition(".")
    return any(
        part in members_of(node) if node.name == owner else path.stem == owner and node.name == part
        for path in python_files("gamification")
        for node in definitions(path)
        if isinstance(node, ast.ClassDef)
    )


def members_of(node: ast.ClassDef) -> set[str]:
    return {
        *(ast.unparse(part.target) for part in node.body if isinstance(part, ast.AnnAssign)),
        *(part.name for part in node.body if isinstance(part, Function)),
    }


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [path.name[:4] for path in decisions()]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]


def test_the_index_names_every_decision_once() -> None:
    index = (DECISIONS / "README.md").read_text("utf-8")
    assert re.findall(r"\]\((\d{4}-[^)]+\.md)\)", index) == [path.name for path in decisions()]


@pytest.mark.parametrize("decision", decisions(), ids=named)
def test_a_decision_is_half_a_page_and_names_a_check_that_exists(decision: Path) -> None:
    text = decision.read_text("utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == list(DECISION_SECTIONS)
    assert len(text.split()) <= 450
    checks = [span for span in SPAN.findall(section(text, "Check")) if "/" in span]
    assert checks, "the check is named by its path"
    assert [check for check in checks if not (ROOT / check).exists()] == []


def test_the_recipes_of_contributing_name_real_folders() -> None:
    recipes = section((ROOT / "CONTRIBUTING.md").read_text("utf-8"), "To add …")
    folders = re.findall(r"`((?:[a-z_]+/)+)", recipes)
    assert sorted({folder for folder in folders if not (ROOT / folder).is_dir()}) == []
    assert len(folders) >= 8


def test_the_changelog_has_the_version_of_the_package() -> None:
    version = re.search(
        r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE
    )
    assert version is not None
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.findall(r"^## \[(.+?)\]", changelog, re.MULTILINE)[:2] == ["Unreleased", version[1]]
