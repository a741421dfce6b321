"""What came of an activity and why: each rule of its type asked again, beside what is stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from gamification.campaigns import Unmet, unmet
from gamification.definition.compiled import (
    CampaignGift,
    CampaignPlan,
    CompiledCampaign,
    CompiledEarning,
    CompiledProgram,
    Timeline,
)
from gamification.facts import Activity, Scalar
from gamification.outcomes import NOTHING
from gamification.ports import ActivityRow, EntryRow
from gamification.rules.campaign import asked_for, is_of_earning
from gamification.rules.counting import contributed
from gamification.state import TallyKey
from gamification.windows import Window, window_at

NEVER: Mapping[str, datetime] = MappingProxyType({})


class Silent(Enum):
    """Why a rule or a campaign of the activity's type asked for nothing, or (`BUDGET`) asked in
    vain."""

    RETRACTED = "retracted"
    WINDOW = "window"
    SEGMENT = "segment"
    QUIET = "quiet"
    CONDITION = "condition"
    NOTHING = "nothing"
    STACKED = "stacked"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True)
class EarningExplained:
    """An earning rule of the activity's type: what it asks, what it asked for, what it gave.

    `base` is what its amount alone comes to, before a tier multiplies it; `room` what the cap or
    the floor had left, where one had a say (None: none had).
    """

    rule: CompiledEarning
    holds: bool
    base: int
    requested: int
    granted: int
    limited_by: str
    room: int | None
    silent: Silent | None


@dataclass(frozen=True, slots=True)
class CampaignExplained:
    """A campaign on the activity's type: what it asked for of one unit, what it gave, or why not.

    `earned` is what earning rules gave of the unit, which it may multiply.
    """

    campaign: CompiledCampaign
    unit: str
    earned: int
    requested: int
    granted: int
    limited_by: str
    silent: Silent | None


@dataclass(frozen=True, slots=True)
class ContributionExplained:
    """What an activity brought to one number; `window` is the stretch of time of that number."""

    key: TallyKey
    amount: int
    element: str | None
    window: Window | None


@dataclass(frozen=True, slots=True)
class ActivityExplained:
    """An activity by the rules that judged it; `left` is what retractions leave of its value."""

    version: int
    left: int | None
    earnings: tuple[EarningExplained, ...]
    campaigns: tuple[CampaignExplained, ...]
    contributions: tuple[ContributionExplained, ...]


def reads_attributes(timeline: Timeline, activity: Activity) -> bool:
    """Whether what was known of the member has a part in what came of an activity."""
    plan = timeline.judging(activity).plans.get(activity.type)
    return plan is not None and plan.reads_attributes


def attributes_at(changes: Iterable[ActivityRow], activity: Activity) -> dict[str, Scalar]:
    """What was known of the member at the time of an activity; `changes` are all, in order."""
    known: dict[str, Scalar] = {}
    for change, retractions in ((row.activity, row.retractions) for row in changes):
        if change.order < activity.order and change.less(retractions) is not None:
            known |= change.properties
    return {name: value for name, value in known.items() if value is not None}


def campaigns_after_silence(timeline: Timeline, activity: Activity) -> list[CompiledCampaign]:
    """The campaigns on the activity's type that wait for a silence."""
    plan = timeline.judging(activity).plans.get(activity.type)
    campaigns = [] if plan is None else [each.campaign for each in plan.campaigns]
    return [each for each in campaigns if each.quiet_days is not None]


def latest(rows: Iterable[ActivityRow]) -> datetime | None:
    """When the first of these activities occurred of which anything is left."""
    left = (row.activity for row in rows if row.activity.less(row.retractions) is not None)
    first = next(left, None)
    return None if first is None else first.occurred_at


def explain_activity(
    timeline: Timeline,
    row: ActivityRow,
    entries: Iterable[EntryRow],
    attributes: Mapping[str, Scalar] = NOTHING,
    last: Mapping[str, datetime] = NEVER,
) -> ActivityExplained:
    """What came of an activity and why; `entries` are those it caused, the oldest first,
    `attributes` what was known of the member then, and `last` when they had last done what a
    campaign that waits for a silence is on, by the campaign's key."""
    program = timeline.judging(row.activity)
    left = row.activity.less(row.retractions)
    plan = program.plans.get(row.activity.type)
    postings = _postings(entries)
    return ActivityExplained(
        version=program.version,
        left=None if left is None else left.value,
        earnings=tuple(
            _earning(rule, left, postings.get((rule.rule, rule.unit)))
            for rule in (plan.earnings if plan else ())
        ),
        campaigns=tuple(
            _campaign(
                each,
                gift,
                left=left,
                postings=postings,
                missing=_missing(program, each, left, attributes, last),
            )
            for each in (plan.campaigns if plan else ())
            for gift in each.gifts
        ),
        contributions=_contributions(program, left) if left else (),
    )


class _Posting(NamedTuple):
    """What the ledger says of a rule by now."""

    requested: int
    granted: int
    limited_by: str


def _postings(entries: Iterable[EntryRow]) -> dict[tuple[str, str], _Posting]:
    """The sum of each posting's entries, with what the latest of them says."""
    found: dict[tuple[str, str], _Posting] = {}
    for entry in sorted((row.entry for row in entries), key=lambda each: each.revision):
        key = entry.posting.rule, entry.posting.unit
        before = found[key].granted if key in found else 0
        found[key] = _Posting(entry.requested, before + entry.amount, entry.limited_by)
    return found


def _earning(
    rule: CompiledEarning, left: Activity | None, posting: _Posting | None
) -> EarningExplained:
    holds = left is not None and (
        rule.when is None or rule.when.holds(left.type, left.value, left.properties)
    )
    said = posting or _Posting(0, 0, "")
    silent: Silent | None = None
    if left is None:
        silent = Silent.RETRACTED
    elif not holds:
        silent = Silent.CONDITION
    elif not said.requested:
        silent = Silent.NOTHING
    return EarningExplained(
        rule=rule,
        holds=holds,
        base=rule.amount.of(left.value, left.properties) if left is not None and holds else 0,
        requested=said.requested,
        granted=said.granted,
        limited_by=said.limited_by,
        # Whatever limits a posting lets through exactly what room it has.
        room=abs(said.granted) if said.limited_by else None,
        silent=silent,
    )


def _missing(
    program: CompiledProgram,
    plan: CampaignPlan,
    left: Activity | None,
    attributes: Mapping[str, Scalar],
    last: Mapping[str, datetime],
) -> Unmet | None:
    if left is None:
        return None
    return unmet(plan, left, attributes, program.calendar, last=last.get(plan.campaign.key))


def _campaign(
    plan: CampaignPlan,
    gift: CampaignGift,
    *,
    left: Activity | None,
    postings: Mapping[tuple[str, str], "_Posting"],
    missing: Unmet | None,
) -> CampaignExplained:
    campaign = plan.campaign
    earned = sum(
        max(0, posting.granted)
        for (rule, unit), posting in postings.items()
        if unit == gift.unit and is_of_earning(rule)
    )
    said = postings.get((campaign.rule, gift.unit)) or _Posting(0, 0, "")
    silent: Silent | None = None
    if left is None:
        silent = Silent.RETRACTED
    elif not said.requested:
        if missing is not None:
            silent = Silent[missing.name]
        else:
            silent = Silent.STACKED if asked_for(left, gift, earned) > 0 else Silent.NOTHING
    elif not said.granted and said.limited_by == campaign.limited_by_budget:
        silent = Silent.BUDGET
    return CampaignExplained(
        campaign=campaign,
        unit=gift.unit,
        earned=earned,
        requested=said.requested,
        granted=said.granted,
        limited_by=said.limited_by,
        silent=silent,
    )


def _contributions(
    program: CompiledProgram, activity: Activity
) -> tuple[ContributionExplained, ...]:
    return tuple(
        ContributionExplained(
            each.key,
            each.amount,
            each.element,
            window_at(each.counter.stored, activity.occurred_at, program.calendar),
        )
        for each in contributed(program.agenda(activity.occurred_at), activity)
    )
