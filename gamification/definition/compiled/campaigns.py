"""Campaigns as they run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import NamedTuple

from gamification.amounts import Amount
from gamification.conditions import Condition, Segment
from gamification.days import Unit as CalendarUnit
from gamification.definition.compiled.points import CompiledCap
from gamification.definition.document_campaigns import Stack

BUDGET = "budget"
"""The kind of limit that a budget is, beside caps and floors."""


class Anniversary(NamedTuple):
    """Each year's day or month of the date that one of the member's attributes names."""

    unit: CalendarUnit
    attribute: str


class Hours(NamedTuple):
    """From one time of a local day up to another, which is not among them (None: midnight)."""

    first: time
    end: time | None


@dataclass(frozen=True, slots=True)
class CompiledCampaign:
    """What adds points for a while. It runs in `[starts_at, ends_at)` (None: without that bound),
    and then on these `weekdays` (0 = Monday), at these hours, on this anniversary, after so many
    days in which the member did nothing of its types."""

    key: str
    name: str
    description: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    weekdays: frozenset[int]
    hours: Hours | None
    anniversary: Anniversary | None
    quiet_days: int | None
    types: tuple[str, ...]
    among: Segment | None
    stack: Stack
    factors: Mapping[str, int]
    """By how many ten-thousandths it multiplies, by unit."""
    budgets: Mapping[str, int]
    """The most that it adds for all members together, by unit."""
    units: tuple[str, ...]
    """All units that it adds to."""

    @property
    def rule(self) -> str:
        """The rule that its postings name."""
        return f"campaign/{self.key}"

    def budget_key(self, unit: str) -> str:
        """The shared number that counts what it has added of a unit: budget_of says the same."""
        return f"{self.rule}/{unit}"

    @property
    def limited_by_budget(self) -> str:
        """What limits a posting that a budget had the last word on."""
        return f"{BUDGET}/{self.key}"

    @property
    def budget_keys(self) -> tuple[str, ...]:
        """The shared numbers of all its budgets."""
        return tuple(self.budget_key(unit) for unit in self.budgets)

    @property
    def last_metric(self) -> str:
        """The tally whose time is that of the member's latest activity of its types."""
        return f"campaign-last:{self.key}"

    @property
    def reads_attributes(self) -> bool:
        """Whether it depends on what was known of the member."""
        return self.among is not None or self.anniversary is not None


class CampaignGift(NamedTuple):
    """What a campaign adds of one unit: `factor` (in ten-thousandths) less one times what earning
    rules give, and a bonus; within these caps."""

    unit: str
    factor: int
    bonus: Amount | None
    caps: tuple[CompiledCap, ...]


class CampaignPlan(NamedTuple):
    """What a campaign does to one type of activity."""

    campaign: CompiledCampaign
    when: Condition | None
    gifts: tuple[CampaignGift, ...]
