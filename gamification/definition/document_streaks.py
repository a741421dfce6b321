"""What may be said of streaks."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from gamification.definition.parts import Key, Label, Number, Part, Prose, Weekday

Limit = Literal["week", "month", "quarter", "half year", "year"]
"""The windows that pauses and restores are limited in."""


class Freezes(Part):
    """Missed periods that a streak survives. A freeze is used up by each, as it ends."""

    start: Annotated[int, Field(ge=0, le=100)] = Field(
        0, description="How many a member begins with, once."
    )
    earn_every: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        None, description="One is earned after so many periods in a row, and again after as many."
    )
    most: Annotated[int, Field(ge=1, le=100)] = Field(
        1, description="How many can be kept. What is earned beyond is lost."
    )


class Pauses(Part):
    """Periods in which a streak asks for nothing, because the member said so before."""

    most: Annotated[int, Field(ge=1, le=366)] = Field(
        description="How many periods may be paused in a window."
    )
    per: Limit = Field("year", description="The window: that in which the pause begins.")


class Restore(Part):
    """A streak that has ended may be taken up again."""

    within: Annotated[int, Field(ge=1, le=100)] = Field(
        description="So many periods after the end of the one that was missed."
    )
    most: Annotated[int, Field(ge=1, le=100)] = Field(1, description="How often in a window.")
    per: Limit = "month"
    cost: dict[Key, Annotated[Number, Field(gt=0)]] = Field(
        default_factory=dict[str, Decimal], max_length=1, description="What it costs: {gems: 100}."
    )


class Streak(Part):
    """How many days, weeks or months in a row a number has been reached."""

    name: Label | None = None
    description: Prose | None = None
    metric: Key = Field(description="A count or a sum: what has to be done in each period.")
    at_least: Annotated[Number, Field(gt=0)] = Decimal(1)
    every: Literal["day", "week", "month"] = "day"
    on: list[Weekday] | None = Field(
        None,
        min_length=1,
        max_length=7,
        description="Only these days ask for something. On others nothing is missed, or gained.",
    )
    zone: Literal["program", "member"] = Field(
        "program", description="Whose days they are: the program's, or where the member lives."
    )
    freezes: Freezes | None = None
    pauses: Pauses | None = None
    restore: Restore | None = None
    targets: list[Annotated[int, Field(ge=1, le=100_000)]] = Field(
        default_factory=list[int],
        max_length=50,
        description="Lengths to look forward to, the lowest first: each is announced.",
    )
    warn: Annotated[str, Field(pattern=r"^[1-9]\d{0,2} hours?$")] | None = Field(
        None, description="How long before a period ends a member is reminded: '4 hours'."
    )
