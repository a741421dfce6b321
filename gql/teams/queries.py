"""The way to teams."""

from typing import Annotated

import strawberry

from gamification.use_cases.join_team import check_team
from gql.permissions import Read
from gql.teams.types import Team


@strawberry.type
class TeamQueries:
    @strawberry.field(
        description="A team. It needs not be made: a name that nobody has joined has no members.",
        permission_classes=[Read],
    )
    def team(
        self, name: Annotated[str, strawberry.argument(description="The app's name for it.")]
    ) -> Team:
        check_team(name)
        return Team(name=name)
