"""One row of a leaderboard."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from gamification.ids import MemberId
from gamification.places import Place
from gql.context import Info
from gql.lasting import LASTING
from gql.leaderboards.boards import Run, previous_run
from gql.leaderboards.standings import place_of
from gql.scalars import Quantity
from gql.selections import selects

if TYPE_CHECKING:
    from gql.members.types import Member


@strawberry.type(description="Where a member stands in one run of a leaderboard.")
class LeaderboardEntry:
    run: strawberry.Private[Run]
    place: strawberry.Private[Place]
    known: strawberry.Private["Member | None"]

    @strawberry.field(
        description="From 1; equal scores as the board's `ties` say.", metadata=LASTING
    )
    def rank(self) -> int:
        return self.place.rank

    @strawberry.field(
        description="From 1, and unique: among equal scores, who reached it first is ahead.",
        metadata=LASTING,
    )
    def position(self) -> int:
        return self.place.position

    @strawberry.field(description="How many others have the same score.", metadata=LASTING)
    def tied_with(self) -> int:
        return self.place.tied_with

    @strawberry.field(
        description="The number that is ranked.", graphql_type=Quantity, metadata=LASTING
    )
    def score(self) -> int:
        return self.place.score

    @strawberry.field(
        description="When the activity that made the score occurred.", metadata=LASTING
    )
    def reached_at(self) -> datetime:
        return self.place.reached_at

    @strawberry.field(
        description="The rank in the run before this one: they have climbed if it is greater than "
        "`rank`. Null for who was not in it, and where there is none: in all time.",
        metadata=LASTING,
    )
    async def previous_rank(self, info: Info) -> int | None:
        run = previous_run(self.run, info.context.program.rules.calendar)
        place = await place_of(info.context, run, self.place.member) if run else None
        return place.rank if place else None

    @strawberry.field(description="Who it is.", metadata=LASTING)
    def member(self) -> Annotated["Member", strawberry.lazy("gql.members.types")]:
        assert self.known is not None, "members are loaded where they are selected"
        return self.known


async def entries_of(info: Info, run: Run, places: Sequence[Place]) -> list[LeaderboardEntry]:
    """The entries of a ranking, with their members if those are selected: read in one go.

    Members are attributes here, because the executor reads lists of attributes directly.
    """
    from gql.members.types import Member

    members: Sequence[Member | None] = [None] * len(places)
    if selects(info, "member"):
        records = await info.context.loaders.members_listed([place.member for place in places])
        members = [Member.of(record) for record in records]
    return [
        LeaderboardEntry(run=run, place=place, known=member)
        for place, member in zip(places, members, strict=True)
    ]


async def entry_of(info: Info, run: Run, member: MemberId) -> LeaderboardEntry | None:
    """Where a member stands; None for one without a score."""
    place = await place_of(info.context, run, member)
    return (await entries_of(info, run, [place]))[0] if place else None
