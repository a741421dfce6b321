"""What import-linter cannot see: that it covers every package, and where tables and SQL live."""

import ast
import re
import tomllib
from typing import Any, cast

from tests.house.tree import (
    PACKAGES,
    ROOT,
    definitions,
    named,
    parsed,
    python_files,
)

NOT_IN_THE_PROGRAM = {"tests", "benchmarks"}
A_PROGRAM_OF_ITS_OWN = "benchmarks/peers/plain.py"
"""What ours is measured beside, with tables of its own that no part of ours knows."""


def toml(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text("utf-8"))


def locked_packages() -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", toml("uv.lock")["package"])


def bases(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).rpartition(".")[2] for base in node.bases}


def test_every_package_has_its_place_in_the_layers() -> None:
    folders = {named(path).split("/")[0] for path in python_files() if path.parent != ROOT}
    assert folders - NOT_IN_THE_PROGRAM == set(PACKAGES)
    tool = toml("pyproject.toml")["tool"]
    assert set(tool["importlinter"]["root_packages"]) == set(PACKAGES)
    assert set(PACKAGES) <= set(tool["pyright"]["include"])
    assert set(PACKAGES) <= set(tool["hatch"]["build"]["targets"]["wheel"]["packages"])


def test_the_core_opens_and_runs_nothing() -> None:
    """Ruff bans what is imported; these need no import."""
    found = [
        f"{named(path)}:{node.lineno}"
        for path in python_files("gamification")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"open", "input", "print", "eval", "exec", "__import__"}
    ]
    assert found == []


def test_tables_are_defined_in_models_alone_and_end_in_row() -> None:
    tables = [
        (named(path), node.name)
        for path in python_files()
        for node in definitions(path)
        if isinstance(node, ast.ClassDef) and "Model" in bases(node)
        if named(path) != A_PROGRAM_OF_ITS_OWN
    ]
    assert [(path, name) for path, name in tables if not path.startswith("models/")] == []
    assert [(path, name) for path, name in tables if not name.endswith("Row")] == []


def test_no_statement_of_sql_is_written_outside_models() -> None:
    statement = re.compile(
        r"^\s*(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b",
        re.DOTALL,
    )
    found = [
        f"{named(path)}:{node.lineno}"
        for path in python_files("gamification", "gql", "server")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and statement.match(node.value)
    ]
    assert found == []


def test_the_gql_client_never_shadows_our_package() -> None:
    assert "gql" not in {package["name"] for package in locked_packages()}


def test_the_lock_names_the_public_index_alone() -> None:
    registries = {
        package["source"]["registry"]
        for package in locked_packages()
        if "registry" in package["source"]
    }
    assert registries == {"https://pypi.org/simple"}


def test_no_test_is_skipped() -> None:
    excuse = {"skip", "skipif", "xfail", "importorskip"}
    found = [
        f"{named(path)}:{node.lineno}"
        for path in python_files("tests")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and node.attr in excuse
        and ast.unparse(node.value) in {"pytest", "pytest.mark"}
    ]
    assert found == []


def test_no_test_sleeps() -> None:
    """`asyncio.sleep(0)` is no sleep: it lets the others on the loop take their turn."""
    found = [
        f"{named(path)}:{node.lineno}: {ast.unparse(node)}"
        for path in python_files("tests")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"time.sleep", "asyncio.sleep", "anyio.sleep", "sleep"}
        and ast.unparse(node).partition("(")[2] != "0)"
    ]
    assert found == []


def test_no_test_mocks() -> None:
    found = [
        f"{named(path)}:{node.lineno}"
        for path in python_files("tests")
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unittest"))
        or (isinstance(node, ast.Import) and any("mock" in alias.name for alias in node.names))
    ]
    assert found == []
