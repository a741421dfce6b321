"""What came of an activity and why: each rule of its type asked again, beside what is stored."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import partial
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
from gamification.rules import earning
from gamification.rules.campaign import asked_for, is_of_earning
from gamification.rules.counting import contributed
from gamification.rules.kept import History, Releases, keeps, remains_of
from gamification.state import TallyKey
from gamification.stored import ActivityRow, EntryRow
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
    the floor had left, where one had a say (None: none had). `is_kept`: it gives more than for what
    is left of the activity, because that had matured when the activity was taken back.
    """

    rule: CompiledEarning
    holds: bool
    base: int
    requested: int
    granted: int
    limited_by: str
    room: int | None
    silent: Silent | None
    is_kept: bool


@dataclass(frozen=True, slots=True)
class CampaignExplained:
    """A campaign on the activity's type: what it asked for of one unit, what it gave, or why not.

    `earned` is what earning rules gave of the unit, which it may multiply; `is_kept` as there.
    """

    campaign: CompiledCampaign
    unit: str
    earned: int
    requested: int
    granted: int
    limited_by: str
    silent: Silent | None
    is_kept: bool


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
    releasing: History = (),
) -> ActivityExplained:
    """What came of an activity and why; `entries` are those it caused, the oldest first,
    `attributes` what was known of the member then, and `last` when they had last done what a
    campaign that waits for a silence is on, by the campaign's key. `releasing` are the member's
    facts, in order, that points of the activity may have waited for."""
    program = timeline.judging(row.activity)
    left = row.activity.less(row.retractions)
    plan = program.plans.get(row.activity.type)
    postings = _postings(entries)
    kept: Mapping[str, Activity] = {}
    if row.retractions and keeps(program, row.activity):
        releases = Releases(timeline, releasing)
        kept = remains_of(program, row.activity, row.retractions, releases).kept
    return ActivityExplained(
        version=program.version,
        left=None if left is None else left.value,
        earnings=tuple(
            _earning(rule, left, kept.get(rule.unit), postings.get((rule.rule, rule.unit)))
            for rule in (plan.earnings if plan else ())
        ),
        campaigns=tuple(
            _campaign(
                each.campaign,
                gift,
                left=left,
                kept=kept.get(gift.unit),
                postings=postings,
                missing=partial(_missing, program, each, attributes, last),
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
    rule: CompiledEarning, left: Activity | None, kept: Activity | None, posting: _Posting | None
) -> EarningExplained:
    counted = _counted(partial(earning.asked_for, rule), left, kept)
    holds = counted is not None and (
        rule.when is None or rule.when.holds(counted.type, counted.value, counted.properties)
    )
    said = posting or _Posting(0, 0, "")
    silent: Silent | None = None
    if counted is None:
        silent = Silent.RETRACTED
    elif not holds:
        silent = Silent.CONDITION
    elif not said.requested:
        silent = Silent.NOTHING
    return EarningExplained(
        rule=rule,
        holds=holds,
        base=0 if counted is None else earning.asked_for(rule, counted),
        requested=said.requested,
        granted=said.granted,
        limited_by=said.limited_by,
        # Whatever limits a posting lets through exactly what room it has.
        room=abs(said.granted) if said.limited_by else None,
        silent=silent,
        is_kept=kept is not None and counted is kept,
    )


def _counted(
    ask: Callable[[Activity], int], left: Activity | None, kept: Activity | None
) -> Activity | None:
    """As what an activity counts for a rule: as what is left of it, or as what had matured."""
    if kept is None:
        return left
    return kept if ask(kept) > (0 if left is None else ask(left)) else left


def _missing(
    program: CompiledProgram,
    plan: CampaignPlan,
    attributes: Mapping[str, Scalar],
    last: Mapping[str, datetime],
    activity: Activity,
) -> Unmet | None:
    since = last.get(plan.campaign.key)
    return unmet(plan, activity, attributes, program.calendar, last=since)


def _campaign(
    campaign: CompiledCampaign,
    gift: CampaignGift,
    *,
    left: Activity | None,
    kept: Activity | None,
    postings: Mapping[tuple[str, str], _Posting],
    missing: Callable[[Activity], Unmet | None],
) -> CampaignExplained:
    earned = sum(
        max(0, posting.granted)
        for (rule, unit), posting in postings.items()
        if unit == gift.unit and is_of_earning(rule)
    )

    def asked(activity: Activity) -> int:
        return 0 if missing(activity) is not None else asked_for(activity, gift, earned)

    counted = _counted(asked, left, kept)
    said = postings.get((campaign.rule, gift.unit)) or _Posting(0, 0, "")
    silent: Silent | None = None
    if counted is None:
        silent = Silent.RETRACTED
    elif not said.requested:
        first = missing(counted)
        if first is not None:
            silent = Silent[first.name]
        else:
            silent = Silent.STACKED if asked(counted) > 0 else Silent.NOTHING
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
        is_kept=bool(said.requested) and kept is not None and counted is kept,
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
