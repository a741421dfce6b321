"""The source tree as the house tests read it: what is ours, and what is only lying about."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("gamification", "models", "gql", "server")

_NOT_OURS = frozenset({"node_modules", "graphiql", "var", "dist", "build"})
_HIDDEN_BUT_OURS = frozenset({".ci", ".gitignore", ".editorconfig"})
_TEXT = frozenset(
    {"", ".css", ".csv", ".graphql", ".html", ".js", ".json", ".md", ".py", ".sh", ".sql", ".toml"}
    | {".yaml", ".yml"}
)

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


def _is_ours(part: str) -> bool:
    if part.startswith("."):
        return part in _HIDDEN_BUT_OURS
    return part not in _NOT_OURS and part != "__pycache__"


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if not _is_ours(path.name):
            continue
        if path.is_dir():
            yield from _below(path)
        else:
            yield path


def named(path: Path) -> str:
    """The path as people say it: from the root of the project."""
    return path.relative_to(ROOT).as_posix()


@cache
def text_files() -> tuple[Path, ...]:
    """Every text of the project that a person wrote or a tool of ours printed."""
    return tuple(path for path in _below(ROOT) if path.suffix in _TEXT)


def python_files(*folders: str) -> list[Path]:
    """The Python files in the given top-level folders (none given: everywhere)."""
    return [
        path
        for path in text_files()
        if path.suffix == ".py" and (not folders or named(path).split("/")[0] in folders)
    ]


def pages() -> list[Path]:
    """The pages of documentation."""
    return [path for path in text_files() if path.suffix == ".md"]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=named(path))


def definitions(path: Path) -> Iterator[Definition]:
    """Every function and class in a file, nested ones too."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, Definition):
            yield node


def section(page: str, heading: str) -> str:
    """The text under a level-two heading of a page, up to the next one."""
    found = re.search(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL
    )
    return found[1] if found else ""
