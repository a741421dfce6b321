"""Windows follow the calendar of their zone: daylight saving, leap days, odd midnights."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamification.refusals import OutOfRange
from gamification.windows import (
    AllTime,
    Calendar,
    Every,
    Rolling,
    Season,
    Seasons,
    Spec,
    Unit,
    Window,
    after,
    before,
    days_read,
    key_at,
    keys_read,
    local_day,
    parse,
    seasons,
    stored_unit,
    window,
    window_at,
    zone,
)

ZONES = [
    "UTC",
    "Europe/Lisbon",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "America/Toronto",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kwajalein",
]
DAY, WEEK, MONTH, QUARTER, HALF_YEAR, YEAR = (Every(unit) for unit in Unit)
WINTERS = seasons({"winter-27": "2027-12-01/2028-03-01", "winter": "2026-12-01/2027-03-01"})
SPECS: list[Spec] = [AllTime(), DAY, WEEK, MONTH, QUARTER, HALF_YEAR, YEAR, Rolling(30), WINTERS]

EPOCH = datetime(1900, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(), timedelta(73_000)).map(EPOCH.__add__)
calendars = st.builds(
    Calendar, st.sampled_from([ZoneInfo(name) for name in ZONES]), st.integers(0, 6)
)
units = st.builds(Every, st.sampled_from(Unit))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def calendar(name: str = "UTC", week_starts: int = 0) -> Calendar:
    return Calendar(ZoneInfo(name), week_starts)


# ------------------------------------------------------------------------------------- tables


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        (AllTime(), ""),
        (DAY, "2017-08-27"),
        (WEEK, "w2017-08-21"),
        (MONTH, "2017-08"),
        (QUARTER, "2017-Q3"),
        (HALF_YEAR, "2017-H2"),
        (YEAR, "2017"),
        (Rolling(7), "2017-08-27"),
        (seasons({"summer": "2017-06-01/2017-09-01"}), "season:summer"),
        (seasons({"autumn": "2017-09-01/2017-12-01"}), None),
    ],
)
def test_keys_name_the_window(spec: Spec, key: str | None) -> None:
    assert key_at(spec, utc("2017-08-27T23:59:59.999999"), calendar()) == key


@pytest.mark.parametrize(
    ("at", "zone_name", "week_starts", "week", "year"),
    [
        ("2020-12-31T23:00", "UTC", 0, "w2020-12-28", "2020"),
        ("2021-01-03T23:59", "UTC", 0, "w2020-12-28", "2021"),
        ("2021-01-04T00:00", "UTC", 0, "w2021-01-04", "2021"),
        ("2021-01-03T00:00", "UTC", 6, "w2021-01-03", "2021"),
        ("2020-02-29T12:00", "UTC", 5, "w2020-02-29", "2020"),
        ("2020-12-31T23:00", "Asia/Kathmandu", 4, "w2021-01-01", "2021"),
        ("2021-01-01T04:59", "America/New_York", 0, "w2020-12-28", "2020"),
        ("2021-01-01T05:00", "America/New_York", 4, "w2021-01-01", "2021"),
    ],
)
def test_weeks_and_years_at_the_turn_of_the_year(
    at: str, zone_name: str, week_starts: int, week: str, year: str
) -> None:
    here = calendar(zone_name, week_starts)
    assert key_at(WEEK, utc(at), here) == week
    assert key_at(YEAR, utc(at), here) == year


@pytest.mark.parametrize(
    ("zone_name", "day", "starts", "ends"),
    [
        ("UTC", "2020-02-29", "2020-02-29T00:00", "2020-03-01T00:00"),
        ("Europe/Lisbon", "2026-03-29", "2026-03-29T00:00", "2026-03-29T23:00"),
        ("Europe/Lisbon", "2026-10-25", "2026-10-24T23:00", "2026-10-26T00:00"),
        # Midnight is missing: clocks go from 0:00 to 1:00.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00", "2018-11-05T02:00"),
        ("Asia/Beirut", "2021-03-28", "2021-03-27T22:00", "2021-03-28T21:00"),
        ("Africa/Cairo", "2014-05-16", "2014-05-15T22:00", "2014-05-16T21:00"),
        # The jump begins before midnight: from 23:30 to 0:30.
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30", "1919-04-01T04:00"),
        # Midnight comes twice: clocks go from 1:00 back to 0:00.
        ("America/Havana", "2020-11-01", "2020-11-01T04:00", "2020-11-02T05:00"),
        # 23:00 to 24:00 comes twice: the day before has 25 hours.
        ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00", "2018-02-18T03:00"),
        # Clocks go back over midnight, from 0:01 to 23:01: the day that has begun goes on.
        ("America/St_Johns", "2006-10-29", "2006-10-29T02:30", "2006-10-30T03:30"),
        # Half an hour of daylight saving.
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00", "2026-04-05T13:30"),
        # The zone skipped this date.
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", "2011-12-30T10:00"),
    ],
)
def test_days_begin_with_their_first_instant(
    zone_name: str, day: str, starts: str, ends: str
) -> None:
    assert window(DAY, day, calendar(zone_name)) == Window(day, utc(starts), utc(ends))


def test_the_evening_that_comes_twice_belongs_to_the_day_that_has_begun() -> None:
    st_johns = calendar("America/St_Johns")
    first_evening, repeated_evening = utc("2006-10-29T02:29"), utc("2006-10-29T02:32")
    assert repeated_evening.astimezone(st_johns.zone).isoformat() == "2006-10-28T23:02:00-03:30"
    assert key_at(DAY, first_evening, st_johns) == "2006-10-28"
    assert key_at(DAY, repeated_evening, st_johns) == "2006-10-29"


def test_a_date_that_the_zone_skipped_is_nobodys_neighbour() -> None:
    apia = calendar("Pacific/Apia")
    eve, new = window(DAY, "2011-12-29", apia), window(DAY, "2011-12-31", apia)
    assert after(DAY, eve, apia) == new
    assert before(DAY, new, apia) == eve
    assert eve.ends_at == new.starts_at == utc("2011-12-30T10:00")


@pytest.mark.parametrize(
    ("spec", "key", "starts", "ends"),
    [
        (WEEK, "w2017-08-21", "2017-08-20T23:00", "2017-08-27T23:00"),
        (MONTH, "2020-02", "2020-02-01T00:00", "2020-03-01T00:00"),
        (MONTH, "2017-12", "2017-12-01T00:00", "2018-01-01T00:00"),
        (QUARTER, "2017-Q4", "2017-09-30T23:00", "2018-01-01T00:00"),
        (YEAR, "2017", "2017-01-01T00:00", "2018-01-01T00:00"),
        (Rolling(2), "2017-08-27", "2017-08-25T23:00", "2017-08-27T23:00"),
        (WINTERS, "season:winter", "2026-12-01T00:00", "2027-03-01T00:00"),
    ],
)
def test_windows_from_keys(spec: Spec, key: str, starts: str, ends: str) -> None:
    assert window(spec, key, calendar("Europe/Lisbon")) == Window(key, utc(starts), utc(ends))


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        (AllTime(), "2017"),
        (DAY, ""),
        (DAY, "2017-8-27"),
        (DAY, "2017-02-29"),
        (DAY, "w2017-08-21"),
        (DAY, "2017-08-27\n"),
        (WEEK, "w2017-08-22"),
        (WEEK, "2017-08-21"),
        (MONTH, "2017-13"),
        (MONTH, "w2017-08"),
        (QUARTER, "2017-Q5"),
        (QUARTER, "2017-H1"),
        (HALF_YEAR, "2017-H3"),
        (HALF_YEAR, "2017-Q1"),
        (YEAR, "0000"),
        (YEAR, "2017-01"),
        (Rolling(7), "2017"),
        (WINTERS, "season:summer"),
        (WINTERS, "winter"),
    ],
)
def test_keys_of_another_form_are_refused(spec: Spec, key: str) -> None:
    with pytest.raises(ValueError, match="is not the key of a window of"):
        window(spec, key, calendar())


def test_all_time_has_no_bounds_and_no_neighbours() -> None:
    always = Window("", None, None)
    assert window_at(AllTime(), utc("2017-08-27"), calendar()) == always
    assert before(AllTime(), always, calendar()) is None
    assert after(AllTime(), always, calendar()) is None


def test_seasons_have_neighbours_across_gaps_and_ends() -> None:
    first = window(WINTERS, "season:winter", calendar())
    second = window(WINTERS, "season:winter-27", calendar())
    assert before(WINTERS, first, calendar()) is None
    assert after(WINTERS, first, calendar()) == second
    assert before(WINTERS, second, calendar()) == first
    assert after(WINTERS, second, calendar()) is None
    assert window_at(WINTERS, utc("2027-03-01"), calendar()) is None


def test_rolling_windows_read_their_days_oldest_first() -> None:
    at = utc("2020-03-01T12:00")
    assert keys_read(Rolling(3), at, calendar()) == ("2020-02-28", "2020-02-29", "2020-03-01")
    assert keys_read(MONTH, at, calendar()) == ("2020-03",)
    assert keys_read(AllTime(), at, calendar()) == ("",)
    assert keys_read(WINTERS, at, calendar()) == ()


def test_the_neighbours_of_a_rolling_window_do_not_overlap_it() -> None:
    now = window(Rolling(7), "2017-08-27", calendar())
    assert before(Rolling(7), now, calendar()) == window(Rolling(7), "2017-08-20", calendar())
    assert after(Rolling(7), now, calendar()) == window(Rolling(7), "2017-09-03", calendar())


@pytest.mark.parametrize(
    ("last", "months", "first"),
    [
        ("2026-03-15", 1, "2026-02-16"),
        ("2026-03-31", 1, "2026-03-01"),
        ("2026-03-30", 1, "2026-02-28"),
        ("2026-03-27", 1, "2026-02-28"),
        ("2026-03-26", 1, "2026-02-27"),
        ("2024-03-29", 1, "2024-02-29"),
        ("2024-02-29", 12, "2023-03-01"),
        ("2025-02-28", 12, "2024-03-01"),
        ("2025-02-27", 12, "2024-02-28"),
        ("2026-12-31", 3, "2026-10-01"),
    ],
)
def test_rolling_months_begin_on_the_day_after_the_same_of_an_earlier_month(
    last: str, months: int, first: str
) -> None:
    spec = Rolling(months=months)
    assert spec.first(date.fromisoformat(last)) == date.fromisoformat(first)
    days = keys_read(spec, utc(f"{last}T12:00"), calendar())
    assert (days[0], days[-1]) == (first, last)
    assert days_read(spec, last) == (first, last)


def test_rolling_months_are_read_before_each_other_on_local_days() -> None:
    lisbon = calendar("Europe/Lisbon")
    now = window(Rolling(months=1), "2026-04-14", lisbon)
    assert (now.starts_at, now.ends_at) == (utc("2026-03-15"), utc("2026-04-14T23:00"))
    assert before(Rolling(months=1), now, lisbon) == window(Rolling(months=1), "2026-03-14", lisbon)
    assert after(Rolling(months=1), now, lisbon) == window(Rolling(months=1), "2026-05-14", lisbon)


@pytest.mark.parametrize("months", [1, 2, 7, 12])
def test_rolling_months_never_go_back_and_have_at_most_so_many_days(months: int) -> None:
    spec, begun = Rolling(months=months), date.min
    for number in range(1462):
        last = date(2023, 1, 1) + timedelta(days=number)
        first = spec.first(last)
        assert begun <= first <= last
        assert (last - first).days + 1 <= spec.days_max
        begun = first


def test_rolling_windows_are_stored_as_days() -> None:
    assert [stored_unit(spec) for spec in SPECS] == [
        AllTime(), DAY, WEEK, MONTH, QUARTER, HALF_YEAR, YEAR, DAY, WINTERS,
    ]  # fmt: skip


# ----------------------------------------------------------------------------------- the edges


@pytest.mark.parametrize("spec", [DAY, WEEK, MONTH, QUARTER, HALF_YEAR, YEAR])
def test_the_last_windows_of_the_calendar_are_refused_and_do_not_crash(spec: Every) -> None:
    key = key_at(spec, utc("9999-12-31T23:00"), calendar())
    assert key is not None
    with pytest.raises(OutOfRange, match="only the years 1 to 9999"):
        window(spec, key, calendar())


@pytest.mark.parametrize(
    ("at", "zone_name"),
    [("0001-01-01T00:30", "America/New_York"), ("9999-12-31T23:30", "Asia/Kathmandu")],
)
def test_moments_whose_local_day_is_off_the_calendar_are_refused(at: str, zone_name: str) -> None:
    with pytest.raises(OutOfRange):
        key_at(DAY, utc(at), calendar(zone_name))


def test_first_days_of_the_calendar() -> None:
    assert key_at(WEEK, utc("0001-01-01"), calendar()) == "w0001-01-01"
    with pytest.raises(OutOfRange):
        key_at(WEEK, utc("0001-01-01"), calendar(week_starts=6))
    with pytest.raises(OutOfRange):
        before(DAY, window(DAY, "0001-01-01", calendar()), calendar())
    with pytest.raises(OutOfRange):
        window(DAY, "0001-01-01", calendar("Asia/Kathmandu"))
    with pytest.raises(OutOfRange):
        keys_read(Rolling(2), utc("0001-01-01"), calendar())


# ------------------------------------------------------------------------------------ parsing


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("all time", AllTime()),
        ("All  Time ", AllTime()),
        ("day", DAY),
        ("week", WEEK),
        ("month", MONTH),
        ("quarter", QUARTER),
        ("half year", HALF_YEAR),
        ("year", YEAR),
        ("30 days", Rolling(30)),
        ("rolling 366 days", Rolling(366)),
        ("1 day", Rolling(1)),
    ],
)
def test_words_people_write(text: str, spec: Spec) -> None:
    assert parse(text) == spec
    assert parse(spec.text) == spec


def test_other_words_are_refused_with_the_accepted_forms() -> None:
    with pytest.raises(
        ValueError, match=r"'fortnight' is not a window .* \"30 days\" or \"3 months\"$"
    ):
        parse("fortnight")
    with pytest.raises(ValueError, match="1 to 366 days, not 367"):
        parse("367 days")
    with pytest.raises(ValueError, match="1 to 366 days, not 0"):
        parse("0 days")
    with pytest.raises(ValueError, match="1 to 12 months, not 13"):
        parse("13 months")
    assert parse("rolling 1 month") == Rolling(months=1)


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({}, "1 to 400 seasons, not 0"),
        ({"winter": "2026-12-01"}, "is not a range of dates"),
        ({"winter": "2026-12-01/2027-02-29"}, "is not a range of dates"),
        ({"winter": "20261201/20270301"}, "is not a range of dates"),
        ({"winter": "2027-03-01/2026-12-01"}, "ends on 2026-12-01, before it has begun"),
        ({"winter": "2027-03-01/2027-03-01"}, "before it has begun"),
        ({"a b": "2026-12-01/2027-03-01"}, "a name has 1 to 64 letters"),
        (
            {"b": "2026-12-31/2027-03-01", "a": "2026-12-01/2027-01-01"},
            "'a' and 'b' overlap",
        ),
    ],
)
def test_bad_seasons_are_refused(ranges: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        seasons(ranges)


def test_seasons_are_kept_in_the_order_of_time() -> None:
    assert [season.name for season in WINTERS.ranges] == ["winter", "winter-27"]
    twice = Season("a", date(2026, 1, 1), date(2026, 2, 1))
    with pytest.raises(ValueError, match="two seasons have the same name"):
        Seasons((twice, Season("a", date(2027, 1, 1), date(2027, 2, 1))))


def test_zones_are_known_by_name_or_refused_with_a_close_one() -> None:
    assert zone("Europe/Lisbon").key == "Europe/Lisbon"
    with pytest.raises(ValueError, match="did you mean Europe/Lisbon"):
        zone("europe/lisbon")
    with pytest.raises(ValueError, match="did you mean America/New_York"):
        zone("America/New York")
    for name in ("", "../etc/passwd", "Europe", "localtime", "x" * 10_000, "\0"):
        with pytest.raises(ValueError, match="is not a time zone"):
            zone(name)


def test_weeks_start_on_a_day_of_the_week() -> None:
    with pytest.raises(ValueError, match="0 \\(Monday\\) to 6"):
        calendar(week_starts=7)


# --------------------------------------------------------------------------------- properties


@given(units, moments, calendars)
def test_the_window_at_a_moment_contains_it(spec: Every, at: datetime, here: Calendar) -> None:
    found = window_at(spec, at, here)
    assert found is not None
    assert found.starts_at is not None
    assert found.ends_at is not None
    assert found.starts_at <= at < found.ends_at
    assert found.key == key_at(spec, at, here)
    assert window(spec, found.key, here) == found
    last_instant = found.ends_at - timedelta(microseconds=1)
    assert key_at(spec, found.starts_at, here) == key_at(spec, last_instant, here) == found.key


@given(units, moments, calendars)
def test_windows_of_a_unit_follow_each_other(spec: Every, at: datetime, here: Calendar) -> None:
    found = window_at(spec, at, here)
    assert found is not None
    following, preceding = after(spec, found, here), before(spec, found, here)
    assert following is not None
    assert preceding is not None
    assert following.starts_at == found.ends_at
    assert preceding.ends_at == found.starts_at
    assert preceding.key < found.key < following.key
    assert before(spec, following, here) == after(spec, preceding, here) == found


@given(units, st.lists(moments, min_size=2, max_size=8), calendars)
def test_keys_of_a_unit_sort_like_time(spec: Every, ats: list[datetime], here: Calendar) -> None:
    keys = [key_at(spec, at, here) or "" for at in sorted(ats)]
    assert all(earlier <= later for earlier, later in pairwise(keys))


@given(st.integers(1, 366), moments, calendars)
def test_a_rolling_window_is_its_days(days: int, at: datetime, here: Calendar) -> None:
    keys = keys_read(Rolling(days), at, here)
    whole = window_at(Rolling(days), at, here)
    assert whole is not None
    parts = [window(DAY, key, here) for key in keys]
    assert len(keys) == days
    assert keys[-1] == key_at(DAY, at, here) == local_day(at, here.zone).isoformat()
    assert (whole.starts_at, whole.ends_at) == (parts[0].starts_at, parts[-1].ends_at)
    assert all(day.ends_at == following.starts_at for day, following in pairwise(parts))


@given(st.sampled_from(SPECS), moments, calendars)
def test_the_cache_changes_no_answer(spec: Spec, at: datetime, here: Calendar) -> None:
    elsewhere = at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert key_at(spec, at, here) == key_at(spec, at, here)
    assert key_at(spec, at, here) == key_at(spec, elsewhere, Calendar(here.zone, here.week_starts))
