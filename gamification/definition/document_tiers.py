"""What may be said of tiers."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from gamification.definition.parts import Key, Label, Number, Part, Prose

Least = Annotated[Number, Field(ge=0)]
Days = Annotated[str, Field(pattern=r"^[1-9]\d{0,2} days?$")]


class Qualifier(Part):
    """One of several numbers that lead to levels."""

    metric: Key | None = None
    points: Key | None = None


class ForLife(Part):
    """An all-time number that makes a level one's own for ever."""

    metric: Key | None = None
    points: Key | None = None
    at_least: Annotated[Number, Field(gt=0)]


class TierBenefits(Part):
    """A level of a ladder in long form, for one that brings something."""

    at: Least | dict[Key, Least] = Field(
        description="The number that reaches it. With `any_of`, one for each: any of them will do."
    )
    name: Label | None = None
    multiply: dict[Key, Annotated[Number, Field(gt=0, le=1000)]] = Field(
        default_factory=dict[str, Decimal],
        max_length=20,
        description="What earning rules give of these points is multiplied by this.",
    )
    perks: list[Label] = Field(
        default_factory=list[str], max_length=50, description="What else it brings, for people."
    )
    for_life: ForLife | None = Field(None, description="What makes the level last for ever.")


class Tier(Part):
    """A ladder of levels that members hold while a number over windows of time suffices."""

    name: Label | None = None
    description: Prose | None = None
    metric: Key | None = None
    points: Key | None = None
    any_of: list[Qualifier] | None = Field(
        None, min_length=2, max_length=5, description="Several numbers, each of which qualifies."
    )
    over: str = Field(
        "year",
        description="The windows of the number: 'day', 'week', 'month', 'quarter', 'half year', "
        "'year', 'all time', '365 days' or '12 months' for days that roll, or 'year of joining' "
        "for years that begin on the day of the member's first activity.",
        examples=["year", "365 days", "12 months", "year of joining"],
    )
    levels: dict[Key, Least | TierBenefits] = Field(
        min_length=1, max_length=20, description="The lowest first: what reaches each."
    )
    keep: Literal["this window", "next window"] = Field(
        "next window", description="Until the end of which window a level holds."
    )
    downgrade: Literal["reassess", "one step"] = Field(
        "reassess",
        description="To what it falls then: to what later windows give, or by one level.",
    )
    rollover: bool = Field(
        False, description="What is beyond a level's threshold counts in the next window, too."
    )
    grace: Days | None = Field(None, description="How long a level holds beyond its windows.")
    warn: Days | None = Field(
        None, description="How long before a level falls a member is told: '30 days'."
    )
