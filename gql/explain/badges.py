"""Badges explained: how far each criterion is, what is missing, and which activities made it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from gamification.definition.compiled import CompiledBadge
from gamification.explain.badges import (
    About,
    Added,
    Caused,
    CriterionExplained,
    LevelExplained,
    added,
    counting_types,
    explain_badge,
    tallies_of,
)
from gamification.facts import Order
from gamification.ids import MemberId
from gamification.refusals import InvalidInput, NotFound
from gamification.stored import AwardRow
from gql.activities.types import Activity
from gql.asked import AwardCountAsked
from gql.badges.types import Award, Badge
from gql.context import Context, Info
from gql.scalars import Quantity

COUNTED_MAX = 50
LOOKED_AT_MAX = 200
"""How many of a member's latest activities are looked at for those that count."""


@strawberry.type(description="A criterion of a badge, as it stands for a member.")
class CriterionExplanation:
    name: str = strawberry.field(description="What is counted.")
    over: str = strawberry.field(
        description="The stretch of time that is counted over: `all time`, `month`, `30 days`."
    )
    starts_at: datetime | None = strawberry.field(
        description="Since when is counted. Null: since ever."
    )
    ends_at: datetime | None = strawberry.field(
        description="When counting begins anew. Null: never."
    )
    current: Quantity = strawberry.field(description="What it has come to.")
    target: Quantity = strawberry.field(description="The number to reach.")
    remaining: Quantity = strawberry.field(description="What is missing, 0 or more.")
    is_met: bool = strawberry.field(description="Whether it is reached now.")

    @classmethod
    def of(cls, each: CriterionExplained) -> "CriterionExplanation":
        window = each.window
        return cls(
            name=each.progress.name,
            over=each.criterion.window.text,
            starts_at=window.starts_at if window else None,
            ends_at=window.ends_at if window else None,
            current=Quantity(each.progress.current),
            target=Quantity(each.progress.target),
            remaining=Quantity(each.remaining),
            is_met=each.progress.is_met,
        )


@strawberry.type(description="A level of a badge, as it stands for a member.")
class BadgeLevelExplanation:
    number: int = strawberry.field(description="Counts from 1, the lowest.")
    key: str | None = strawberry.field(description="Its name in the definition, such as `gold`.")
    award: Award | None = strawberry.field(
        description="The record that it is earned: the evidence, the activity that completed it, "
        "and the version of the rules. Null: it is not."
    )
    criteria: list[CriterionExplanation] = strawberry.field(
        description="All of these must be met at once to earn it. What is earned stays so, also "
        "when a number has fallen since."
    )
    first_unmet: CriterionExplanation | None = strawberry.field(
        description="The first criterion that is not met now. Null: all are."
    )

    @classmethod
    def of(cls, each: LevelExplained, award: Award | None) -> "BadgeLevelExplanation":
        unmet = each.first_unmet
        return cls(
            number=each.level.number,
            key=each.level.key,
            award=award,
            criteria=[CriterionExplanation.of(criterion) for criterion in each.criteria],
            first_unmet=CriterionExplanation.of(unmet) if unmet else None,
        )


@strawberry.type(description="What an activity brought to a criterion.")
class CriterionContribution:
    criterion: str = strawberry.field(description="The criterion's name.")
    amount: Quantity = strawberry.field(
        description="What it brought: added to a sum, held against the highest or latest."
    )
    element: str | None = strawberry.field(
        description="The value, where different values are counted: each counts once."
    )

    @classmethod
    def of(cls, each: Added) -> "CriterionContribution":
        return cls(criterion=each.criterion, amount=Quantity(each.amount), element=each.element)


@strawberry.type(description="An activity that counts toward a badge.")
class CountedActivity:
    activity: Activity = strawberry.field(description="What the member did.")
    contributions: list[CriterionContribution] = strawberry.field(
        description="What it brought to which criteria."
    )


@strawberry.type(
    description="Why a member has a badge, or has it not: the tree of its criteria with the "
    "numbers as they stand."
)
class BadgeExplanation:
    about: strawberry.Private[About]
    explained: strawberry.Private[CompiledBadge]
    badge: Badge = strawberry.field(description="Which badge.")
    subject: str | None = strawberry.field(
        description="The post, store, … that the numbers are about, where one is kept for each: "
        "the one that was asked for, or the nearest to the goal. Null also if there is none."
    )
    version: int = strawberry.field(
        description="The version of the definition that it is explained by: the one in force. An "
        "award names the one that made it."
    )
    is_earned: bool = strawberry.field(description="Whether its highest level is earned.")
    levels: list[BadgeLevelExplanation] = strawberry.field(
        description="Its levels, the lowest first. A badge without levels has one."
    )
    next_level: BadgeLevelExplanation | None = strawberry.field(
        description="The lowest level that is not earned. Null: all are."
    )

    @strawberry.field(
        description="The latest activities that count toward it, the latest first: found among "
        f"the member's {LOOKED_AT_MAX} latest of the types that can count."
    )
    async def activities(
        self,
        info: Info,
        first: Annotated[
            int, strawberry.argument(description=f"How many to return, 1 to {COUNTED_MAX}.")
        ] = 10,
    ) -> list[CountedActivity]:
        if not 1 <= first <= COUNTED_MAX:
            message = f"'first' must be 1 to {COUNTED_MAX}, not {first}"
            raise InvalidInput(message, field=("first",))
        timeline, badge = info.context.program.timeline, self.explained
        counted: list[CountedActivity] = []
        for caused in await _latest(info.context, badge, self.about, levels=self.levels):
            contributions = added(timeline, badge, self.about, caused)
            if contributions:
                counted.append(
                    CountedActivity(
                        activity=Activity.of_row(caused.row),
                        contributions=[CriterionContribution.of(each) for each in contributions],
                    )
                )
        return counted[:first]


async def explanation_of(
    context: Context, member: MemberId, key: str, *, subject: str | None, at: datetime | None
) -> BadgeExplanation:
    """Explain a badge to a member. Refuses unknown badges, and secret ones not yet earned."""
    rules, loaders = context.program.rules, context.loaders
    badge = rules.badges.get(key)
    if badge is None or (badge.is_secret and not await _has_earned(context, member, key)):
        raise NotFound(f"there is no badge {key[:64]!r}", field=("badge",))
    if subject is not None and badge.per is None:
        message = "this badge is not earned with a subject: leave 'subject' out"
        raise InvalidInput(message, field=("subject",))
    if subject is None:
        subject = await _nearest_subject(context, member, badge)
    about = About(member, subject, at or context.at)
    keys = sorted(tallies_of(rules, badge, about))
    found = dict(zip(keys, await loaders.tallies.load_many(keys), strict=True))
    tallies = {key: tally for key, tally in found.items() if tally is not None}
    levels = explain_badge(rules, badge, about, tallies)
    awards = await loaders.awards_by_key.load_many([level.award for level in levels])
    shown = [
        BadgeLevelExplanation.of(level, Award.of(rules, row.award) if row else None)
        for level, row in zip(levels, awards, strict=True)
    ]
    return _explanation(context, badge, about, levels=shown)


def _explanation(
    context: Context,
    badge: CompiledBadge,
    about: About,
    *,
    levels: list[BadgeLevelExplanation],
) -> BadgeExplanation:
    rules = context.program.rules
    described = Badge.of(rules, badge.key, is_earned=True)
    assert described is not None, "the rules know the badge"
    return BadgeExplanation(
        about=about,
        explained=badge,
        badge=described,
        subject=about.subject or None,
        version=rules.version,
        is_earned=levels[-1].award is not None,
        levels=levels,
        next_level=next((level for level in levels if level.award is None), None),
    )


async def _has_earned(context: Context, member: MemberId, badge: str) -> bool:
    asked = AwardCountAsked(member, frozenset({badge}))
    return await context.loaders.award_counts.load(asked) > 0


async def _nearest_subject(context: Context, member: MemberId, badge: CompiledBadge) -> str:
    """What the member's progress bar is about; "" where there is none."""
    if badge.per is None:
        return ""
    bars = await context.loaders.progress.load(member)
    return next((bar.subject for bar in bars if bar.key == badge.key), "")


async def _latest(
    context: Context,
    badge: CompiledBadge,
    about: About,
    *,
    levels: Sequence[BadgeLevelExplanation],
) -> list[Caused]:
    """The member's latest activities that may count, with all that they caused."""
    ends = [criterion.ends_at for criterion in levels[0].criteria]
    latest = max((end for end in ends if end is not None), default=None)
    before = Order(latest, "") if latest is not None and None not in ends else None
    timeline, loaders = context.program.timeline, context.loaders
    types = counting_types(timeline, badge)
    rows = await context.reading.activity_page(
        about.member, before=before, limit=LOOKED_AT_MAX, types=types
    )
    if types is not None:  # what they caused has no part in it
        return [Caused(row, (), ()) for row in rows]
    keys = [row.activity.key for row in rows]
    entries = await loaders.activities.entries.load_many(keys)
    awards: list[list[AwardRow]] = await loaders.activities.awards.load_many(keys)
    return [Caused(*each) for each in zip(rows, entries, awards, strict=True)]
