"""Teams: who is in them."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from gamification.teams import MEMBERS_MAX
from gql.context import Info
from gql.pages import page_size

if TYPE_CHECKING:
    from gql.members.types import Member


@strawberry.type(description="Members whom the app lets reach goals together.")
class Team:
    name: str = strawberry.field(description="The app's name for it.")

    @strawberry.field(
        description=f"How many members are in it: at most {MEMBERS_MAX:,} are considered. Counted "
        "while the program has a challenge of teams; 0 else."
    )
    async def size(self, info: Info) -> int:
        return len(await info.context.loaders.challenges.team_members.load(self.name))

    @strawberry.field(
        description="Who is in it, the longest first, while the program has a challenge of teams."
    )
    async def members(
        self,
        info: Info,
        first: Annotated[
            int, strawberry.argument(description="How many members, from 1 to 100.")
        ] = 20,
    ) -> list[Annotated["Member", strawberry.lazy("gql.members.types")]]:
        from gql.members.types import Member

        loaders = info.context.loaders
        ids = (await loaders.challenges.team_members.load(self.name))[: page_size(first)]
        return [Member.of(member) for member in await loaders.members_listed(ids)]
