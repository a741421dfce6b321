"""`gamification tick`: one pass, what it says, and how it ends."""

import pytest

from gamification.ids import member_id
from gamification.ports import Store
from server.clock import now
from server.scheduling import LEASE, LEASE_SECONDS
from tests.builders import after, definition
from tests.server.terminal import Terminal


def test_where_nothing_is_due_it_says_so(any_terminal: Terminal) -> None:
    any_terminal.apply_club()
    for words in ((), ("--program", "club"), ("--now", "2026-03-09T12:00+01:00")):
        said = any_terminal.run("tick", *words)
        assert (said.status, said.out, said.err) == (0, "club: nothing was due\n", "")


def test_a_server_that_runs_is_left_to_it(any_terminal: Terminal) -> None:
    any_terminal.apply_club()

    async def lead(store: Store) -> None:
        until = now() + (after(seconds=LEASE_SECONDS) - after())
        assert await store.take_lease(LEASE, "a server", now=now(), until=until)

    any_terminal.ask(lead)
    said = any_terminal.run("tick")
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("Another process is the scheduler, and nothing was done here")


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("tomorrow", "'tomorrow' is no time: write it like 2026-03-02T12:00Z.\n"),
        ("2026-03-02T12:00", "'2026-03-02T12:00' names no zone: write it like 2026-03-02T12:00Z."),
        ("2999-01-01T00:00Z", "2999-01-01T00:00Z is in the future"),
    ],
)
def test_a_time_that_cannot_be_used_is_told(terminal: Terminal, moment: str, told: str) -> None:
    terminal.apply_club()
    said = terminal.run("tick", "--now", moment)
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith(told)


def test_a_program_that_does_not_exist_is_named(terminal: Terminal) -> None:
    terminal.apply_club()
    said = terminal.run("tick", "--program", "shop")
    assert (said.status, said.out) == (2, "")
    assert said.err == "There is no program 'shop'. There are: club.\n"


RANKED = definition(
    points={"stars": {}},
    metrics={"score": {"sum": "value", "of": "visit"}},
    leaderboards={
        "weekly": {"metric": "score", "every": "week", "prizes": {"1": {"stars": 5}}},
    },
)


def test_what_was_done_is_a_line_each(any_terminal: Terminal) -> None:
    """Time is stepped through a past that was imported."""
    any_terminal.write("club.yaml", RANKED)
    assert any_terminal.run("apply", "club.yaml").status == 0
    any_terminal.write(
        "visits.csv",
        "occurred_at,key,member,type,value\n"
        "2026-03-03T10:00Z,a,anne,visit,5\n"
        "2026-03-10T10:00Z,b,ben,visit,7\n",
    )
    assert any_terminal.run("import", "--program", "club", "visits.csv").status == 0
    for moment, done in (
        ("2026-03-09T00:59Z", "club: nothing was due\n"),
        ("2026-03-09T01:00Z", "club: settle periods: 1\nclub: pay prizes: 1\n"),
        ("2026-03-09T01:00Z", "club: nothing was due\n"),
        ("2026-03-30T00:00Z", "club: settle periods: 1\nclub: pay prizes: 1\n"),
    ):
        said = any_terminal.run("tick", "--program", "club", "--now", moment)
        assert (said.status, said.out, said.err) == (0, done, "")
    assert any_terminal.scores() == {"anne": 5, "ben": 5}
    assert any_terminal.run("verify", "--program", "club").status == 0


def test_a_duty_that_fails_is_told_and_ends_with_status_1(any_terminal: Terminal) -> None:
    """Somebody has used the key of Anne's prize for an activity."""
    any_terminal.write("club.yaml", RANKED)
    any_terminal.run("apply", "club.yaml")
    taken = f"prize weekly w2026-03-02 {member_id('club', 'anne')} stars"
    any_terminal.write(
        "visits.csv",
        "occurred_at,key,member,type,value\n"
        "2026-03-03T10:00Z,a,anne,visit,5\n"
        f"2026-03-10T10:00Z,{taken},anne,visit,7\n",
    )
    any_terminal.run("import", "--program", "club", "visits.csv")
    said = any_terminal.run("tick", "--now", "2026-03-11T00:00Z")
    assert (said.status, said.out) == (1, "club: settle periods: 1\n")
    assert f"club: pay prizes failed: PrizesRefused(\"The key '{taken}' was used" in said.err
    assert any_terminal.scores() == {}
