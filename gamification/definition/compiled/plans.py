"""What happens to each type of activity, and what must be loaded before it does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from gamification.definition.compiled.campaigns import CampaignPlan
from gamification.definition.compiled.challenges import ChallengePlan
from gamification.definition.compiled.numbers import Contribution, Read
from gamification.definition.compiled.points import CompiledEarning
from gamification.definition.compiled.streaks import CompiledStreak
from gamification.definition.compiled.tiers import CompiledTier
from gamification.properties import PropertyCheck


@dataclass(frozen=True, slots=True)
class ActivityPlan:
    """All that happens to one type of activity, and what must be loaded to judge it.

    `tiers` multiply what its rules give. Where `is_tiered`, its points depend on levels, or levels
    that points depend on are reached by it: then order matters.
    `campaigns` are all that act on it at some time; where it `reads_attributes`, one of them
    depends on what was known of the member.
    `reads` is what its points and its challenges may lead to, through badges and what these give.
    What its contributions may lead to stands in `CompiledProgram.following`; `units` is of all.
    `releases` are the units of which it makes pending points available, each with the property
    that says which; `keeps` are those of its rules' units whose points stay, once they have
    matured, when it is taken back.
    """

    check: PropertyCheck
    contributions: tuple[Contribution, ...]
    streaks: tuple[CompiledStreak, ...]
    local_streaks: tuple[CompiledStreak, ...]
    tiers: tuple[CompiledTier, ...]
    is_tiered: bool
    earnings: tuple[CompiledEarning, ...]
    campaigns: tuple[CampaignPlan, ...]
    reads_attributes: bool
    challenges: tuple[ChallengePlan, ...]
    reads: tuple[Read, ...]
    units: tuple[str, ...]
    releases: tuple[tuple[str, str], ...] = ()
    keeps: tuple[str, ...] = ()


class UnitPlan(NamedTuple):
    """What must be loaded before points of a unit are moved, a streak is, or a challenge is joined.

    `reads` is what may be read because of that, `units` are those that may be given for it.
    """

    reads: tuple[Read, ...]
    units: tuple[str, ...]


class DayReads(NamedTuple):
    """What is read on one local day: tallies as (metric, window, per), and spans of windows as
    (metric, first, last)."""

    tallies: tuple[tuple[str, str, str | None], ...]
    spans: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Agenda:
    """The windows that one local day lies in, worked out once a day and not once an activity.

    `contributions` holds what each type of activity adds, with the window that it adds it to;
    `points` holds (metric, window, start) of each unit; `reads` what each type of activity reads
    for its points, `following` what is read because a metric moved, and `moving` because points of
    a unit did, a streak, or who takes part in a challenge. `campaigns` are those that run at some
    time of the day, by type of activity.
    """

    day: date
    contributions: Mapping[str, tuple[tuple[Contribution, str], ...]]
    points: Mapping[str, tuple[tuple[str, str, int], ...]]
    reads: Mapping[str, DayReads]
    following: Mapping[str, DayReads]
    moving: Mapping[str, DayReads]
    campaigns: Mapping[str, tuple[CampaignPlan, ...]]
