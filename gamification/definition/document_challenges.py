"""Challenges as their author writes them."""

from datetime import date
from enum import Enum
from typing import Annotated

from pydantic import Field

from gamification.definition.parts import Expression, Key, Label, Number, Part, Prose, Words


class StepOrder(Enum):
    """Whether what is done counts toward every step, or only toward the first that is open."""

    PARALLEL = "parallel"
    SEQUENTIAL = "sequential"


class Join(Enum):
    """Who takes part: everybody, who joins, or who was invited and joins."""

    AUTOMATIC = "automatic"
    OPT_IN = "opt_in"
    INVITATION = "invitation"


class CountFrom(Enum):
    """Since when is counted what a member does in a run."""

    START = "start"
    JOIN = "join"


class Of(Enum):
    """Whose number has to reach the goal: each member's own, that of a team, or of all."""

    MEMBER = "member"
    TEAM = "team"
    COMMUNITY = "community"


class Combine(Enum):
    """What the numbers of a team's members make together."""

    SUM = "sum"
    MEAN = "mean"
    BEST = "best"


class Winners(Part):
    """How many can complete a run: those who are first."""

    most: Annotated[int, Field(ge=1, le=1_000_000)]


class Goal(Part):
    """A number to reach."""

    name: Label | None = None
    metric: Key = Field(description="What is counted: one number of the member's own.")
    target: Annotated[Number, Field(gt=0)]
    where: Expression | None = Field(None, description="Only activities for which this holds.")


class Challenge(Part):
    """A goal, or several steps, to reach within a run."""

    name: Label | None = None
    description: Prose | None = None
    image: Annotated[str, Field(max_length=500)] | None = None
    goal: Goal | None = Field(None, description="What to reach. Or give 'steps'.")
    steps: list[Goal] | None = Field(None, min_length=1, max_length=20)
    order: StepOrder = StepOrder.PARALLEL
    every: Words | None = Field(
        None, description="A new run begins with each day, week, month, quarter, year or season."
    )
    from_: date | None = Field(None, alias="from", description="The first local day.")
    until: date | None = Field(None, description="The first local day that is not part of it.")
    join: Join = Join.AUTOMATIC
    count_from: CountFrom = CountFrom.START
    of: Of = Of.MEMBER
    combine: Combine | None = Field(
        None, description="Of a team: the sum of its members' numbers, the mean, or the best."
    )
    best: Annotated[int, Field(ge=1, le=100)] | None = Field(
        None, description="With 'combine: best': how many of the highest numbers are added up."
    )
    winners: Winners | None = Field(None, description="How many can complete a run. All, else.")
    give: dict[Key, Number | Key] = Field(
        default_factory=dict[str, Number | Key],
        max_length=20,
        description="Points for completing it, and under 'badge' a badge that has no criteria.",
    )
