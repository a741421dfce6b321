"""The definition as its author writes it: what may be said, in pydantic models."""

from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from gamification.definition.document_campaigns import Campaign
from gamification.definition.document_challenges import Challenge
from gamification.definition.document_leagues import League
from gamification.definition.document_points import Points
from gamification.definition.document_prizes import Prizes, SettleFor
from gamification.definition.document_streaks import Streak
from gamification.definition.document_tiers import Tier
from gamification.definition.parts import (
    Amount,
    Expression,
    Key,
    Keys,
    Label,
    Number,
    Part,
    PropertyPath,
    Prose,
    Weekday,
    Words,
    as_list,
)


class PropertyKind(Enum):
    """The type of a property. `integer` and `number` may be summed, `string`s distinguished."""

    STRING = "string"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"


class Property(Part):
    """A property in long form, for one that may be left out."""

    type: PropertyKind
    optional: bool = False


class ActivityType(Part):
    """A kind of activity that may be sent. Unknown types and ill-typed properties are refused."""

    name: Label | None = None
    description: Prose | None = None
    value: Label | None = Field(
        None, description="What the value of the activity counts: 'amount'."
    )
    properties: dict[str, PropertyKind | Property] = Field(
        default_factory=dict[str, PropertyKind | Property], max_length=50
    )


class Metric(Part):
    """An aggregation over activities: one of count, sum, distinct, max or last."""

    name: Label | None = None
    count: Keys | None = Field(None, description="Counts the activities of these types.")
    sum: Amount | dict[Key, Amount] | None = Field(
        None, description="Adds up an amount for each activity, or a weight for each type."
    )
    distinct: PropertyPath | None = Field(None, description="Counts the different values.")
    max: Amount | None = Field(None, description="Keeps the highest amount.")
    last: Amount | None = Field(None, description="Keeps the latest amount.")
    of: Keys | None = Field(
        None, description="The types of activity that sum, distinct, max and last are taken over."
    )
    where: Expression | None = Field(None, description="Only activities for which this holds.")
    per: PropertyPath | None = Field(
        None, description="One number for each value of this property: for each post, each store."
    )
    over: Words = "all time"


class Cap(Part):
    """The most that the rules which name it may give together in a window."""

    name: Label | None = None
    points: Key
    most: Annotated[Number, Field(gt=0)]
    per: Words


class Earning(Part):
    """Points for an activity."""

    on: Keys = Field(min_length=1)
    when: Expression | None = None
    give: dict[Key, Amount] = Field(min_length=1, max_length=20)
    cap: Keys = Field(
        default_factory=list[str], max_length=5, description="Rules without a cap are exempt."
    )


class Criterion(Part):
    """A threshold on a metric, on points earned, on what a cap has let through, on badges, on the
    length of a streak, or on how often a challenge was completed."""

    metric: Key | None = None
    points: Key | None = None
    cap: Key | None = None
    badge: Key | None = None
    streak: Key | None = None
    challenge: Key | None = None
    at_least: Annotated[Number, Field(gt=0)]
    over: Words | None = Field(None, description="The metric's own window if left out.")


Criteria = Annotated[
    list[Criterion],
    BeforeValidator(as_list, json_schema_input_type=Criterion | list[Criterion]),
]
"""One criterion, or a list of them: read as a list."""


class Repeat(Enum):
    """How often one member can earn the badge."""

    ONCE = "once"
    PER_WINDOW = "per window"
    PER_SUBJECT = "per subject"


class Badge(Part):
    """A mark of achievement. Either `when` (all criteria), or `levels` of one metric or streak;
    neither, where a challenge gives it."""

    name: Label | None = None
    description: Prose | None = None
    image: Annotated[str, Field(max_length=500)] | None = None
    when: Criteria | None = Field(None, max_length=10)
    levels: dict[Key, Annotated[Number, Field(gt=0)]] | None = Field(None, max_length=50)
    on: Key | None = Field(None, description="The metric that the levels are thresholds of.")
    streak: Key | None = Field(None, description="The streak that the levels are lengths of.")
    over: Words | None = Field(None, description="The window of the levels.")
    where: Expression | None = Field(
        None, description="Narrows which activities count toward this badge."
    )
    repeat: Repeat = Repeat.ONCE
    give: dict[Key, Number | list[Number]] = Field(
        default_factory=dict[str, Number | list[Number]],
        max_length=20,
        description="Points for earning it; a list gives each level its own.",
    )
    visibility: Literal["public", "secret"] = "public"


class Ties(Enum):
    """How equal scores are ranked: 1,2,2,4 or 1,2,2,3 or 1,2,3,4."""

    COMPETITION = "competition"
    DENSE = "dense"
    ORDINAL = "ordinal"


class Leaderboard(Part):
    """A ranking of members by a metric or by points earned, in each run of its window."""

    name: Label | None = None
    metric: Key | None = None
    points: Key | None = None
    every: Words = "all time"
    ties: Ties = Ties.COMPETITION
    settle_for: SettleFor = "1 hour"
    prizes: Prizes = Field(default_factory=dict[str, dict[str, Decimal]])
    among: Expression | None = Field(
        None, description="Only members for whom this holds: member.attributes.country == 'TR'."
    )


class Definition(Part):
    """The rules of one program."""

    key: Key
    name: Label
    description: Prose | None = None
    time_zone: str = Field("UTC", description="An IANA zone: days, weeks and months are its days.")
    week_starts: Weekday = "monday"
    max_lateness: Annotated[str, Field(pattern=r"^[1-9]\d{0,3} days?$")] | None = Field(
        None, description="How old an activity may be that is not imported: '30 days'."
    )
    seasons: dict[Key, str] = Field(
        default_factory=dict[str, str], max_length=100, description="NAME: 2026-12-01/2027-03-01"
    )
    activities: dict[Key, ActivityType] = Field(min_length=1, max_length=200)
    metrics: dict[Key, Metric] = Field(default_factory=dict[str, Metric], max_length=200)
    points: dict[Key, Points] = Field(default_factory=dict[str, Points], max_length=20)
    caps: dict[Key, Cap] = Field(default_factory=dict[str, Cap], max_length=50)
    earning: dict[Key, Earning] = Field(default_factory=dict[str, Earning], max_length=500)
    streaks: dict[Key, Streak] = Field(default_factory=dict[str, Streak], max_length=50)
    tiers: dict[Key, Tier] = Field(default_factory=dict[str, Tier], max_length=10)
    badges: dict[Key, Badge] = Field(default_factory=dict[str, Badge], max_length=500)
    campaigns: dict[Key, Campaign] = Field(default_factory=dict[str, Campaign], max_length=100)
    challenges: dict[Key, Challenge] = Field(default_factory=dict[str, Challenge], max_length=200)
    leaderboards: dict[Key, Leaderboard] = Field(
        default_factory=dict[str, Leaderboard], max_length=100
    )
    leagues: dict[Key, League] = Field(default_factory=dict[str, League], max_length=10)
