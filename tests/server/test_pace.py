"""Building indexes takes a tenth of the time at most, and is done at once after a calm."""

from dataclasses import dataclass

from server.ranks.pace import REST_SECONDS, SAVED_SECONDS_MAX, Pace


@dataclass
class Time:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += seconds


def test_a_board_that_was_built_rests_and_others_do_not() -> None:
    time = Time()
    pace = Pace[str](time)
    assert pace.may_build("weekly")
    pace.built("weekly", seconds=1.0)
    assert (pace.may_build("weekly"), pace.may_build("monthly")) == (False, True)
    time.passes(REST_SECONDS - 0.1)
    assert not pace.may_build("weekly")
    time.passes(0.1)
    assert pace.may_build("weekly")


def test_a_rest_is_not_cut_short_by_a_shorter_one() -> None:
    time = Time()
    pace = Pace[str](time)
    pace.rest("weekly", 3600.0)
    pace.built("weekly", seconds=1.0)
    time.passes(3599.0)
    assert not pace.may_build("weekly")
    time.passes(1.0)
    assert pace.may_build("weekly")


def test_whoever_builds_whenever_it_may_does_so_a_tenth_of_the_time() -> None:
    time = Time()
    pace = Pace[str](time)
    built = 0
    began = time.now
    while time.now < began + 24 * 3600:
        if pace.may_build("large"):
            time.passes(9.0)
            pace.built("large", seconds=9.0)
            built += 1
        else:
            time.passes(1.0)
    assert built == 967
    assert SAVED_SECONDS_MAX < built * 9.0 < 0.1 * 24 * 3600 + SAVED_SECONDS_MAX + 9.0


def test_what_is_saved_is_bounded() -> None:
    time = Time()
    pace = Pace[int](time)
    time.passes(24 * 3600)
    built = 0
    while pace.may_build(built):
        pace.built(built, seconds=9.0)
        built += 1
    assert built == 7
    time.passes(29.0)
    assert not pace.may_build(built)
    time.passes(1.0 + 1e-6)
    assert pace.may_build(built)
