"""How far some work has come: a bar on a terminal, a line now and then in a log."""

import io

from server.importing.display import Bar, Plain, Reached, display_for


class Clock:
    """A clock that stands until it is moved."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_every_few_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    with Plain("club", stream, clock=clock) as display:
        for seconds in (1, 4, 5, 6, 12):
            clock.seconds = seconds
            display.show(Reached(seconds * 100, 2000, seconds * 5000, float(seconds)))
    assert stream.getvalue().splitlines() == [
        "club: 25%, 25,000 rows, 5,000/s, 15 s remaining",
        "club: 60%, 60,000 rows, 5,000/s, 8 s remaining",
    ]


def test_a_terminal_gets_a_bar() -> None:
    stream = Screen()
    with Bar("club", stream) as display:
        display.show(Reached(50, 200, 12_000, 2.0))
    assert "25%" in stream.getvalue()
    assert "12,000 rows" in stream.getvalue()
    assert "6,000/s" in stream.getvalue()


def test_other_work_is_counted_in_its_own_unit() -> None:
    stream, clock, screen = io.StringIO(), Clock(), Screen()
    with Plain("club", stream, unit="members", clock=clock) as display:
        clock.seconds = 5
        display.show(Reached(50, 200, 50, 5.0))
    assert stream.getvalue() == "club: 25%, 50 members, 10/s, 15 s remaining\n"
    with Bar("club", screen, unit="members") as display:
        display.show(Reached(50, 200, 50, 5.0))
    assert "50 members" in screen.getvalue()


def test_the_stream_decides() -> None:
    assert isinstance(display_for("club", io.StringIO()), Plain)
    assert isinstance(display_for("club", Screen()), Bar)
