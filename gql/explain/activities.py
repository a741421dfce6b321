"""Activities explained: which rules of theirs gave what, which gave nothing and why."""

from datetime import datetime
from enum import Enum

import strawberry

from gamification.explain.activities import (
    ActivityExplained,
    CampaignExplained,
    ContributionExplained,
    EarningExplained,
    attributes_at,
    campaigns_after_silence,
    explain_activity,
    latest,
    reads_attributes,
)
from gamification.facts import Activity, Retraction, Scalar
from gamification.ids import MemberId
from gamification.rules.kept import awaited_by
from gamification.stored import ActivityRow
from gql.asked import AwardCountAsked
from gql.context import Context
from gql.scalars import Quantity

LOOKED_BACK_MAX = 20
"""Among how many earlier activities one is looked for of which anything is left."""


@strawberry.enum(description="Why a rule or a campaign gave nothing for an activity.")
class SilentRule(Enum):
    RETRACTED = strawberry.enum_value(
        "RETRACTED", description="Nothing is left of the activity: it was taken back."
    )
    WINDOW = strawberry.enum_value(
        "WINDOW", description="The campaign did not run when the activity occurred."
    )
    SEGMENT = strawberry.enum_value(
        "SEGMENT",
        description="The campaign was not for the member, by what was known of them at the time.",
    )
    QUIET = strawberry.enum_value(
        "QUIET",
        description="The campaign waits for a silence, and the member had not been quiet so long.",
    )
    CONDITION = strawberry.enum_value("CONDITION", description="Its condition does not hold.")
    NOTHING = strawberry.enum_value("NOTHING", description="What it gives comes to 0.")
    STACKED = strawberry.enum_value(
        "STACKED", description="Another campaign stands in its place, by the rule of stacking."
    )
    BUDGET = strawberry.enum_value(
        "BUDGET", description="It asked for points, and nothing was left of the campaign's budget."
    )


@strawberry.type(description="An earning rule of the activity's type, and what it made of it.")
class EarningExplanation:
    rule: str = strawberry.field(description="Which: `earning/KEY`.")
    unit: str = strawberry.field(description="The key of the unit of points that it gives.")
    condition: str | None = strawberry.field(
        description="When it applies, as the definition has it. Null: always."
    )
    holds: bool = strawberry.field(
        description="Whether the condition holds for what is left of the activity."
    )
    amount: str = strawberry.field(description="What it gives, as the definition has it.")
    base: Quantity = strawberry.field(
        description="What that comes to, before a tier multiplies it. 0 where the condition does "
        "not hold."
    )
    requested: Quantity = strawberry.field(description="What it asked for.")
    granted: Quantity = strawberry.field(description="What the ledger holds of it.")
    limited_by: str | None = strawberry.field(
        description="What made the difference between the two: `cap/KEY` or `floor`."
    )
    room: Quantity | None = strawberry.field(
        description="What that cap still let through, or how far the floor was below the balance. "
        "Null where nothing limited it."
    )
    silent: SilentRule | None = strawberry.field(
        description="Why it asked for nothing. Null if it did ask."
    )
    is_kept: bool = strawberry.field(
        description="Whether points stay although the activity was taken back: they had matured by "
        "then, and the unit says `negative: only_pending`."
    )

    @classmethod
    def of(cls, each: EarningExplained) -> "EarningExplanation":
        rule = each.rule
        return cls(
            rule=rule.rule,
            unit=rule.unit,
            condition=None if rule.when is None else rule.when.source,
            holds=each.holds,
            amount=rule.amount.source,
            base=Quantity(each.base),
            requested=Quantity(each.requested),
            granted=Quantity(each.granted),
            limited_by=each.limited_by or None,
            room=None if each.room is None else Quantity(each.room),
            silent=None if each.silent is None else SilentRule[each.silent.name],
            is_kept=each.is_kept,
        )


@strawberry.type(
    description="A campaign on the activity's type, and what it added of one unit, or why not."
)
class CampaignExplanation:
    campaign: str = strawberry.field(description="The campaign's name in the definition.")
    unit: str = strawberry.field(description="The key of the unit of points.")
    earned: Quantity = strawberry.field(
        description="What earning rules gave of the unit: that is what it multiplies."
    )
    requested: Quantity = strawberry.field(description="What it asked for.")
    granted: Quantity = strawberry.field(description="What the ledger holds of it.")
    limited_by: str | None = strawberry.field(
        description="What made the difference between the two: `budget/KEY`, `cap/KEY`, or "
        "`cap/campaign/KEY` for the most that it adds for one member."
    )
    silent: SilentRule | None = strawberry.field(
        description="Why it asked for nothing, or (`BUDGET`) asked in vain. Null otherwise."
    )
    is_kept: bool = strawberry.field(
        description="Whether points stay although the activity was taken back, as with an earning "
        "rule."
    )

    @classmethod
    def of(cls, each: CampaignExplained) -> "CampaignExplanation":
        return cls(
            campaign=each.campaign.key,
            unit=each.unit,
            earned=Quantity(each.earned),
            requested=Quantity(each.requested),
            granted=Quantity(each.granted),
            limited_by=each.limited_by or None,
            silent=None if each.silent is None else SilentRule[each.silent.name],
            is_kept=each.is_kept,
        )


@strawberry.type(description="What an activity brought to one of the member's numbers.")
class MetricContribution:
    metric: str = strawberry.field(
        description="The number's name: that of a metric, or one that a badge or board made of it "
        "(`METRIC@BADGE`, `board:KEY`)."
    )
    amount: Quantity = strawberry.field(
        description="What it brought: added to a sum, held against the highest or latest."
    )
    element: str | None = strawberry.field(
        description="The value, where different values are counted: each counts once."
    )
    subject: str | None = strawberry.field(
        description="The post, store, … that the number is about, where one is kept for each."
    )
    window: str | None = strawberry.field(
        description="The stretch of time that the number is about, such as `2017-08`. Null: all."
    )
    starts_at: datetime | None = strawberry.field(description="Its beginning. Null for all time.")
    ends_at: datetime | None = strawberry.field(description="Its end. Null for all time.")

    @classmethod
    def of(cls, each: ContributionExplained) -> "MetricContribution":
        key, window = each.key, each.window
        return cls(
            metric=key.metric,
            amount=Quantity(each.amount),
            element=each.element,
            subject=key.subject or None,
            window=key.window or None,
            starts_at=window.starts_at if window else None,
            ends_at=window.ends_at if window else None,
        )


@strawberry.type(
    description="Why an activity did what it did, by the rules in force when it occurred. What it "
    "earned is in the activity's `entries` and `awards`, what was taken back in `retractions`."
)
class ActivityExplanation:
    version: int = strawberry.field(
        description="The version of the definition that judged the activity."
    )
    left: Quantity | None = strawberry.field(
        description="What retractions leave of its value. Null: nothing is left of it."
    )
    earnings: list[EarningExplanation] = strawberry.field(
        description="Every earning rule of the activity's type, also those that gave nothing."
    )
    campaigns: list[CampaignExplanation] = strawberry.field(
        description="Every campaign on the activity's type, unit by unit, also those that added "
        "nothing."
    )
    contributions: list[MetricContribution] = strawberry.field(
        description="What it brought to which numbers. Numbers that only a secret badge has are "
        "left out until the member has earned it."
    )

    @classmethod
    async def of(cls, context: Context, row: ActivityRow) -> "ActivityExplanation":
        entries = await context.loaders.activities.entries.load(row.activity.key)
        timeline, activity = context.program.timeline, row.activity
        attributes: dict[str, Scalar] = {}
        if reads_attributes(timeline, activity):
            changes = await context.loaders.activities.attribute_changes.load(activity.member)
            attributes = attributes_at(changes, activity)
        last = await _last(context, activity)
        releasing = await _releasing(context, row)
        explained = explain_activity(timeline, row, entries, attributes, last, releasing)
        hidden = await _hidden(context, row.activity.member, explained)
        return cls(
            version=explained.version,
            left=None if explained.left is None else Quantity(explained.left),
            earnings=[EarningExplanation.of(each) for each in explained.earnings],
            campaigns=[CampaignExplanation.of(each) for each in explained.campaigns],
            contributions=[
                MetricContribution.of(each)
                for each in explained.contributions
                if _owner(each) not in hidden
            ],
        )


async def _last(context: Context, activity: Activity) -> dict[str, datetime]:
    """When the member had last done what each campaign is on that waits for a silence."""
    found: dict[str, datetime] = {}
    for campaign in campaigns_after_silence(context.program.timeline, activity):
        rows = await context.reading.activity_page(
            activity.member, before=activity.order, limit=LOOKED_BACK_MAX, types=campaign.types
        )
        at = latest(rows)
        if at is not None:
            found[campaign.key] = at
    return found


async def _releasing(
    context: Context, row: ActivityRow
) -> list[tuple[Activity, tuple[Retraction, ...]]]:
    """The member's facts that points of an activity waited for, where it was taken back."""
    if not row.retractions:
        return []
    member, program = row.activity.member, context.program.timeline.judging(row.activity)
    found: list[tuple[Activity, tuple[Retraction, ...]]] = []
    for awaited in awaited_by(program, row.activity):
        facts = await context.reading.facts_of_type([member], awaited)
        found += [(each.activity, each.retractions) for each in facts[member]]
    return sorted(found, key=lambda fact: fact[0].order)


def _owner(contribution: ContributionExplained) -> str:
    """The badge whose own number it is ("": it is nobody's own)."""
    return contribution.key.metric.partition("@")[2]


async def _hidden(context: Context, member: MemberId, explained: ActivityExplained) -> set[str]:
    """The secret badges with numbers of their own that the member has not earned."""
    versions = [program for _, program in context.program.timeline.versions]
    owners = {_owner(each) for each in explained.contributions}
    secret = [
        key
        for key in owners
        if any(key in rules.badges and rules.badges[key].is_secret for rules in versions)
    ]
    asked = [AwardCountAsked(member, frozenset({key})) for key in secret]
    counts = await context.loaders.award_counts.load_many(asked)
    return {key for key, count in zip(secret, counts, strict=True) if not count}
