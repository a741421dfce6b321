"""`gamification import`: everything in once, refused rows told, safe to interrupt and run again."""

import csv
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.terminal import Terminal

HEADER = "occurred_at,key,member,type,value,properties\n"


def visits(count: int, *, start: int = 0) -> str:
    """Visits of three members in the order of time, each worth 1."""
    return "".join(
        f"2026-03-{2 + n // 86400:02}T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}Z,"
        f"v{n},m{n % 3},visit,1,\n"
        for n in range(start, start + count)
    )


def counts(out: str) -> tuple[str, str]:
    """What the closing line says of rows, and of what became of them."""
    rows, became = out.strip().splitlines()[-1].partition(";")[0].split(": ")
    return rows, became


def test_a_file_goes_in_and_goes_in_again(any_terminal: Terminal) -> None:
    any_terminal.apply_club()
    any_terminal.write("visits.csv", HEADER + visits(30))
    said = any_terminal.run("import", "--program", "club", "--batch", "7", "visits.csv")
    assert said.status == 0
    assert counts(said.out) == ("30 rows up to line 31", "30 new, 0 already known, 0 refused")
    assert any_terminal.scores() == {"m0": 10, "m1": 10, "m2": 10}

    said = any_terminal.run("import", "--program", "club", "visits.csv")
    assert said.status == 0
    assert counts(said.out) == ("30 rows up to line 31", "0 new, 30 already known, 0 refused")
    assert any_terminal.scores() == {"m0": 10, "m1": 10, "m2": 10}
    assert list(any_terminal.folder.glob("*.refused.csv")) == []

    said = any_terminal.run("verify", "--program", "club")
    assert said.status == 0
    assert said.last_line == (
        "no difference: 3 members, 30 activities, 6 tallies, 30 postings, 3 awards, "
        "1 runs of leaderboards"
    )


def test_refused_rows_are_told_and_the_others_are_in(any_terminal: Terminal) -> None:
    any_terminal.apply_club()
    any_terminal.write(
        "visits.csv",
        HEADER
        + visits(2)
        + "2026-03-03T00:00:00Z,n1,anne,nap,1,\n"
        + "yesterday,n2,anne,visit,1,\n"
        + "2026-03-03T00:00:00Z,n3,anne,visit,lots,\n"
        + "2026-03-03T00:00:00Z,v0,anne,visit,1,\n"
        + visits(1, start=2),
    )
    said = any_terminal.run("import", "--program", "club", "visits.csv")
    assert said.status == 1
    assert counts(said.out) == ("7 rows up to line 8", "3 new, 0 already known, 4 refused")
    assert any_terminal.scores() == {"m0": 1, "m1": 1, "m2": 1}
    with (any_terminal.folder / "visits.csv.refused.csv").open(newline="") as file:
        refused = list(csv.reader(file))
    assert refused[0] == ["line", "code", "reason", "row"]
    assert sorted((int(line), code, row) for line, code, _, row in refused[1:]) == [
        (4, "UNKNOWN_ACTIVITY_TYPE", "2026-03-03T00:00:00Z,n1,anne,nap,1,"),
        (5, "INVALID_INPUT", "yesterday,n2,anne,visit,1,"),
        (6, "INVALID_INPUT", "2026-03-03T00:00:00Z,n3,anne,visit,lots,"),
        (7, "IDEMPOTENCY_CONFLICT", "2026-03-03T00:00:00Z,v0,anne,visit,1,"),
    ]
    assert "line 5: INVALID_INPUT: occurred_at is no time: 'yesterday'" in said.err
    assert "All refused rows are in visits.csv.refused.csv" in said.err


def test_the_summary_shows_the_first_twenty(terminal: Terminal) -> None:
    terminal.apply_club()
    terminal.write("naps.csv", HEADER + visits(25).replace("visit", "nap"))
    said = terminal.run("import", "--program", "club", "--refused", "bad.csv", "naps.csv")
    assert said.status == 1
    assert said.err.count(": UNKNOWN_ACTIVITY_TYPE: ") == 20
    assert "… and 5 more" in said.err
    assert len((terminal.folder / "bad.csv").read_text().splitlines()) == 26


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--program", "club", "none.csv"), "none.csv is no file."),
        (("--program", "clob", "visits.csv"), "There is no program 'clob'. There are: club."),
        (("--program", "club", "README"), "The first line of the file has no column occurred_at"),
        (("--program", "club", "--batch", "0", "visits.csv"), "Invalid value for '--batch'"),
        (("visits.csv",), "Missing option '--program'"),
    ],
)
def test_what_cannot_be_done_is_said_with_status_2(
    terminal: Terminal, words: tuple[str, ...], told: str
) -> None:
    terminal.apply_club()
    terminal.write("visits.csv", HEADER + visits(1))
    terminal.write("README", "What this is.\n")
    said = terminal.run("import", *words)
    assert said.status == 2
    assert told in said.err
    assert "Traceback" not in said.err
    assert terminal.scores() == {}


@pytest.fixture
def long_file(any_terminal: Terminal) -> Path:
    """A file that takes long enough to be interrupted."""
    return any_terminal.write("visits.csv", HEADER + visits(60_000))


@pytest.fixture
def interrupted(any_terminal: Terminal, long_file: Path) -> Iterator["subprocess.Popen[str]"]:
    """An import that has begun: its first batches are stored."""
    any_terminal.apply_club()
    process = any_terminal.start("import", "--program", "club", "--batch", "250", long_file.name)
    while not any_terminal.scores():
        assert process.poll() is None
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_import_after_its_batch(
    any_terminal: Terminal, interrupted: "subprocess.Popen[str]", number: signal.Signals
) -> None:
    interrupted.send_signal(number)
    out, err = interrupted.communicate(timeout=60)
    assert interrupted.returncode == 130
    assert "Finishing the batch …" in err
    assert "Run the same command again to continue" in err
    (rows, became) = counts(out)
    stored = sum(any_terminal.scores().values())
    assert stored % 250 == 0
    assert 0 < stored < 60_000
    assert rows == f"{stored:,} rows up to line {stored + 1:,}"
    assert became == f"{stored:,} new, 0 already known, 0 refused"

    said = any_terminal.run("import", "--program", "club", "visits.csv")
    assert said.status == 0
    assert counts(said.out)[1] == f"{60_000 - stored:,} new, {stored:,} already known, 0 refused"
    assert any_terminal.scores() == {"m0": 20_000, "m1": 20_000, "m2": 20_000}


def test_a_killed_import_loses_and_doubles_nothing(
    any_terminal: Terminal, interrupted: "subprocess.Popen[str]"
) -> None:
    interrupted.kill()
    interrupted.communicate(timeout=60)
    stored = sum(any_terminal.scores().values())
    assert stored % 250 == 0
    said = any_terminal.run("import", "--program", "club", "visits.csv")
    assert counts(said.out)[1] == f"{60_000 - stored:,} new, {stored:,} already known, 0 refused"
    assert any_terminal.scores() == {"m0": 20_000, "m1": 20_000, "m2": 20_000}
    assert any_terminal.run("verify", "--program", "club").status == 0
