"""`gamification tick`: one pass, what it says, and how it ends."""

import pytest

from gamification.ports import Store
from server.clock import now
from server.scheduling import LEASE, LEASE_SECONDS
from tests.builders import after
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
