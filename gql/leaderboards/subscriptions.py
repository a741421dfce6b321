"""A leaderboard that moves by itself."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Annotated

import strawberry

from gamification.places import Place
from gql.context import Context, Info
from gql.history import Present
from gql.leaderboards.boards import Run, run_at
from gql.leaderboards.entries import LeaderboardEntry, entries_of
from gql.leaderboards.standings import page_of
from gql.leaderboards.types import LeaderboardPeriod, board_of, places_around
from gql.live import PerSecond, updates
from gql.pages import page_size
from gql.permissions import Read

AROUND_RADIUS = 5
_STATE_BYTES = 9


@dataclass
class Shown:
    """What of a board an update shows, each part read once and only if it is asked for."""

    context: Context
    present: Present
    run: Run
    first: int
    member: str | None

    @cached_property
    def top(self) -> "asyncio.Future[list[Place]]":
        return asyncio.ensure_future(page_of(self.context, self.run, limit=self.first))

    @cached_property
    def around(self) -> "asyncio.Future[Sequence[Place]]":
        return asyncio.ensure_future(self._around())

    async def cursor(self) -> str:
        """Tells this state of the board from others."""
        shown = (self.run.window.key, _standings(await self.top), _standings(await self.around))
        digest = blake2b(repr(shown).encode(), digest_size=_STATE_BYTES).hexdigest()
        return self.present.cursor(digest)

    async def _around(self) -> Sequence[Place]:
        if not self.member:
            return ()
        return await places_around(self.context, self.run, self.member, radius=AROUND_RADIUS)


@strawberry.type(description="A leaderboard as it is after a change.")
class LeaderboardUpdate:
    shown: strawberry.Private[Shown]
    resync: bool = strawberry.field(
        description="Whether the cursor that was given is of something else. A board has no "
        "history: its present state is all there is to know."
    )
    period: LeaderboardPeriod = strawberry.field(description="The run that is current now.")

    @strawberry.field(
        description="Names what `entries` and `around` show, opaque: it is another one as soon as "
        "anybody there, a place or a score is."
    )
    async def cursor(self) -> str:
        return await self.shown.cursor()

    @strawberry.field(description="The best `first` of it.")
    async def entries(self, info: Info) -> list[LeaderboardEntry]:
        return await entries_of(info, self.shown.run, await self.shown.top)

    @strawberry.field(
        description="Those next to the member that `around` names. Empty if it names none, or one "
        "without a score."
    )
    async def around(self, info: Info) -> list[LeaderboardEntry]:
        return await entries_of(info, self.shown.run, await self.shown.around)


@strawberry.type
class LeaderboardSubscriptions:
    @strawberry.subscription(
        description="A leaderboard's current run, now, whenever a score on it has moved, and when "
        "another run begins.",
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
        after: Annotated[
            str | None,
            strawberry.argument(
                description="The cursor of the last update that was received. The present state "
                "is told at once, whatever it is; the cursor tells whether it is another one."
            ),
        ] = None,
        per_second: PerSecond = 4,
    ) -> AsyncGenerator[LeaderboardUpdate, None]:
        context = info.context
        board_of(context, key, argument="key")
        top = page_size(first)
        listening = context.hub.listen(context.program.id, board=key)
        present = Present(context.program.id, key)
        stream = updates(context, listening, present, per_second=per_second, after=after)
        async with aclosing(stream):
            async for update in stream:
                board = board_of(context, key)
                run = run_at(board, context.at, context.program.rules.calendar)
                shown = Shown(context, present, run, top, around)
                context.audience.come_to(shown.cursor)
                yield LeaderboardUpdate(
                    shown=shown,
                    resync=update.resync,
                    period=LeaderboardPeriod.of(run, context.program.rules),
                )


def _standings(places: Sequence[Place]) -> list[tuple[int, int, int]]:
    return [(each.position, each.score, each.member) for each in places]
