"""Leagues: a member's level, the cohort they play in, and what the end of the run would bring."""

import asyncio
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from gamification.definition.compiled import CompiledLeague
from gamification.ids import MemberId
from gamification.places import Place
from gamification.seats import LeagueRun, Seat
from gql.asked import CohortAsked, LevelAsked, SeatAsked
from gql.context import Context, Info
from gql.leaderboards.boards import Run, run_at
from gql.leaderboards.standings import final_period
from gql.leaderboards.types import LeaderboardPeriod
from gql.scalars import Quantity

if TYPE_CHECKING:
    from gql.members.types import Member


@strawberry.enum(description="What a place in a cohort leads to, when the run is final.")
class LeagueZone(Enum):
    PROMOTION = strawberry.enum_value("PROMOTION", description="A level up.")
    SAFE = strawberry.enum_value("SAFE", description="The same level again.")
    DEMOTION = strawberry.enum_value("DEMOTION", description="A level down.")


@strawberry.type(description="Where a member stands in their cohort of a league.")
class LeagueEntry:
    member_id: strawberry.Private[MemberId]
    rank: int = strawberry.field(
        description="From 1, among the cohort; equal scores as the leaderboard's `ties` say."
    )
    position: int = strawberry.field(
        description="From 1, among the cohort, and unique: who reached a score first is ahead. It "
        "decides who goes up and down."
    )
    score: Quantity = strawberry.field(description="The number that is ranked.")
    reached_at: datetime = strawberry.field(
        description="When the activity that made the score occurred."
    )
    zone: LeagueZone = strawberry.field(description="What the place leads to, as it is.")

    @strawberry.field(description="Who it is.")
    async def member(self, info: Info) -> Annotated["Member", strawberry.lazy("gql.members.types")]:
        from gql.members.types import Member

        return Member.of(await info.context.loaders.member(self.member_id))


@strawberry.type(description="A member's part in one run of a league.")
class League:
    league: strawberry.Private[CompiledLeague]
    run: strawberry.Private[Run]
    seat: strawberry.Private[Seat | None]
    member_id: strawberry.Private[MemberId]
    key: str = strawberry.field(description="Its name in the definition.")
    name: str = strawberry.field(description="What members read.")
    levels: list[str] = strawberry.field(description="All levels, the lowest first.")
    level: str = strawberry.field(
        description="The level at which the member plays; without a seat, the one they will."
    )
    next_level: str | None = strawberry.field(
        description="The level that the member took from the run. Null until it is final."
    )
    cohort: int | None = strawberry.field(
        description="The number of the member's cohort among those of the level. Null without a "
        "seat: it is given within seconds of the first score in the run, once the run before it "
        "is final."
    )
    promotes: int = strawberry.field(description="How many of a cohort go up.")
    demotes: int = strawberry.field(description="How many of a cohort go down.")
    period: LeaderboardPeriod = strawberry.field(
        description="The run of the leaderboard on which it is played."
    )

    @strawberry.field(description="The cohort, the best first. Empty without a seat.")
    async def entries(self, info: Info) -> list[LeagueEntry]:
        return await self._entries(info.context)

    @strawberry.field(description="Where the member stands in it. Null without a seat or a score.")
    async def entry(self, info: Info) -> LeagueEntry | None:
        entries = await self._entries(info.context)
        return next((each for each in entries if each.member_id == self.member_id), None)

    async def _entries(self, context: Context) -> list[LeagueEntry]:
        if self.seat is None:
            return []
        run, cohort = self.seat.run, self.seat.cohort
        period = await final_period(context, self.run)
        places = await context.loaders.leagues.cohorts.load(CohortAsked(run, cohort, period))
        return [
            _entry(self.league, place, level=cohort.level, size=len(places)) for place in places
        ]


async def leagues_of(context: Context, member: MemberId, *, at: datetime | None) -> list[League]:
    """The member's part in the runs that a moment belongs to, in the order of the definition."""
    rules, loaders = context.program.rules, context.loaders.leagues
    leagues = list(rules.leagues.values())
    runs = [run_at(league.board, at or context.at, rules.calendar) for league in leagues]
    seats, levels = await asyncio.gather(
        loaders.seats.load_many(
            [
                SeatAsked(LeagueRun(league.key, run.window.key), member)
                for league, run in zip(leagues, runs, strict=True)
            ]
        ),
        loaders.levels.load_many([LevelAsked(league.key, member) for league in leagues]),
    )
    return [
        _league(context, league, run, seat=seat, member=member, level=level)
        for league, run, seat, level in zip(leagues, runs, seats, levels, strict=True)
    ]


def _league(
    context: Context,
    league: CompiledLeague,
    run: Run,
    *,
    seat: Seat | None,
    member: MemberId,
    level: int | None,
) -> League:
    plays_at = league.level_of(level if seat is None else seat.cohort.level)
    taken = None if seat is None or seat.next_level is None else league.level_of(seat.next_level)
    return League(
        league=league,
        run=run,
        seat=seat,
        member_id=member,
        key=league.key,
        name=league.name,
        levels=list(league.levels),
        level=league.levels[plays_at - 1],
        next_level=None if taken is None else league.levels[taken - 1],
        cohort=None if seat is None else seat.cohort.number,
        promotes=league.promoted,
        demotes=league.demoted,
        period=LeaderboardPeriod.of(run, context.program.rules),
    )


def _entry(league: CompiledLeague, place: Place, *, level: int, size: int) -> LeagueEntry:
    zone = league.zone(min(level, len(league.levels)), place.position, size=size)
    return LeagueEntry(
        member_id=place.member,
        rank=place.rank,
        position=place.position,
        score=Quantity(place.score),
        reached_at=place.reached_at,
        zone=LeagueZone[zone.name],
    )
