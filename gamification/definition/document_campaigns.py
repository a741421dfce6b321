"""Campaigns as their author writes them."""

from decimal import Decimal
from enum import Enum
from typing import Annotated

from pydantic import Field

from gamification.definition.parts import (
    Amount,
    Expression,
    Key,
    Keys,
    Label,
    Number,
    Part,
    Prose,
    Weekday,
)

Moment = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2})?$",
        description="A local day or time in the program's zone: '2026-12-05', '2026-12-05 18:00'.",
        examples=["2026-12-05", "2026-12-05 18:00"],
    ),
]
Factor = Annotated[Number, Field(gt=1, le=1000)]


class Stack(Enum):
    """What becomes of a campaign where others add to the same unit for the same activity."""

    TOGETHER = "together"
    BEST = "best"
    ALONE = "alone"


class Campaign(Part):
    """More points for a while: what earning rules give is multiplied, or a bonus added."""

    name: Label | None = None
    description: Prose | None = None
    from_: Moment | None = Field(None, alias="from", description="When it begins.")
    until: Moment | None = Field(None, description="When it is over: it does not include it.")
    weekdays: list[Weekday] | None = Field(
        None, min_length=1, max_length=7, description="Only on these days of the week."
    )
    hours: (
        Annotated[
            str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d ?- ?(([01]\d|2[0-3]):[0-5]\d|24:00)$")
        ]
        | None
    ) = Field(None, description="Only at these hours of a day, the end excluded: '14:00-16:00'.")
    anniversary: (
        Annotated[
            str, Field(pattern=r"^(day|month) of member\.attributes\.[A-Za-z_][A-Za-z0-9_]{0,63}$")
        ]
        | None
    ) = Field(
        None,
        description="Only on the day or in the month of each year that a date among the member's "
        "attributes names: 'month of member.attributes.birthday'.",
    )
    on: Keys = Field(min_length=1, description="The types of activity that it acts on.")
    after_quiet: Annotated[str, Field(pattern=r"^[1-9]\d{0,3} days?$")] | None = Field(
        None,
        description="Only the first of its activities after so many days in which the member did "
        "none of them: '90 days'. Not the very first.",
    )
    when: Expression | None = Field(None, description="Only activities for which this holds.")
    among: Expression | None = Field(
        None,
        description="Only members for whom this held when they did it: "
        "member.attributes.country == 'TR'.",
    )
    multiply: dict[Key, Factor] = Field(
        default_factory=dict[str, Decimal],
        max_length=20,
        description="What earning rules give of these points comes to so many times as much.",
    )
    give: dict[Key, Amount] = Field(
        default_factory=dict[str, Decimal | str], max_length=20, description="A bonus besides."
    )
    stack: Stack = Field(
        Stack.TOGETHER,
        description="together: adds to whatever others add. best: of several such the one that "
        "asks for most. alone: where it asks for anything, no other adds to that unit.",
    )
    cap: Keys = Field(
        default_factory=list[str],
        max_length=5,
        description="Caps that limit also what it adds. Campaigns that name none are exempt.",
    )
    budget: dict[Key, Annotated[Number, Field(gt=0)]] = Field(
        default_factory=dict[str, Decimal],
        max_length=20,
        description="The most that it adds for all members together. It stops there exactly.",
    )
    most: dict[Key, Annotated[Number, Field(gt=0)]] = Field(
        default_factory=dict[str, Decimal],
        max_length=20,
        description="The most that it adds for one member, in all.",
    )
