"""Points are moved by hand."""

from typing import Annotated, Self

import strawberry

from gamification.refusals import Refusal
from gamification.use_cases.adjust_points import adjustment
from gql.activities.changes import Told
from gql.badges.types import Award
from gql.commands import carried_out
from gql.context import Info
from gql.errors import INPUT, UserError, refusals_as, user_errors
from gql.inputs import input_type
from gql.members.types import Member
from gql.permissions import WritePoints
from gql.points.types import PointsEntry
from gql.scalars import DecimalText


@input_type(description="Points to give to a member, or to take, by hand.")
class AdjustPointsInput:
    member: str = strawberry.field(
        description="The app's own id of the person, who is registered if new."
    )
    unit: str = strawberry.field(description="The key of the unit of points.")
    amount: DecimalText = strawberry.field(
        description="How many: less than 0 to take. No more can be taken than the unit's minimum "
        "leaves."
    )
    reason: str = strawberry.field(description="Why. It is kept, and can be shown to the member.")
    actor: str = strawberry.field(description="Who does it, by a name that your records know.")
    key: str | None = strawberry.field(
        default=None,
        description="Your name for it, unique in the program, which makes retries safe.",
    )


@strawberry.type(description="What became of points that were moved by hand.")
class AdjustPointsPayload:
    member: Member | None = strawberry.field(description="Whose points. Null if it was refused.")
    replayed: bool = strawberry.field(
        description="Whether it had arrived before. Then nothing happened again; awards and "
        "entries are those of the first time."
    )
    entries: list[PointsEntry] = strawberry.field(
        description="The entries it made in the ledger of points, those of what followed included."
    )
    awards: list[Award] = strawberry.field(description="The awards that it completed.")
    user_errors: list[UserError] = strawberry.field(
        description="Why it was refused. Empty if it was not."
    )

    @classmethod
    def of(cls, told: Told) -> Self:
        return cls(
            member=Member.of(told.recorded.member),
            replayed=told.recorded.replayed,
            entries=told.entries,
            awards=told.awards,
            user_errors=[],
        )

    @classmethod
    def refused(cls, refusal: Refusal) -> Self:
        return cls(
            member=None, replayed=False, entries=[], awards=[], user_errors=user_errors(refusal)
        )


@strawberry.type
class PointsMutations:
    @strawberry.mutation(
        description="Give points to a member by hand, or take some, with a reason. What is given "
        "counts as earned.",
        permission_classes=[WritePoints],
    )
    @refusals_as(AdjustPointsPayload.refused)
    async def adjust_points(
        self, info: Info, input: Annotated[AdjustPointsInput, INPUT]
    ) -> AdjustPointsPayload:
        command = adjustment(
            info.context.program,
            member=input.member,
            unit=input.unit,
            amount=input.amount,
            reason=input.reason,
            actor=input.actor,
            key=input.key,
        )
        return AdjustPointsPayload.of(await carried_out(info.context, command))
