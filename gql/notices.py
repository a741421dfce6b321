"""What the system announces, as subscribers and feeds read it."""

from datetime import datetime
from enum import Enum

import strawberry

from gamification import outcomes
from gamification.ids import MemberId
from gamification.state import AwardKey
from gql.badges.types import Award, Badge
from gql.context import Info
from gql.members.types import Member
from gql.scalars import Properties


@strawberry.enum(description="What is announced.")
class NoticeKind(Enum):
    BADGE_AWARDED = strawberry.enum_value(
        "BADGE_AWARDED", description="A member earned a level of a badge."
    )
    BADGE_REVOKED = strawberry.enum_value(
        "BADGE_REVOKED", description="History changed, and an award does not hold any more."
    )
    POINTS_EXPIRING = strawberry.enum_value(
        "POINTS_EXPIRING",
        description="Points are going to expire: `about` is the unit, `details` has the `amount` "
        "and when (`expiresAt`). Told once for each such moment.",
    )
    POINTS_EXPIRED = strawberry.enum_value(
        "POINTS_EXPIRED",
        description="Points have expired: `about` is the unit, `details` has the `amount` and when "
        "(`expiresAt`).",
    )
    POINTS_RECEIVED = strawberry.enum_value(
        "POINTS_RECEIVED",
        description="Another member has given points: `about` is the unit, `details` has the "
        "`amount`.",
    )
    HOLD_RELEASED = strawberry.enum_value(
        "HOLD_RELEASED",
        description="Points are not held any more, because the hold was released or has timed out: "
        "`about` is the unit, `details` has the `hold` and the `amount`.",
    )
    CHALLENGE_INVITED = strawberry.enum_value(
        "CHALLENGE_INVITED",
        description="A member may join a challenge: `about` is its key, `details` has the `run`.",
    )
    CHALLENGE_JOINED = strawberry.enum_value(
        "CHALLENGE_JOINED",
        description="A member takes part in a challenge: `about` is its key, `details` has the "
        "`run`.",
    )
    CHALLENGE_COMPLETED = strawberry.enum_value(
        "CHALLENGE_COMPLETED",
        description="A member completed a challenge: `about` is its key, `details` has the `run`.",
    )
    CHALLENGE_REOPENED = strawberry.enum_value(
        "CHALLENGE_REOPENED",
        description="History changed, and a challenge is not completed any more: `about` is its "
        "key, `details` has the `run`.",
    )
    STREAK_REACHED = strawberry.enum_value(
        "STREAK_REACHED",
        description="The streak `about` came to one of its targets: `details` has the `length`.",
    )
    STREAK_AT_RISK = strawberry.enum_value(
        "STREAK_AT_RISK",
        description="A period of the streak `about` ends soon, and is not done: `details` has its "
        "`endsAt`, the `length`, the `freezes` that are left, and when it `expiresAt`.",
    )
    FREEZE_USED = strawberry.enum_value(
        "FREEZE_USED",
        description="A freeze of the streak `about` stood for the period that began on the "
        "`missed` day; `details` has the `length`, too, and the `freezes` that are left.",
    )
    STREAK_ENDED = strawberry.enum_value(
        "STREAK_ENDED",
        description="The streak `about` has ended with the period that began on the `missed` day; "
        "`details` has the `length` that it had.",
    )
    TIER_REACHED = strawberry.enum_value(
        "TIER_REACHED",
        description="The member rose on the ladder `about`: `details` has the `level`.",
    )
    TIER_ENDING = strawberry.enum_value(
        "TIER_ENDING",
        description="The member's level on the ladder `about` falls soon unless something is "
        "done: `details` has the `level`, `until` when it holds, and what is missing `toKeep` it.",
    )
    TIER_FALLEN = strawberry.enum_value(
        "TIER_FALLEN",
        description="The member's level on the ladder `about` has fallen: `details` has the "
        "`level` it was, and the one that is held `now`.",
    )
    PERIOD_FINAL = strawberry.enum_value(
        "PERIOD_FINAL",
        description="A run of the leaderboard `about` is final. The member stands first in it; "
        "`details` has `period` and `participants`.",
    )
    PRIZE_WON = strawberry.enum_value(
        "PRIZE_WON",
        description="A member won points by a place in a final run of the leaderboard `about`. "
        "`details` has `period`, `rank`, `unit` and `amount`.",
    )
    LEAGUE_PROMOTED = strawberry.enum_value(
        "LEAGUE_PROMOTED",
        description="A member goes up in the league `about`. `details` has `period` and `level`.",
    )
    LEAGUE_DEMOTED = strawberry.enum_value(
        "LEAGUE_DEMOTED",
        description="A member goes down in the league `about`. `details` has `period` and `level`.",
    )
    CAMPAIGN_STARTED = strawberry.enum_value(
        "CAMPAIGN_STARTED",
        description="The campaign `about` has begun; it is about no member. `details` has "
        "`startsAt`, and `endsAt` where it has an end.",
    )
    CAMPAIGN_ENDED = strawberry.enum_value(
        "CAMPAIGN_ENDED",
        description="The campaign `about` is over; it is about no member. `details` has `endsAt`, "
        "and `startsAt` where it had a beginning.",
    )
    CAMPAIGN_BUDGET_SPENT = strawberry.enum_value(
        "CAMPAIGN_BUDGET_SPENT",
        description="Nothing is left of a budget of the campaign `about`; it is about no member. "
        "`details` has the `unit`, and the `total` that was spent.",
    )


@strawberry.type(description="What the system announces after a change.")
class Notice:
    member_id: strawberry.Private[MemberId | None]
    award_key: strawberry.Private[AwardKey | None]
    kind: NoticeKind = strawberry.field(description="What is announced.")
    at: datetime = strawberry.field(description="When it came about.")
    about: str | None = strawberry.field(
        description="The key of the part of the definition that it is about. Null for a badge's."
    )
    details: Properties = strawberry.field(
        description="What there is to tell, as the kind says. Empty for a badge's."
    )
    level: int | None = strawberry.field(
        description="Which level of the badge, counted from 1. Null where it is about no badge."
    )

    @strawberry.field(
        description="Whom it is about. Null where it is about the program, such as a campaign."
    )
    async def member(self, info: Info) -> Member | None:
        if self.member_id is None:
            return None
        return Member.of(await info.context.loaders.member(self.member_id))

    @strawberry.field(
        description="The badge. Null if it is about none, or the program has dropped it since."
    )
    def badge(self, info: Info) -> Badge | None:
        if self.award_key is None:
            return None
        return Badge.of(info.context.program.rules, self.award_key.badge, is_earned=True)

    @strawberry.field(description="The award. Null if it is about none, and once it is revoked.")
    async def award(self, info: Info) -> Award | None:
        if self.award_key is None:
            return None
        row = await info.context.loaders.awards_by_key.load(self.award_key)
        return Award.of(info.context.program.rules, row.award) if row else None

    @classmethod
    def of(cls, notice: outcomes.Notice) -> "Notice":
        return cls(
            member_id=notice.member,
            award_key=notice.award,
            kind=NoticeKind[notice.kind.name],
            at=notice.at,
            about=notice.about or None,
            details=Properties(dict(notice.details)),
            level=notice.award.level if notice.award else None,
        )
