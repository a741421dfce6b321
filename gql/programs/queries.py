"""The way to the program of the credentials."""

import strawberry

from gql.context import Info
from gql.lasting import LASTING
from gql.permissions import Read
from gql.programs.types import Program


@strawberry.type
class ProgramQueries:
    @strawberry.field(
        description="The program that the credentials belong to.",
        permission_classes=[Read],
        metadata=LASTING,
    )
    def program(self, info: Info) -> Program:
        return Program.of(info.context.program)
