"""The auditor's part about leagues: levels follow from the final standings of cohorts."""

from collections.abc import AsyncIterator, Iterator, Sequence

from gamification.definition.compiled import CompiledLeague
from gamification.ids import MemberId
from gamification.periods import FinalPeriod, PeriodKey
from gamification.program import Program
from gamification.reading import Reading
from gamification.seats import Cohort, LeagueRun
from gamification.use_cases.difference import Difference

RUNS_PAGE = 200
COHORTS_PAGE = 50


async def verify_leagues(reading: Reading, program: Program) -> AsyncIterator[Difference]:
    """Check every final run of the leagues: the first of a cohort up, the last down."""
    for league in program.rules.leagues.values():
        before: str | None = None
        while windows := await reading.final_windows(
            league.board.key, limit=RUNS_PAGE, before=before
        ):
            keys = [PeriodKey(league.board.key, window) for window in windows]
            for period in (await reading.periods(keys)).values():
                ended = program.timeline.numbered(period.version).leagues.get(league.key)
                async for difference in _run(reading, league.key, ended, period):
                    yield difference
            before = windows[-1]


async def _run(
    reading: Reading, key: str, league: CompiledLeague | None, period: FinalPeriod
) -> AsyncIterator[Difference]:
    run = LeagueRun(key, period.key.window)
    cohorts = list(await reading.cohort_sizes(run))
    for start in range(0, len(cohorts), COHORTS_PAGE):
        page = await reading.cohort_members(run, cohorts[start : start + COHORTS_PAGE])
        everybody = [member for members in page.values() for member in members]
        places = await reading.final_places_of(period.key, everybody)
        seats = await reading.seats([run], everybody)
        for cohort, members in page.items():
            taken = {member: seats[run, member].next_level for member in members}
            if None in taken.values():
                continue  # the levels of this run are not decided yet
            standing = sorted(
                (member for member in members if member in places),
                key=lambda member: places[member].position,
            )
            computed = dict.fromkeys(members, cohort.level) | _levels(league, cohort, standing)
            for difference in _differences(run, cohort, taken, computed):
                yield difference


def _levels(
    league: CompiledLeague | None, cohort: Cohort, standing: Sequence[MemberId]
) -> dict[MemberId, int]:
    """The level each one takes, by hand: the last go down first, and then the best go up."""
    levels = dict.fromkeys(standing, cohort.level)
    if league is None:
        return levels
    if cohort.level > 1 and league.demoted:
        levels |= dict.fromkeys(standing[-league.demoted :], cohort.level - 1)
    best = standing[: league.promoted]
    return levels | dict.fromkeys(best, min(cohort.level + 1, len(league.levels)))


def _differences(
    run: LeagueRun,
    cohort: Cohort,
    taken: dict[MemberId, int | None],
    computed: dict[MemberId, int],
) -> Iterator[Difference]:
    for member in sorted(taken):
        if taken[member] != computed[member]:
            where = f"{run.league} {run.window}, level {cohort.level}, cohort {cohort.number}"
            stored, right = f"{taken[member]} for {member}", f"{computed[member]}"
            yield Difference("the next level", where, stored, right)
