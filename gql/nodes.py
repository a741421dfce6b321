"""The way back to anything that has an id."""

from typing import Annotated

import strawberry

from gql.activities.types import Activity
from gql.badges.types import Award
from gql.context import Info
from gql.leaderboards.types import Leaderboard
from gql.members.types import Member
from gql.pages import Node, node_parts
from gql.permissions import Read
from gql.programs.types import Program


@strawberry.type
class NodeQueries:
    @strawberry.field(
        description="What an id stands for. Null if there is no such thing in the program.",
        permission_classes=[Read],
    )
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The id.")]
    ) -> Node | None:
        context = info.context
        match node_parts(id):
            case "Member", parts:
                return await Member.found(context, parts)
            case "Award", parts:
                return await Award.found(context, parts)
            case "Activity", [str(key)]:
                row = await context.loaders.activities.by_key.load(key)
                return Activity.of_row(row) if row else None
            case "Leaderboard", [str(key)]:
                board = context.program.rules.boards.get(key)
                return Leaderboard.of(board) if board else None
            case "Program", [context.program.key]:
                return Program.of(context.program)
            case _:
                return None
