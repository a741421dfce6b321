"""Leaderboards, and their runs."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from gamification.definition.compiled import CompiledBoard, CompiledProgram
from gamification.ids import MemberId
from gamification.places import Place
from gamification.ports import Standing
from gamification.refusals import InvalidInput, NotFound
from gamification.use_cases.rank import RADIUS_MAX
from gql.context import Context, Info
from gql.lasting import LASTING
from gql.leaderboards import standings
from gql.leaderboards.boards import Run, latest_runs, previous_run, run_at
from gql.leaderboards.entries import LeaderboardEntry, entries_of, entry_of
from gql.leaderboards.prizes import LeaderboardPrize, PrizeWon, prizes_of, prizes_won
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
        "SETTLING",
        description="It is over. Activity that arrives late still counts, until it is final.",
    )
    FINAL = strawberry.enum_value(
        "FINAL",
        description="It is over for good: who stands where was written down, and nothing that "
        "arrives later changes it. Runs of all time and of the last so many days never are.",
    )


@strawberry.type(description="One run of a leaderboard: a week, a month, a season, all time.")
class LeaderboardPeriod:
    run: strawberry.Private[Run]
    key: str = strawberry.field(
        description="Names the run on its board: `2017-08`, `w2017-08-21`; empty for all time.",
        metadata=LASTING,
    )
    starts_at: datetime | None = strawberry.field(
        description="Its beginning. Null for all time.", metadata=LASTING
    )
    ends_at: datetime | None = strawberry.field(
        description="Its end, which belongs to the next run. Null for all time.", metadata=LASTING
    )
    final_at: datetime | None = strawberry.field(
        description="When it may become final: the scheduler does that within seconds. A run in "
        "which nobody has a score is left as it is. Null for runs that are never final.",
        metadata=LASTING,
    )

    @strawberry.field(description="Where it is in its life.", metadata=LASTING)
    async def state(self, info: Info) -> PeriodState:
        window, now = self.run.window, info.context.at
        if window.starts_at is not None and now < window.starts_at:
            return PeriodState.SCHEDULED
        if window.ends_at is None or now < window.ends_at:
            return PeriodState.OPEN
        period = await standings.final_period(info.context, self.run)
        return PeriodState.SETTLING if period is None else PeriodState.FINAL

    @strawberry.field(description="When it was made final. Null while it is not.", metadata=LASTING)
    async def settled_at(self, info: Info) -> datetime | None:
        period = await standings.final_period(info.context, self.run)
        return None if period is None else period.settled_at

    @strawberry.field(
        description="The version of the definition by which it was settled and its prizes are "
        "given: that in force when it ended. Null while it is not final.",
        metadata=LASTING,
    )
    async def version(self, info: Info) -> int | None:
        period = await standings.final_period(info.context, self.run)
        return None if period is None else period.version

    @strawberry.field(description="How many members have a score.", metadata=LASTING)
    async def participant_count(self, info: Info) -> int:
        return await standings.participant_count(info.context, self.run)

    @strawberry.field(
        description="The run that ended where this one begins; of seasons the one before. Null if "
        "there is none.",
        metadata=LASTING,
    )
    def previous(
        self, info: Info
    ) -> Annotated["LeaderboardPeriod", strawberry.lazy("gql.leaderboards.types")] | None:
        context = info.context
        run = previous_run(self.run, context.program.rules.calendar)
        return None if run is None else LeaderboardPeriod.of(run, context.program.rules)

    @strawberry.field(
        description="Who has won what, the best first: everybody whose rank wins something. Empty "
        "until the run is final.",
        metadata=LASTING,
    )
    async def prizes(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[PrizeWon]:
        return await prizes_won(info, self.run, first=first, after=after)

    @strawberry.field(description="The ranking, the best first.", metadata=LASTING)
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
        places = await standings.page_of(
            info.context,
            self.run,
            after=_standing(after) if after is not None else None,
            start_position=start_at_rank,
            limit=size + 1,
            with_members=selects(info, "member"),
        )
        return page(
            await entries_of(info, self.run, places),
            size,
            node=lambda entry: entry,
            place=lambda entry: _place(entry.place),
            follows=after is not None or (start_at_rank or 1) > 1,
        )

    @strawberry.field(
        description="Those who stand next to a member, and the member. Empty for one without a "
        "score: `threshold` tells what it takes to enter.",
        metadata=LASTING,
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

    @strawberry.field(
        description="Where a member stands. Null for one without a score.", metadata=LASTING
    )
    async def entry(
        self,
        info: Info,
        member: Annotated[str, strawberry.argument(description="The member's external id.")],
    ) -> LeaderboardEntry | None:
        found = await info.context.loaders.members_named.load(member)
        return await entry_of(info, self.run, found.id) if found else None

    @strawberry.field(
        description="The score that stands at a rank now. Null if nobody does: any score will do.",
        metadata=LASTING,
    )
    async def threshold(
        self,
        info: Info,
        rank: Annotated[int, strawberry.argument(description="The rank, from 1.")],
    ) -> Quantity | None:
        if rank < 1:
            raise InvalidInput("'rank' is 1 or more", field=("rank",))
        score = await standings.threshold(info.context, self.run, rank)
        return None if score is None else Quantity(score)

    @classmethod
    def of(cls, run: Run, rules: CompiledProgram) -> "LeaderboardPeriod":
        window = run.window
        return cls(
            run=run,
            key=window.key,
            starts_at=window.starts_at,
            ends_at=window.ends_at,
            final_at=run.board.final_at(window, rules.calendar),
        )


@strawberry.type(description="A ranking of members, in each run of its window of time.")
class Leaderboard(Node):
    board: strawberry.Private[CompiledBoard]
    key: str = strawberry.field(description="Its name in the definition.", metadata=LASTING)
    name: str = strawberry.field(description="What members read.", metadata=LASTING)
    ties: Ties = strawberry.field(description="How equal scores are ranked.", metadata=LASTING)
    every: str = strawberry.field(
        description="How long a run is: `week`, `30 days`, `all time`, or the names of seasons.",
        metadata=LASTING,
    )

    prizes: list[LeaderboardPrize] = strawberry.field(
        description="What its ranks win in each run, the best first. Empty: nothing.",
        metadata=LASTING,
    )

    @strawberry.field(description="An opaque id.", metadata=LASTING)
    def id(self) -> strawberry.ID:
        return node_id("Leaderboard", self.key)

    @strawberry.field(
        description="The run that a moment belongs to; between two seasons the one that is next.",
        metadata=LASTING,
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
        return LeaderboardPeriod.of(run, context.program.rules)

    @strawberry.field(
        description="The runs in which anybody has scored, the latest first.", metadata=LASTING
    )
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
            node=lambda run: LeaderboardPeriod.of(run, context.program.rules),
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
            prizes=prizes_of(board),
        )


async def neighbours(
    info: Info, run: Run, external_id: str, *, radius: int
) -> list[LeaderboardEntry]:
    """Those around a member, the member in their middle; empty for one without a score."""
    places = await places_around(info.context, run, external_id, radius=radius)
    return await entries_of(info, run, places)


async def places_around(
    context: Context, run: Run, external_id: str, *, radius: int
) -> Sequence[Place]:
    """The places of those around a member; none around one without a score."""
    if not 0 <= radius <= RADIUS_MAX:
        raise InvalidInput(f"'radius' must be 0 to {RADIUS_MAX}, not {radius}", field=("radius",))
    member = await context.loaders.members_named.load(external_id)
    if member is None:
        return ()
    return await standings.around(context, run, member.id, radius=radius)


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
