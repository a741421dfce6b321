"""Members get their cohort soon after they first act in a run, and their next level at its end."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gamification.definition.compiled import CompiledLeague
from gamification.duties.settle_periods import is_news
from gamification.ids import MemberId
from gamification.live import Bus, Changes
from gamification.outcomes import Notice, NoticeKind
from gamification.periods import FinalPeriod, PeriodKey
from gamification.ports import Store
from gamification.program import Program
from gamification.seats import Cohort, LeagueRun, Newcomer, Seat
from gamification.use_cases.play_league import places_in_cohorts
from gamification.windows import Window, window

SEATS_PAGE = 1000
COHORTS_PAGE = 20


async def run_leagues(store: Store, bus: Bus, program: Program, *, now: datetime) -> int:
    """Seat whoever has a score, and move members up and down where a run is final; how many
    members that were.

    Runs are played one after the other: the seats of the next one wait until the levels that are
    taken from this one are known.
    """
    done = 0
    for league in program.rules.leagues.values():
        game = _Game(store, bus, program, league, now)
        for each in await game.open_windows():
            done += await game.seat(each)
            closed = await game.close(each)
            if closed is None:
                break
            done += closed
    return done


@dataclass(frozen=True, slots=True)
class _Game:
    """One league, at a time."""

    store: Store
    bus: Bus
    program: Program
    league: CompiledLeague
    now: datetime

    async def open_windows(self) -> list[Window]:
        """The runs that have begun and are not closed, in the order of time."""
        board, calendar = self.league.board, self.program.rules.calendar
        reading = self.store.reading(self.program.record)
        found: list[Window] = []
        for key in await reading.open_league_windows(self.league.key, board.metric):
            try:
                found.append(window(board.window, key, calendar))
            except ValueError:
                continue  # leagues share their numbers with boards of other windows
        begun = [each for each in found if each.starts_at and each.starts_at <= self.now]
        return sorted(begun, key=lambda each: each.starts_at or self.now)

    async def seat(self, of: Window) -> int:
        """Give seats to all who have a score and none; how many."""
        run, metric = LeagueRun(self.league.key, of.key), self.league.board.metric
        seated = 0
        reading = self.store.reading(self.program.record)
        while await reading.newcomers(run, metric=metric, limit=1):
            async with self.store.writing(self.program.record) as writing:
                if not await writing.lock_league_run(run):
                    break
                new = await writing.newcomers(run, metric=metric, limit=SEATS_PAGE)
                seats = seats_for(self.league, run, new, await writing.cohort_sizes(run))
                await writing.add_seats(seats)
            members = frozenset(seat.member for seat in seats)
            board = frozenset({self.league.board.key})
            self.bus.publish(Changes(self.program.id, members, board, ()))
            seated += len(seats)
        return seated

    async def close(self, of: Window) -> int | None:
        """Decide the levels that are taken from a run, if it is final: for how many members."""
        run, key = LeagueRun(self.league.key, of.key), PeriodKey(self.league.board.key, of.key)
        reading = self.store.reading(self.program.record)
        period = (await reading.periods([key])).get(key)
        if period is None:
            return None
        cohorts = list((await reading.cohort_sizes(run)).items())
        for start in range(0, len(cohorts), COHORTS_PAGE):
            page = [cohort for cohort, _ in cohorts[start : start + COHORTS_PAGE]]
            await self._move(run, page, period)
        async with self.store.writing(self.program.record) as writing:
            await writing.lock_league_run(run)
            await writing.close_league_run(run)
        return sum(size for _, size in cohorts)

    async def _move(self, run: LeagueRun, cohorts: Sequence[Cohort], period: FinalPeriod) -> None:
        levels: dict[MemberId, int] = {}
        notices: list[Notice] = []
        for cohort, moved in (await self._next_levels(run, cohorts, period)).items():
            levels |= moved
            if is_news(period, self.now):
                notices += self._news(run, cohort.level, moved)
        async with self.store.writing(self.program.record) as writing:
            await writing.put_next_levels(run, levels)
            told = await writing.add_notices(notices)
        self.bus.publish(Changes(self.program.id, frozenset(levels), frozenset(), tuple(told)))

    async def _next_levels(
        self, run: LeagueRun, cohorts: Sequence[Cohort], period: FinalPeriod
    ) -> dict[Cohort, dict[MemberId, int]]:
        """The level each member of each cohort takes, by the rules in force when the run ended; who
        does not stand in it keeps theirs."""
        reading = self.store.reading(self.program.record)
        rules = self.program.timeline.numbered(period.version)
        members = await reading.cohort_members(run, cohorts)
        kept = {cohort: dict.fromkeys(members[cohort], cohort.level) for cohort in cohorts}
        league = rules.leagues.get(self.league.key)
        if league is None:
            return kept  # it is younger than the run
        found = await places_in_cohorts(reading, self.league, run.window, members, period=period)
        return {
            cohort: kept[cohort]
            | {
                place.member: league.next_level(cohort.level, place.position, size=len(places))
                for place in places
            }
            for cohort, places in found.items()
        }

    def _news(self, run: LeagueRun, level: int, moved: dict[MemberId, int]) -> list[Notice]:
        """Tells those who change their level."""
        names = self.league.levels
        return [
            Notice(
                id=0,
                kind=NoticeKind.LEAGUE_PROMOTED if after > level else NoticeKind.LEAGUE_DEMOTED,
                member=member,
                award=None,
                at=self.now,
                is_public=False,
                about=self.league.key,
                details={"period": run.window, "level": names[self.league.level_of(after) - 1]},
                once=f"league {self.league.key} {run.window}",
            )
            for member, after in moved.items()
            if after != level
        ]


def seats_for(
    league: CompiledLeague,
    run: LeagueRun,
    newcomers: Sequence[Newcomer],
    sizes: dict[Cohort, int],
) -> list[Seat]:
    """Seats for newcomers in their order: each in the last cohort of their level, or in the next
    one where that is full."""
    filled = Counter(sizes)
    last: dict[int, int] = {}
    for level, number in sizes:
        last[level] = max(number, last.get(level, 1))
    seats: list[Seat] = []
    for newcomer in newcomers:
        level = league.level_of(newcomer.level)
        cohort = Cohort(level, last.setdefault(level, 1))
        if filled[cohort] >= league.cohort_max:
            cohort = Cohort(level, cohort.number + 1)
            last[level] = cohort.number
        filled[cohort] += 1
        seats.append(Seat(run, newcomer.member, cohort))
    return seats
