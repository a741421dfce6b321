"""A leaderboard that moves by itself."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from gql.context import Info
from gql.leaderboards.boards import Run, run_at
from gql.leaderboards.entries import LeaderboardEntry, entries_of
from gql.leaderboards.standings import page_of
from gql.leaderboards.types import LeaderboardPeriod, board_of, neighbours
from gql.live import PerSecond, Resume, updates
from gql.pages import page_size
from gql.permissions import Read


@strawberry.type(description="A leaderboard as it is after a change.")
class LeaderboardUpdate:
    run: strawberry.Private[Run]
    top: strawberry.Private[int]
    member: strawberry.Private[str | None]
    cursor: str = strawberry.field(description="Where the stream of updates is, opaque.")
    resync: bool = strawberry.field(
        description="Whether updates may have been missed since the cursor that was given."
    )
    period: LeaderboardPeriod = strawberry.field(description="The run that is current now.")

    @strawberry.field(description="The best `first` of it.")
    async def entries(self, info: Info) -> list[LeaderboardEntry]:
        places = await page_of(info, self.run, after=None, start_position=None, limit=self.top)
        return await entries_of(info, self.run, places)

    @strawberry.field(
        description="Those next to the member that `around` names. Empty if it names none, or one "
        "without a score."
    )
    async def around(self, info: Info) -> list[LeaderboardEntry]:
        return await neighbours(info, self.run, self.member, radius=5) if self.member else []


@strawberry.type
class LeaderboardSubscriptions:
    @strawberry.subscription(
        description="A leaderboard's current run, now and whenever a score on it has moved.",
        permission_classes=[Read],
    )
    async def leaderboard_updated(
        self,
        info: Info,
        key: Annotated[
            str, strawberry.argument(description="The leaderboard's name in the definition.")
        ],
        first: Annotated[
            int, strawberry.argument(description="How many `entries` shows, 1 to 100.")
        ] = 10,
        around: Annotated[
            str | None,
            strawberry.argument(description="The external id of whom `around` is to show."),
        ] = None,
        after: Resume = None,
        per_second: PerSecond = 4,
    ) -> AsyncGenerator[LeaderboardUpdate, None]:
        context = info.context
        board_of(context, key, argument="key")
        top = page_size(first)
        listening = context.hub.listen(context.program.id, board=key)
        stream = updates(context, listening, per_second=per_second, after=after)
        async with aclosing(stream):
            async for update in stream:
                board = board_of(context, key)
                run = run_at(board, context.at, context.program.rules.calendar)
                yield LeaderboardUpdate(
                    cursor=update.cursor,
                    resync=update.resync,
                    period=LeaderboardPeriod.of(run, context.program.rules),
                    run=run,
                    top=top,
                    member=around,
                )
