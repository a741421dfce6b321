"""Everything that clients can ask, put together; `gamification schema` prints it."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from gql.activities.mutations import ActivityMutations
from gql.activities.queries import ActivityQueries
from gql.badges.types import Award
from gql.challenges.mutations import ChallengeMutations
from gql.documents import PreparedDocuments
from gql.execution import Schema
from gql.executor import ListExecutor
from gql.leaderboards.queries import LeaderboardQueries
from gql.leaderboards.subscriptions import LeaderboardSubscriptions
from gql.members.mutations import MemberMutations
from gql.members.queries import MemberQueries
from gql.members.subscriptions import MemberSubscriptions
from gql.nodes import NodeQueries
from gql.points.holds import HoldMutations
from gql.points.mutations import PointsMutations
from gql.points.spending import SpendingMutations
from gql.points.transfers import TransferMutations
from gql.programs.mutations import ProgramMutations
from gql.programs.queries import ProgramQueries
from gql.programs.subscriptions import ProgramSubscriptions
from gql.scalars import SCALARS
from gql.streaks.mutations import StreakMutations
from gql.teams.mutations import TeamMutations
from gql.teams.queries import TeamQueries
from gql.tiers.mutations import TierMutations


@strawberry.type(description="What can be asked about one program: that of the credentials.")
class Query(
    ProgramQueries, MemberQueries, ActivityQueries, LeaderboardQueries, TeamQueries, NodeQueries
):
    pass


@strawberry.type(description="What can be done in the program of the credentials.")
class Mutation(
    ActivityMutations,
    PointsMutations,
    SpendingMutations,
    HoldMutations,
    TransferMutations,
    StreakMutations,
    TierMutations,
    ChallengeMutations,
    TeamMutations,
    MemberMutations,
    ProgramMutations,
):
    pass


@strawberry.type(
    description="What can be watched. Each subscription sends a snapshot first, then the latest "
    "state after every change, at most so many times a second."
)
class Subscription(LeaderboardSubscriptions, MemberSubscriptions, ProgramSubscriptions):
    pass


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Award],
    extensions=[PreparedDocuments],
    execution_context_class=ListExecutor,
    config=StrawberryConfig(scalar_map=SCALARS),
)


def printed_schema() -> str:
    """The schema in GraphQL's own language, as `schema.graphql` holds it."""
    return schema.as_str().rstrip() + "\n"
