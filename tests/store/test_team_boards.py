"""Teams in a run: one ranking by what their members have done, the same wherever it is stored."""

from collections.abc import Mapping

import pytest

from gamification.ports import ProgramRecord, Store
from gamification.team_boards import TeamBoard, TeamPlace, TeamStanding
from gamification.teams import MEMBERS_MAX, MEMBERS_METRIC, run_of_team
from tests.store.builders import counted, new_program, ranked, registered, standing

METRIC, RUN = "challenge:relay:0", "w2017-08-28"
SUM = TeamBoard(METRIC, RUN, best=0, is_mean=False)
BEST_2 = TeamBoard(METRIC, RUN, best=2, is_mean=False)
MEAN = TeamBoard(METRIC, RUN, best=0, is_mean=True)


async def with_teams(store: Store, program: ProgramRecord) -> None:
    """In lynx are ann, bob and cat; in otter dan and eve, who has done nothing; gus has left both,
    and nobody is in ÿak any more. Numbers of another run, of none, and of another metric are none
    of theirs."""
    names = ("ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal")
    await registered(store, program, *names)
    teams = {"ann": "lynx", "bob": "lynx", "cat": "lynx", "dan": "otter", "eve": "otter"}
    shares: Mapping[str, Mapping[str, int]] = {
        "lynx": {"ann": 7, "bob": 5, "cat": -2, "gus": 3},
        "otter": {"dan": 13, "gus": -1},
        "ÿak": {"fay": 13},
    }
    await counted(
        store,
        program,
        *(
            ranked(member, 10_000, metric=MEMBERS_METRIC, window=team, seconds=seconds)
            for seconds, (member, team) in enumerate(teams.items())
        ),
        ranked("gus", 0, metric=MEMBERS_METRIC, window="lynx"),
        ranked("fay", 0, metric=MEMBERS_METRIC, window="ÿak"),
        *(
            ranked(member, value, metric=METRIC, window=run_of_team(RUN, team), seconds=value)
            for team, values in shares.items()
            for member, value in values.items()
        ),
        ranked("hal", 99, metric=METRIC, window=run_of_team("w2017-09-04", "lynx")),
        ranked("hal", 99, metric=METRIC, window=RUN),
        ranked("hal", 99, metric="votes", window=run_of_team(RUN, "lynx")),
    )


@pytest.mark.parametrize(
    ("board", "numbers"),
    [
        (SUM, [("lynx", 1, 13, 3), ("ÿak", 1, 13, 0), ("otter", 3, 12, 2)]),
        (BEST_2, [("ÿak", 1, 13, 0), ("lynx", 2, 12, 3), ("otter", 2, 12, 2)]),
        (MEAN, [("otter", 1, 6, 2), ("lynx", 2, 3, 3), ("ÿak", 3, 0, 0)]),
    ],
    ids=["sum", "best", "mean"],
)
async def test_teams_are_ranked_by_what_their_members_make(
    store: Store, program: ProgramRecord, board: TeamBoard, numbers: list[tuple[str, int, int, int]]
) -> None:
    await with_teams(store, program)
    reading = store.reading(program)
    whole = [
        TeamStanding(team, rank, position, current, size)
        for position, (team, rank, current, size) in enumerate(numbers, 1)
    ]
    assert await reading.teams_ranked(board, after=None, limit=9) == whole
    assert await reading.teams_ranked(board, after=None, limit=2) == whole[:2]
    for at, each in enumerate(whole, 1):
        place = TeamPlace(each.current, each.team)
        assert await reading.teams_ranked(board, after=place, limit=9) == whole[at:]
    gone = TeamPlace(12, "m")  # between lynx and otter, where nobody is
    assert await reading.teams_ranked(board, after=gone, limit=9) == [
        each for each in whole if (-each.current, each.team) > (-12, "m")
    ]


async def test_a_mean_below_zero_is_rounded_down(store: Store, program: ProgramRecord) -> None:
    await registered(store, program, "ann", "bob")
    window = run_of_team("", "lynx")
    await counted(
        store,
        program,
        ranked("ann", 10_000, metric=MEMBERS_METRIC, window="lynx"),
        ranked("bob", 10_000, metric=MEMBERS_METRIC, window="lynx"),
        ranked("ann", -7, metric=METRIC, window=window),
    )
    board = TeamBoard(METRIC, "", best=0, is_mean=True)
    found = await store.reading(program).teams_ranked(board, after=None, limit=9)
    assert found == [TeamStanding("lynx", 1, 1, -4, 2)]


async def test_the_mean_considers_so_many_of_a_team(store: Store, program: ProgramRecord) -> None:
    names = [f"m{number}" for number in range(MEMBERS_MAX + 1)]
    await registered(store, program, *names)
    window = run_of_team(RUN, "lynx")
    await counted(
        store,
        program,
        *(
            ranked(name, 10_000, metric=MEMBERS_METRIC, window="lynx", seconds=number)
            for number, name in enumerate(names)
        ),
        ranked(names[0], 5 * MEMBERS_MAX, metric=METRIC, window=window),
        ranked(names[-1], 99 * MEMBERS_MAX, metric=METRIC, window=window),
    )
    found = await store.reading(program).teams_ranked(MEAN, after=None, limit=9)
    assert found == [TeamStanding("lynx", 1, 1, 5, MEMBERS_MAX + 1)]


async def test_another_programs_teams_are_its_own(store: Store, program: ProgramRecord) -> None:
    await with_teams(store, program)
    reading = store.reading(await new_program(store, "other"))
    for board in (SUM, BEST_2, MEAN):
        assert await reading.teams_ranked(board, after=None, limit=9) == []
    assert await reading.standings_in_each(METRIC, ["", RUN], limit=9) == {"": [], RUN: []}


async def test_the_first_of_several_windows_are_read_at_once(
    store: Store, program: ProgramRecord
) -> None:
    await with_teams(store, program)
    lynx, otter = run_of_team(RUN, "lynx"), run_of_team(RUN, "otter")
    expected = {
        lynx: [standing("ann", 7, seconds=7), standing("bob", 5, seconds=5)],
        otter: [standing("dan", 13, seconds=13), standing("gus", -1, seconds=-1)],
        "none": [],
    }
    reading = store.reading(program)
    assert await reading.standings_in_each(METRIC, list(expected), limit=2) == expected
    assert await reading.standings_in_each(METRIC, [], limit=2) == {}
    async with store.writing(program) as writing:
        assert await writing.standings_in_each(METRIC, list(expected), limit=2) == expected
