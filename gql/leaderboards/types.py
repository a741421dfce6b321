"""Leaderboards, their runs, and who stands where; all of it from one ranking."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from gamification.definition.compiled import CompiledBoard
from gamification.ids import MemberId
from gamification.ports import Standing
from gamification.ranking import Place
from gamification.refusals import InvalidInput, NotFound
from gamification.use_cases import rank as ranking
from gamification.use_cases.rank import RADIUS_MAX, Ranking
from gql.context import Context, Info
from gql.leaderboards.boards import Run, latest_runs, run_at
from gql.loaders import PlaceAsked
from gql.pages import (
    After,
    Connection,
    First,
    Node,
    Part,
    micros,
    moment,
    node_id,
    page,
    page_size,
    place_of,
)
from gql.scalars import Quantity
from gql.selections import selects

if TYPE_CHECKING:
    from gql.members.types import Member


@strawberry.enum(description="How equal scores are ranked.")
class Ties(Enum):
    COMPETITION = strawberry.enum_value("COMPETITION", description="1, 2, 2, 4.")
    DENSE = strawberry.enum_value("DENSE", description="1, 2, 2, 3.")
    ORDINAL = strawberry.enum_value(
        "ORDINAL", description="1, 2, 3, 4: who reached the score first is ahead."
    )


@strawberry.enum(description="Where a run of a leaderboard is in its life.")
class PeriodState(Enum):
    SCHEDULED = strawberry.enum_value("SCHEDULED", description="It has not begun.")
    OPEN = strawberry.enum_value("OPEN", description="It is running.")
    SETTLING = strawberry.enum_value(
        "SETTLING", description="It is over. Activity that arrives late still counts."
    )


@strawberry.type(description="Where a member stands in one run of a leaderboard.")
class LeaderboardEntry:
    place: strawberry.Private[Place]
    known: strawberry.Private["Member | None"]

    @strawberry.field(description="From 1; equal scores as the board's `ties` say.")
    def rank(self) -> int:
        return self.place.rank

    @strawberry.field(
        description="From 1, and unique: among equal scores, who reached it first is ahead."
    )
    def position(self) -> int:
        return self.place.position

    @strawberry.field(description="How many others have the same score.")
    def tied_with(self) -> int:
        return self.place.tied_with

    @strawberry.field(description="The number that is ranked.", graphql_type=Quantity)
    def score(self) -> int:
        return self.place.score

    @strawberry.field(description="When the activity that made the score occurred.")
    def reached_at(self) -> datetime:
        return self.place.reached_at

    @strawberry.field(description="Who it is.")
    def member(self) -> Annotated["Member", strawberry.lazy("gql.members.types")]:
        assert self.known is not None, "members are loaded where they are selected"
        return self.known


def ranking_of(info: Info) -> Ranking:
    """What reads a board's rows: with their members, if those are selected."""
    context = info.context
    return context.loaders.ranking if selects(info, "member") else context.reading


async def entries_of(info: Info, places: Sequence[Place]) -> list[LeaderboardEntry]:
    """The entries of a ranking, with their members if those are selected: read in one go.

    Members are attributes here, because the executor reads lists of attributes directly.
    """
    from gql.members.types import Member

    members: Sequence[Member | None] = [None] * len(places)
    if selects(info, "member"):
        records = await info.context.loaders.members_listed([place.member for place in places])
        members = [Member.of(record) for record in records]
    return [
        LeaderboardEntry(place=place, known=member)
        for place, member in zip(places, members, strict=True)
    ]


async def entry_of(info: Info, run: Run, member: MemberId) -> LeaderboardEntry | None:
    """Where a member stands; None for one without a score."""
    asked = PlaceAsked(run.board.key, run.windows, member)
    place = await info.context.loaders.places.load(asked)
    return (await entries_of(info, [place]))[0] if place else None


@strawberry.type(description="One run of a leaderboard: a week, a month, a season, all time.")
class LeaderboardPeriod:
    run: strawberry.Private[Run]
    key: str = strawberry.field(
        description="Names the run on its board: `2017-08`, `w2017-08-21`; empty for all time."
    )
    starts_at: datetime | None = strawberry.field(description="Its beginning. Null for all time.")
    ends_at: datetime | None = strawberry.field(
        description="Its end, which belongs to the next run. Null for all time."
    )
    state: PeriodState = strawberry.field(description="Where it is in its life.")

    @strawberry.field(description="How many members have a score.")
    async def participant_count(self, info: Info) -> int:
        return await info.context.reading.participant_count(self.run.scores)

    @strawberry.field(description="The ranking, the best first.")
    async def entries(
        self,
        info: Info,
        first: First = 20,
        after: After = None,
        start_at_rank: Annotated[
            int | None,
            strawberry.argument(description="Begin at this position instead of at the top."),
        ] = None,
    ) -> Connection[LeaderboardEntry]:
        size = page_size(first)
        if start_at_rank is not None and (after is not None or start_at_rank < 1):
            raise InvalidInput(
                "'startAtRank' is 1 or more, and not given with 'after'", field=("startAtRank",)
            )
        places = await ranking.page_of_board(
            ranking_of(info),
            self.run.board,
            self.run.windows,
            after=_standing(after) if after is not None else None,
            start_position=start_at_rank,
            limit=size + 1,
        )
        return page(
            await entries_of(info, places),
            size,
            node=lambda entry: entry,
            place=lambda entry: _place(entry.place),
            follows=after is not None or (start_at_rank or 1) > 1,
        )

    @strawberry.field(
        description="Those who stand next to a member, and the member. Empty for one without a "
        "score: `threshold` tells what it takes to enter."
    )
    async def around(
        self,
        info: Info,
        member: Annotated[str, strawberry.argument(description="The member's external id.")],
        radius: Annotated[
            int,
            strawberry.argument(description=f"How many on each side, 0 to {RADIUS_MAX}."),
        ] = 5,
    ) -> list[LeaderboardEntry]:
        return await neighbours(info, self.run, member, radius=radius)

    @strawberry.field(description="Where a member stands. Null for one without a score.")
    async def entry(
        self,
        info: Info,
        member: Annotated[str, strawberry.argument(description="The member's external id.")],
    ) -> LeaderboardEntry | None:
        found = await info.context.loaders.members_named.load(member)
        return await entry_of(info, self.run, found.id) if found else None

    @strawberry.field(
        description="The score that stands at a rank now. Null if nobody does: any score will do."
    )
    async def threshold(
        self,
        info: Info,
        rank: Annotated[int, strawberry.argument(description="The rank, from 1.")],
    ) -> Quantity | None:
        if rank < 1:
            raise InvalidInput("'rank' is 1 or more", field=("rank",))
        reading, run = info.context.reading, self.run
        score = await ranking.threshold(reading, run.board, run.windows, rank)
        return None if score is None else Quantity(score)

    @classmethod
    def of(cls, run: Run, now: datetime) -> "LeaderboardPeriod":
        window = run.window
        if window.starts_at is not None and now < window.starts_at:
            state = PeriodState.SCHEDULED
        elif window.ends_at is not None and now >= window.ends_at:
            state = PeriodState.SETTLING
        else:
            state = PeriodState.OPEN
        return cls(
            run=run,
            key=window.key,
            starts_at=window.starts_at,
            ends_at=window.ends_at,
            state=state,
        )


@strawberry.type(description="A ranking of members, in each run of its window of time.")
class Leaderboard(Node):
    board: strawberry.Private[CompiledBoard]
    key: str = strawberry.field(description="Its name in the definition.")
    name: str = strawberry.field(description="What members read.")
    ties: Ties = strawberry.field(description="How equal scores are ranked.")
    every: str = strawberry.field(
        description="How long a run is: `week`, `30 days`, `all time`, or the names of seasons."
    )

    @strawberry.field(description="An opaque id.")
    def id(self) -> strawberry.ID:
        return node_id("Leaderboard", self.key)

    @strawberry.field(
        description="The run that a moment belongs to; between two seasons the one that is next."
    )
    def period(
        self,
        info: Info,
        at: Annotated[
            datetime | None, strawberry.argument(description="The moment. Now, if left out.")
        ] = None,
    ) -> LeaderboardPeriod:
        context = info.context
        run = run_at(self.board, at or context.at, context.program.rules.calendar)
        return LeaderboardPeriod.of(run, context.at)

    @strawberry.field(description="The runs in which anybody has scored, the latest first.")
    async def periods(
        self,
        info: Info,
        first: First = 20,
        before: Annotated[
            str | None, strawberry.argument(description="Return what is earlier than this cursor.")
        ] = None,
    ) -> Connection[LeaderboardPeriod]:
        context, size = info.context, page_size(first)
        key = None if before is None else str(place_of(before, "period", str, name="before")[0])
        runs = await latest_runs(
            context.reading,
            self.board,
            context.program.rules.calendar,
            before=key,
            limit=size + 1,
        )
        return page(
            runs,
            size,
            node=lambda run: LeaderboardPeriod.of(run, context.at),
            place=lambda run: ("period", run.window.key),
            follows=before is not None,
        )

    @classmethod
    def of(cls, board: CompiledBoard) -> "Leaderboard":
        return cls(
            board=board,
            key=board.key,
            name=board.name,
            ties=Ties[board.ties.name],
            every=board.window.text,
        )


async def neighbours(
    info: Info, run: Run, external_id: str, *, radius: int
) -> list[LeaderboardEntry]:
    """Those around a member, the member in their middle; empty for one without a score."""
    if not 0 <= radius <= RADIUS_MAX:
        raise InvalidInput(f"'radius' must be 0 to {RADIUS_MAX}, not {radius}", field=("radius",))
    member = await info.context.loaders.members_named.load(external_id)
    if member is None:
        return []
    places = await ranking.around(
        info.context.reading, run.board, run.windows, member.id, radius=radius
    )
    return await entries_of(info, places)


def board_of(context: Context, key: str, *, argument: str = "leaderboard") -> CompiledBoard:
    """The program's leaderboard of this name. Refuses unknown ones, naming the argument."""
    board = context.program.rules.boards.get(key)
    if board is None:
        raise NotFound(f"there is no leaderboard {key[:64]!r}", field=(argument,))
    return board


def _place(place: Place) -> tuple[Part, ...]:
    return ("standing", place.score, micros(place.reached_at), place.member)


def _standing(after: str) -> Standing:
    score, reached_at, member = map(int, place_of(after, "standing", int, int, int))
    return Standing(MemberId(member), score, moment(reached_at))
