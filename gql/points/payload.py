"""What the payloads of all mutations have in common that move a member's points."""

from typing import Self

import strawberry

from gamification.refusals import Refusal
from gql.activities.changes import Told
from gql.context import Info
from gql.errors import UserError, user_errors
from gql.members.types import Member
from gql.points.types import PointsAccount, PointsEntry


@strawberry.type
class PointsPayload:
    unit: strawberry.Private[str]
    member: Member | None = strawberry.field(description="Whose points. Null if it was refused.")
    replayed: bool = strawberry.field(
        description="Whether it had arrived before. Then nothing happened again; the entries are "
        "those of the first time."
    )
    key: str | None = strawberry.field(
        description="The key it is stored under: by it, it can be taken back with "
        "`retractActivity`. Null if it was refused."
    )
    entries: list[PointsEntry] = strawberry.field(
        description="The entries it made in the ledger of points."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why it was refused. Empty if it was not."
    )

    @strawberry.field(description="The member's account after it. Null if it was refused.")
    async def account(self, info: Info) -> PointsAccount | None:
        if self.member is None:
            return None
        return await PointsAccount.loaded(info.context, self.member.record.id, self.unit)

    @classmethod
    def of(cls, told: Told) -> Self:
        activity = told.recorded.activity
        return cls(
            unit=str(activity.properties["unit"]),
            member=Member.of(told.recorded.member),
            replayed=told.recorded.replayed,
            key=activity.key,
            entries=told.entries,
            user_errors=[],
        )

    @classmethod
    def refused(cls, refusal: Refusal) -> Self:
        return cls(
            unit="",
            member=None,
            replayed=False,
            key=None,
            entries=[],
            user_errors=user_errors(refusal),
        )
