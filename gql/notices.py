"""What the system announces, as subscribers and feeds read it."""

from datetime import datetime
from enum import Enum

import strawberry

from gamification import outcomes
from gamification.state import AwardKey
from gql.badges.types import Award, Badge
from gql.context import Info
from gql.members.types import Member


@strawberry.enum(description="What is announced.")
class NoticeKind(Enum):
    BADGE_AWARDED = strawberry.enum_value(
        "BADGE_AWARDED", description="A member earned a level of a badge."
    )
    BADGE_REVOKED = strawberry.enum_value(
        "BADGE_REVOKED", description="History changed, and an award does not hold any more."
    )


@strawberry.type(description="What the system announces after a change.")
class Notice:
    award_key: strawberry.Private[AwardKey]
    kind: NoticeKind = strawberry.field(description="What is announced.")
    at: datetime = strawberry.field(description="When it came about.")
    level: int = strawberry.field(description="Which level of the badge, counted from 1.")

    @strawberry.field(description="Whom it is about.")
    async def member(self, info: Info) -> Member:
        return Member.of(await info.context.loaders.member(self.award_key.member))

    @strawberry.field(description="The badge. Null if the program has dropped it since.")
    def badge(self, info: Info) -> Badge | None:
        return Badge.of(info.context.program.rules, self.award_key.badge, is_earned=True)

    @strawberry.field(description="The award. Null once it is revoked.")
    async def award(self, info: Info) -> Award | None:
        row = await info.context.loaders.awards_by_key.load(self.award_key)
        return Award.of(info.context.program.rules, row.award) if row else None

    @classmethod
    def of(cls, notice: outcomes.Notice) -> "Notice":
        return cls(
            award_key=notice.award,
            kind=NoticeKind[notice.kind.name],
            at=notice.at,
            level=notice.award.level,
        )
