"""Activities as they are stored: what a member did, and what has been taken back of it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from gamification import facts
from gamification.ids import MemberId
from gamification.stored import ActivityRow
from gql.context import Info
from gql.pages import Node, node_id
from gql.scalars import Properties, Quantity

if TYPE_CHECKING:
    from gql.badges.types import Award
    from gql.challenges.types import CompletedChallenge
    from gql.explain.activities import ActivityExplanation
    from gql.members.types import Member
    from gql.points.types import PointsEntry


@strawberry.type(description="A fact that takes an activity back, wholly or in part.")
class Retraction:
    key: str = strawberry.field(description="Its own key.")
    amount: Quantity | None = strawberry.field(
        description="How much of the activity's value is taken back. Null: all of it."
    )
    reason: str = strawberry.field(description="Why, in the sender's words.")
    received_at: datetime = strawberry.field(description="When it arrived here.")

    @classmethod
    def of(cls, retraction: facts.Retraction) -> "Retraction":
        return cls(
            key=retraction.key,
            amount=None if retraction.amount is None else Quantity(retraction.amount),
            reason=retraction.reason,
            received_at=retraction.received_at,
        )


@strawberry.type(description="Something a member did, at a time. Stored for ever, never changed.")
class Activity(Node):
    member_id: strawberry.Private[MemberId]
    loaded: strawberry.Private[tuple[facts.Retraction, ...] | None]
    key: str = strawberry.field(
        description="Unique in the program: the sender's, or made here. Sending it again is safe."
    )
    type: str = strawberry.field(description="One of `Program.activityTypes`.")
    value: Quantity = strawberry.field(description="How much was done; 1 if nothing was said.")
    properties: Properties = strawberry.field(description="What the sender told about it.")
    occurred_at: datetime = strawberry.field(description="When the member did it.")
    received_at: datetime = strawberry.field(description="When it arrived here.")
    source: str | None = strawberry.field(
        description="The business object behind it, such as `order:1234`, for retractions."
    )

    @strawberry.field(description="An opaque id.")
    def id(self) -> strawberry.ID:
        return node_id("Activity", self.key)

    @strawberry.field(description="What has been taken back of it, in the order of the keys.")
    async def retractions(self, info: Info) -> list[Retraction]:
        taken = self.loaded
        if taken is None:
            row = await info.context.loaders.activities.by_key.load(self.key)
            taken = row.retractions if row else ()
        return [Retraction.of(each) for each in taken]

    @strawberry.field(description="The awards that it completed, and that hold.")
    async def awards(
        self, info: Info
    ) -> list[Annotated["Award", strawberry.lazy("gql.badges.types")]]:
        from gql.badges.types import Award

        context = info.context
        rows = await context.loaders.activities.awards.load(self.key)
        awards = [row.award for row in rows if not row.award.key.is_of_challenge]
        return [Award.of(context.program.rules, award) for award in awards]

    @strawberry.field(description="The challenges that it completed.")
    async def completed_challenges(
        self, info: Info
    ) -> list[Annotated["CompletedChallenge", strawberry.lazy("gql.challenges.types")]]:
        from gql.challenges.types import CompletedChallenge

        context = info.context
        rows = await context.loaders.activities.awards.load(self.key)
        awards = [row.award for row in rows if row.award.key.is_of_challenge]
        return [CompletedChallenge.of(context.program.rules, award) for award in awards]

    @strawberry.field(
        description="The entries that it made in the ledger of points, with those that adjusted "
        "them since, the oldest first."
    )
    async def entries(
        self, info: Info
    ) -> list[Annotated["PointsEntry", strawberry.lazy("gql.points.types")]]:
        from gql.points.types import PointsEntry

        rows = await info.context.loaders.activities.entries.load(self.key)
        return [PointsEntry.of_row(row) for row in rows]

    @strawberry.field(
        description="Which rules gave what for it, and which gave nothing and why. Null for an "
        "activity that is not stored."
    )
    async def explanation(
        self, info: Info
    ) -> Annotated["ActivityExplanation", strawberry.lazy("gql.explain.activities")] | None:
        from gql.explain.activities import ActivityExplanation

        row = await info.context.loaders.activities.by_key.load(self.key)
        return await ActivityExplanation.of(info.context, row) if row else None

    @strawberry.field(description="Who did it.")
    async def member(self, info: Info) -> Annotated["Member", strawberry.lazy("gql.members.types")]:
        from gql.members.types import Member

        return Member.of(await info.context.loaders.member(self.member_id))

    @classmethod
    def of(
        cls, activity: facts.Activity, retractions: tuple[facts.Retraction, ...] | None = None
    ) -> "Activity":
        """The activity; without `retractions` they are looked up when they are asked for."""
        return cls(
            member_id=activity.member,
            loaded=retractions,
            key=activity.key,
            type=activity.type,
            value=Quantity(activity.value),
            properties=Properties(dict(activity.properties)),
            occurred_at=activity.occurred_at,
            received_at=activity.received_at,
            source=activity.source,
        )

    @classmethod
    def of_row(cls, row: ActivityRow) -> "Activity":
        return cls.of(row.activity, row.retractions)
