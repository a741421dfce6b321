"""The command line: each command does its work, and says in one paragraph what it cannot do."""

import json
import re

import pytest

from gql.schema import printed_schema
from server.cli import COMMANDS
from tests.server.terminal import CLUB, Terminal

_SECONDS_MAX = 60


def test_a_definition_is_applied_and_applied_again(any_terminal: Terminal) -> None:
    any_terminal.write("club.yaml", CLUB)
    said = any_terminal.run("apply", "club.yaml", "--dry-run")
    assert (said.status, said.out) == (0, "club: version 1 would be created\n")
    assert any_terminal.run("keys", "list", "--program", "club").status == 2

    said = any_terminal.run("apply", "club.yaml")
    assert (said.status, said.out) == (0, "club: version 1 created\n")

    any_terminal.write("club.yaml", CLUB.replace('"stars": {}', '"stars": {"start": 5}'))
    said = any_terminal.run("apply", "club.yaml")
    assert (said.status, said.out) == (0, "club: version 2 applied\n  ~ points.stars\n")


def test_applying_the_same_again_changes_nothing(terminal: Terminal) -> None:
    terminal.write("club.yaml", CLUB)
    terminal.run("apply", "club.yaml")
    said = terminal.run("apply", "club.yaml")
    assert (said.status, said.out) == (0, "club: version 1 is in force already\n")


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("key: club\nname: Club\nactivities: {visit: {}}\nbadgers: {}", "Did you mean 'badges'"),
        ("key: [", "not readable"),
        ("- 1", "not a mapping of keys"),
    ],
)
def test_a_definition_with_problems_names_them(
    terminal: Terminal, document: str, told: str
) -> None:
    terminal.write("club.yaml", document)
    said = terminal.run("apply", "club.yaml")
    assert (said.status, said.out) == (2, "")
    assert told in said.err
    assert terminal.ask(lambda store: store.programs()) == []


def test_files_that_cannot_be_read_are_named(terminal: Terminal) -> None:
    said = terminal.run("apply", "none.yaml")
    assert said.err == "none.yaml cannot be read: No such file or directory.\n"
    (terminal.folder / "image.yaml").write_bytes(b"\x89PNG")
    assert terminal.run("apply", "image.yaml").err == (
        "image.yaml is not UTF-8 text: is it a definition?\n"
    )


def test_keys_are_made_listed_and_revoked(any_terminal: Terminal) -> None:
    any_terminal.apply_club()
    made = any_terminal.run(
        *("keys", "create", "--program", "club", "--name", "shop"),
        *("--scope", "read", "--scope", "activities:write"),
    )
    assert made.status == 0
    assert re.fullmatch(r"gam_[A-Za-z0-9_-]{43}", made.last_line)

    listed = any_terminal.run("keys", "list", "--program", "club")
    assert re.fullmatch(
        r"1 “shop”: read, activities:write; made \d{4}-\d\d-\d\d \d\d:\d\d UTC\n", listed.out
    )
    assert made.last_line not in listed.out

    said = any_terminal.run("keys", "revoke", "--program", "club", "1")
    assert (said.status, said.out) == (0, "API key 1 is revoked.\n")
    assert any_terminal.run("keys", "list", "--program", "club").out == ""
    said = any_terminal.run("keys", "revoke", "--program", "club", "1")
    assert (said.status, said.err) == (2, "The program 'club' has no API key 1.\n")


def test_a_scope_that_does_not_exist_is_refused(terminal: Terminal) -> None:
    terminal.apply_club()
    said = terminal.run("keys", "create", "--program", "club", "--scope", "everything")
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("There is no scope 'everything'. There are: read, activities:write")
    assert terminal.run("keys", "list", "--program", "club").out == ""


def test_without_programs_the_first_step_is_named(terminal: Terminal) -> None:
    said = terminal.run("verify", "--program", "club")
    assert (said.status, said.err) == (
        2,
        "There is no program 'club'. Apply a definition first.\n",
    )


def test_the_schema_is_printed(terminal: Terminal) -> None:
    said = terminal.run("schema")
    assert said.status == 0
    assert said.out == printed_schema()


def test_the_schema_of_definitions_knows_their_parts(terminal: Terminal) -> None:
    schema = json.loads(terminal.run("definition-schema").out)
    assert {"key", "activities", "metrics", "badges", "leaderboards"} <= schema["properties"].keys()


def test_settings_are_listed(terminal: Terminal) -> None:
    said = terminal.run("settings")
    assert said.status == 0
    assert f"GAMIFICATION_DATABASE_URL={terminal.url}  (environment)\n" in said.out
    assert "GAMIFICATION_PORT=8000  (default)\n    The port to listen on; 0 for any.\n" in said.out


def test_bad_settings_are_one_paragraph(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAMIFICATION_PORT", "many")
    said = terminal.run("settings")
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("A setting cannot be used. GAMIFICATION_PORT: ")


@pytest.mark.parametrize(
    "url", ["sqlite:///proc/none/x.db", "postgresql://nobody:s3cret@127.0.0.1:1/none"]
)
def test_a_database_that_cannot_be_opened_is_named(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("GAMIFICATION_DATABASE_URL", url)
    said = terminal.run("keys", "list", "--program", "club")
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("The database ")
    assert "s3cret" not in said.err


def test_the_installed_command_fails_without_a_traceback(terminal: Terminal) -> None:
    """In a process of its own, as the shell starts it."""
    process = terminal.start("apply", "none.yaml")
    out, err = process.communicate(timeout=_SECONDS_MAX)
    assert (process.returncode, out) == (2, "")
    assert err == "none.yaml cannot be read: No such file or directory.\n"


def test_every_command_explains_itself(terminal: Terminal) -> None:
    said = terminal.run("--help")
    assert said.status == 0
    for name in COMMANDS:
        assert name in said.out
        assert terminal.run(name, "--help").status == 0
