"""The way to a leaderboard."""

from typing import Annotated

import strawberry

from gql.context import Info
from gql.lasting import LASTING
from gql.leaderboards.types import Leaderboard
from gql.permissions import Read


@strawberry.type
class LeaderboardQueries:
    @strawberry.field(
        description="A leaderboard of the program. Null if there is none of this key.",
        permission_classes=[Read],
        metadata=LASTING,
    )
    def leaderboard(
        self,
        info: Info,
        key: Annotated[str, strawberry.argument(description="Its name in the definition.")],
    ) -> Leaderboard | None:
        board = info.context.program.rules.boards.get(key)
        return Leaderboard.of(board) if board else None
