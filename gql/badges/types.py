"""Badges as a program defines them, and the awards that record who earned them."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from gamification.definition.compiled import CompiledBadge, CompiledProgram
from gamification.definition.compiled import Level as CompiledLevel
from gamification.definition.document import Repeat
from gamification.ids import MemberId
from gamification.refusals import NotFound
from gamification.state import Award as AwardValue
from gamification.state import AwardKey, Evidence
from gamification.stored import AwardRow
from gql.asked import AwardCountAsked, AwardsAsked
from gql.context import Context, Info
from gql.pages import Connection, Node, Part, cut, node_id, page_size, place_of
from gql.scalars import Quantity

if TYPE_CHECKING:
    from gql.activities.types import Activity
    from gql.members.types import Member


@strawberry.enum(description="How often one member can earn a badge.")
class BadgeRepeat(Enum):
    ONCE = strawberry.enum_value("ONCE", description="Once for ever.")
    PER_WINDOW = strawberry.enum_value(
        "PER_WINDOW", description="Once in each day, week, month, … of its criteria."
    )
    PER_SUBJECT = strawberry.enum_value(
        "PER_SUBJECT", description="Once for each subject: for each post, each store."
    )


@strawberry.type(description="A threshold that must be reached to earn a level of a badge.")
class BadgeCriterion:
    name: str = strawberry.field(description="What is counted.")
    at_least: Quantity = strawberry.field(description="The number to reach.")
    over: str = strawberry.field(
        description="The stretch of time that is counted over: `all time`, `month`, `30 days`."
    )


@strawberry.type(description="Points that come with a badge.")
class BadgeGift:
    unit: str = strawberry.field(description="The key of the unit of points.")
    amount: Quantity = strawberry.field(description="How many.")


@strawberry.type(description="One level of a badge. A badge without levels has one, numbered 1.")
class BadgeLevel:
    badge_key: strawberry.Private[str]
    number: int = strawberry.field(description="Counts from 1, the lowest.")
    key: str | None = strawberry.field(description="Its name in the definition, such as `gold`.")
    criteria: list[BadgeCriterion] = strawberry.field(
        description="All of these must be reached to earn it."
    )
    gives: list[BadgeGift] = strawberry.field(description="What it gives when it is earned.")

    @strawberry.field(description="How many members have earned this level.")
    async def holders(self, info: Info) -> int:
        return await info.context.loaders.holders.load((self.badge_key, self.number))


@strawberry.type(
    description="A mark of achievement. Of a secret badge nothing is told until it is earned: then "
    "its award shows it."
)
class Badge:
    definition: strawberry.Private[CompiledBadge]
    is_masked: strawberry.Private[bool]
    key: str | None = strawberry.field(
        description="Its name in the definition. Null while it is a secret."
    )
    name: str | None = strawberry.field(description="What members read. Null while it is a secret.")
    description: str | None = strawberry.field(
        description="What it is for. Null while it is a secret, and where the definition is silent."
    )
    image: str | None = strawberry.field(
        description="Where its picture is. Null while it is a secret, and where there is none."
    )
    is_secret: bool = strawberry.field(
        description="Whether it is hidden from members who have not earned it."
    )
    repeat: BadgeRepeat = strawberry.field(description="How often one member can earn it.")
    levels: list[BadgeLevel] = strawberry.field(
        description="Its levels, the lowest first. Empty while it is a secret."
    )

    @strawberry.field(
        description="How many members have earned it, at least its lowest level. Null while it is "
        "a secret."
    )
    async def holders(self, info: Info) -> int | None:
        if self.is_masked:
            return None
        return await info.context.loaders.holders.load((self.definition.key, 1))

    @strawberry.field(description="How many members the program has: what rarity is a part of.")
    async def members(self, info: Info) -> int:
        return await info.context.loaders.member_count

    @classmethod
    def of(cls, rules: CompiledProgram, key: str, *, is_earned: bool) -> "Badge | None":
        """The badge as it may be shown; None if the rules do not know it (any more)."""
        badge = rules.badges.get(key)
        if badge is None:
            return None
        written = rules.definition.badges[key]
        is_masked = badge.is_secret and not is_earned
        return cls(
            definition=badge,
            is_masked=is_masked,
            key=None if is_masked else key,
            name=None if is_masked else written.name or key,
            description=None if is_masked else written.description,
            image=None if is_masked else written.image,
            is_secret=badge.is_secret,
            repeat=_REPEATS[badge.repeat],
            levels=[] if is_masked else [_level(badge, level) for level in badge.levels],
        )


_REPEATS = {
    Repeat.ONCE: BadgeRepeat.ONCE,
    Repeat.PER_WINDOW: BadgeRepeat.PER_WINDOW,
    Repeat.PER_SUBJECT: BadgeRepeat.PER_SUBJECT,
}


@strawberry.type(description="One criterion as it stood when an award was made.")
class AwardEvidence:
    criterion: str = strawberry.field(description="What was counted.")
    value: Quantity = strawberry.field(description="What it had come to.")
    at_least: Quantity = strawberry.field(description="What had to be reached.")

    @classmethod
    def of(cls, evidence: Evidence) -> "AwardEvidence":
        return cls(
            criterion=evidence.criterion,
            value=Quantity(evidence.value),
            at_least=Quantity(evidence.at_least),
        )


@strawberry.type(description="The record that a member earned a level of a badge.")
class Award(Node):
    key: strawberry.Private[AwardKey]
    cause: strawberry.Private[str]
    member_id: strawberry.Private[MemberId]
    badge: Badge | None = strawberry.field(
        description="What was earned. Null if the program has dropped this badge since."
    )
    badge_key: str = strawberry.field(description="The key of the badge that was earned.")
    level: int = strawberry.field(description="Which level of the badge, counted from 1.")
    subject: str | None = strawberry.field(
        description="What it was earned with: the post, store, … of the activity that completed it."
    )
    window: str | None = strawberry.field(
        description="For a badge that is earned per window: which, such as `2017-08`."
    )
    earned_at: datetime = strawberry.field(description="When the completing activity occurred.")
    evidence: list[AwardEvidence] = strawberry.field(description="The criteria, and what met them.")
    version: int = strawberry.field(description="The version of the definition that awarded it.")

    @strawberry.field(description="An opaque id.")
    def id(self) -> strawberry.ID:
        key = self.key
        return node_id("Award", str(key.member), key.badge, key.level, key.window, key.subject)

    @strawberry.field(description="The activity that completed it.")
    async def activity(
        self, info: Info
    ) -> Annotated["Activity", strawberry.lazy("gql.activities.types")] | None:
        from gql.activities.types import Activity

        row = await info.context.loaders.activities.by_key.load(self.cause)
        return Activity.of_row(row) if row else None

    @strawberry.field(description="Who earned it.")
    async def member(self, info: Info) -> Annotated["Member", strawberry.lazy("gql.members.types")]:
        from gql.members.types import Member

        return Member.of(await info.context.loaders.member(self.member_id))

    @classmethod
    def of(cls, rules: CompiledProgram, award: AwardValue) -> "Award":
        return cls(
            key=award.key,
            cause=award.cause,
            member_id=award.key.member,
            badge=Badge.of(rules, award.key.badge, is_earned=True),
            badge_key=award.key.badge,
            level=award.key.level,
            subject=award.subject or None,
            window=award.key.window or None,
            earned_at=award.earned_at,
            evidence=[AwardEvidence.of(each) for each in award.evidence],
            version=award.version,
        )

    @classmethod
    async def found(cls, context: Context, parts: Sequence[Part]) -> "Award | None":
        """The award that a node id names."""
        match parts:
            case [str(member), str(badge), int(level), str(window), str(subject)] if _is_id(member):
                key = AwardKey(MemberId(int(member)), badge, level, window, subject)
                row = await context.loaders.awards_by_key.load(key)
                return cls.of(context.program.rules, row.award) if row else None
            case _:
                return None


@strawberry.type(description="A page of a member's awards, the newest first.")
class AwardConnection(Connection[Award]):
    asked: strawberry.Private[AwardCountAsked]

    @strawberry.field(description="How many there are on all pages together.")
    async def total_count(self, info: Info) -> int:
        return await info.context.loaders.award_counts.load(self.asked)


async def awards_of(
    context: Context,
    member: MemberId,
    *,
    first: int | None,
    after: str | None,
    badges: list[str] | None,
) -> AwardConnection:
    """A page of a member's awards, of some badges or of all."""
    rules = context.program.rules
    for key in badges or ():
        if key not in rules.badges:
            raise NotFound(f"there is no badge {key[:64]!r}", field=("badges",))
    size = page_size(first)
    before = int(place_of(after, "award", int)[0]) if after is not None else None
    chosen = None if badges is None else frozenset(badges)
    rows: list[AwardRow] = await context.loaders.awards.load(
        AwardsAsked(member, chosen, before, size + 1)
    )
    edges, info = cut(
        rows,
        size,
        node=lambda row: Award.of(rules, row.award),
        place=lambda row: ("award", row.id),
        follows=after is not None,
    )
    return AwardConnection(edges=edges, page_info=info, asked=AwardCountAsked(member, chosen))


def _level(badge: CompiledBadge, level: CompiledLevel) -> BadgeLevel:
    return BadgeLevel(
        badge_key=badge.key,
        number=level.number,
        key=level.key,
        criteria=[
            BadgeCriterion(
                name=criterion.name, at_least=Quantity(at_least), over=criterion.window.text
            )
            for criterion, at_least in zip(badge.criteria, level.thresholds, strict=True)
        ],
        gives=[BadgeGift(unit=unit, amount=Quantity(amount)) for unit, amount in level.gives],
    )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 19
