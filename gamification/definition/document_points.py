"""Units of points as their author writes them: when they expire and mature, what may be done."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from gamification import durations
from gamification.definition.parts import Key, Label, Number, Part, PropertyPath, as_list

Term = Annotated[
    str,
    Field(
        pattern=durations.FORM,
        description="A length of time on the calendar: '14 days', '2 weeks', '6 months', '1 year'.",
        examples=["6 months"],
    ),
]
DayOfYear = Annotated[
    str,
    Field(
        pattern=r"^(?:\d{4}-)?\d{2}-\d{2}$",
        description="A day of every year, '12-31', or of one year, '2027-03-31'.",
        examples=["12-31"],
    ),
]
DaysOfYear = Annotated[
    list[DayOfYear],
    BeforeValidator(as_list, json_schema_input_type=DayOfYear | list[DayOfYear]),
]


class Expires(Part):
    """When points expire: they can be used to the end of a day."""

    after: Term | None = Field(None, description="So long after they came.")
    at: (
        Literal[
            "end of day",
            "end of week",
            "end of month",
            "end of quarter",
            "end of half year",
            "end of year",
        ]
        | None
    ) = Field(None, description="Then on to the end of the calendar unit.")
    on: DaysOfYear | None = Field(
        None, min_length=1, max_length=40, description="Then on to the next of these days."
    )
    unused_for: Term | None = Field(
        None,
        description="So long after the account was last used, all points together: received, "
        "spent, held or captured.",
    )
    warn: Annotated[str, Field(pattern=r"^[1-9]\d{0,2} (?:day|week)s?$")] | None = Field(
        None, description="How long before it the member is told: '7 days'."
    )


class Release(Part):
    """Points that are pending until an activity says otherwise."""

    until: Key = Field(description="The type of activity that makes them available.")
    per: PropertyPath = Field(
        description="What both activities are about: the one that brought the points, and this."
    )


LimitUnit = Literal["day", "week", "month", "quarter", "half year", "year"]


class Transfers(Part):
    """What members may give to each other."""

    least: Annotated[Number, Field(gt=0)] = Field(
        Decimal("0.0001"), description="The fewest at a time."
    )
    most: Annotated[Number, Field(gt=0)] | None = Field(
        None, description="The most at a time. No such limit, if left out."
    )
    most_per: dict[LimitUnit, Annotated[Number, Field(gt=0)]] = Field(
        default_factory=dict[LimitUnit, Decimal],
        description="The most that one member gives in a day, a week, a month, a quarter, half a "
        "year or a year.",
    )


class Conversion(Part):
    """A rate: points of this unit for points of another."""

    take: Annotated[Number, Field(gt=0)]
    give: Annotated[Number, Field(gt=0)]


class Points(Part):
    """A unit of account: stars, XP, reputation."""

    name: Label | None = None
    start: Number = Field(Decimal(0), description="What every member starts with.")
    minimum: Number | None = Field(None, description="The balance never falls below this.")
    expires: Expires | None = Field(None, description="When points expire. Never, if left out.")
    pending: Term | Release | None = Field(
        None,
        description="How long what activities bring cannot be spent. Not at all, if left out.",
    )
    holds: Term | None = Field(
        None, description="The longest time that points may be held. No holds, if left out."
    )
    transfers: bool | Transfers = Field(
        default=False, description="Whether members may give these points to each other."
    )
    convert: dict[Key, Conversion] = Field(
        default_factory=dict[str, Conversion],
        max_length=20,
        description="Units that members may convert these points into.",
    )
    negative: Literal["only_pending", "within_balance", "allow"] | None = Field(
        None,
        description="What it means when points are taken back that have been spent: what is "
        "missing is owed ('allow'), or let go ('within_balance'). With 'only_pending' only what "
        "can not be spent yet is taken back at all.",
    )
