"""Why a member has a badge or has it not: its criteria as they stand, and what brought them there.

Pure functions over what ports read. Nothing here decides anything: what was decided is stored, and
what the rules say of it is asked of the same conditions and amounts that decided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from gamification.definition.compiled import (
    CompiledBadge,
    CompiledCriterion,
    CompiledProgram,
    Level,
    Timeline,
)
from gamification.definition.document import Repeat
from gamification.facts import Activity
from gamification.ids import MemberId
from gamification.progress import CriterionProgress, current_of
from gamification.quantity import SCALE
from gamification.rules.counting import contributed
from gamification.state import AwardKey, Tally, TallyKey
from gamification.stored import ActivityRow, AwardRow, EntryRow
from gamification.windows import Window, key_at, keys_read, stored_unit, window_at


@dataclass(frozen=True, slots=True)
class CriterionExplained:
    """A criterion as it stands: its number, and the stretch of time that is about (None: none)."""

    criterion: CompiledCriterion
    progress: CriterionProgress
    window: Window | None

    @property
    def remaining(self) -> int:
        """What is missing, in ten-thousandths; 0 once it is met."""
        return max(0, self.progress.target - self.progress.current)


@dataclass(frozen=True, slots=True)
class LevelExplained:
    """A level of a badge, the award that it is about, and its criteria as they stand."""

    level: Level
    award: AwardKey
    criteria: tuple[CriterionExplained, ...]

    @property
    def first_unmet(self) -> CriterionExplained | None:
        """The first criterion, in the order of the definition, that keeps the level away."""
        return next((each for each in self.criteria if not each.progress.is_met), None)


class About(NamedTuple):
    """What an explanation of a badge is about: whose, with which subject ("": none), when."""

    member: MemberId
    subject: str
    at: datetime


def tallies_of(program: CompiledProgram, badge: CompiledBadge, about: About) -> set[TallyKey]:
    """The numbers that the badge's criteria read."""
    return {
        TallyKey(about.member, metric, window, about.subject)
        for criterion in badge.criteria
        for metric in (criterion.streak.metrics if criterion.streak else (criterion.metric,))
        for window in keys_read(criterion.window, about.at, program.calendar)
    }


def award_keys(program: CompiledProgram, badge: CompiledBadge, about: About) -> list[AwardKey]:
    """The award of each level that the badge can be earned by, the lowest first."""
    window = key_at(badge.criteria[0].window, about.at, program.calendar)
    return [
        AwardKey(
            about.member,
            badge.key,
            level.number,
            (window or "") if badge.repeat is Repeat.PER_WINDOW else "",
            about.subject if badge.repeat is Repeat.PER_SUBJECT else "",
        )
        for level in badge.levels
    ]


def explain_badge(
    program: CompiledProgram,
    badge: CompiledBadge,
    about: About,
    tallies: Mapping[TallyKey, Tally],
) -> list[LevelExplained]:
    """The tree of a badge's criteria; `tallies` are those of `tallies_of`."""
    now = [
        (
            criterion,
            window_at(criterion.window, about.at, program.calendar),
            current_of(
                program,
                criterion,
                about.member,
                subject=about.subject,
                tallies=tallies,
                now=about.at,
            ),
        )
        for criterion in badge.criteria
    ]
    return [
        LevelExplained(
            level,
            award,
            tuple(
                CriterionExplained(
                    criterion,
                    CriterionProgress(criterion.name, current, target, current >= target),
                    window,
                )
                for (criterion, window, current), target in zip(now, level.thresholds, strict=True)
            ),
        )
        for level, award in zip(badge.levels, award_keys(program, badge, about), strict=True)
    ]


# ---------------------------------------------------------- what an activity added to a badge


class Added(NamedTuple):
    """What an activity brought to a criterion's number, in ten-thousandths.

    `element` is the value it brought to a number of different values.
    """

    criterion: str
    amount: int
    element: str | None


class Caused(NamedTuple):
    """An activity with all that it caused."""

    row: ActivityRow
    entries: Sequence[EntryRow]
    awards: Sequence[AwardRow]


def counting_types(timeline: Timeline, badge: CompiledBadge) -> frozenset[str] | None:
    """The types of activity that can count toward a badge; None where any can."""
    metrics = {_counted_metric(criterion) for criterion in badge.criteria}
    if any(":" in metric for metric in metrics):  # points, caps and badges come from all types
        return None
    return frozenset(
        type_
        for _, program in timeline.versions
        for type_, plan in program.plans.items()
        if any(counter.metric in metrics for counter, _, _ in plan.contributions)
    )


def added(
    timeline: Timeline,
    badge: CompiledBadge,
    about: About,
    caused: Caused,
) -> list[Added]:
    """What an activity counts toward a badge, by the criteria that it counts toward."""
    found: list[Added] = []
    for criterion in badge.criteria:
        found += _added_to(timeline, criterion, about, caused)
    return found


def _added_to(
    timeline: Timeline,
    criterion: CompiledCriterion,
    about: About,
    caused: Caused,
) -> list[Added]:
    activity = caused.row.activity
    program = timeline.judging(activity)
    metric = _counted_metric(criterion)
    if ":" in metric:
        window = key_at(stored_unit(criterion.window), activity.occurred_at, program.calendar)
        if window not in keys_read(criterion.window, about.at, program.calendar):
            return []
        amount = _derived(program, metric, activity, caused)
        return [Added(criterion.name, amount, None)] if amount else []
    left = activity.less(caused.row.retractions)
    if left is None:
        return []
    windows = keys_read(criterion.window, about.at, program.calendar)
    return [
        Added(criterion.name, each.amount, each.element)
        for each in contributed(program.agenda(activity.occurred_at), left)
        if each.key.metric == metric
        and each.key.subject == about.subject
        and (criterion.streak is not None or each.key.window in windows)
    ]


def _counted_metric(criterion: CompiledCriterion) -> str:
    """The metric that activities move; a streak's own numbers follow from it."""
    return criterion.metric if criterion.streak is None else criterion.streak.counted


def _derived(program: CompiledProgram, metric: str, activity: Activity, caused: Caused) -> int:
    """What was added to a number that no activity moves by itself: points, caps, badges."""
    kind, _, key = metric.partition(":")
    match kind:
        case "points":
            entries = [row.entry for row in caused.entries]
            return sum(each.amount for each in entries if each.posting.unit == key)
        case "cap":
            plan = program.plans.get(activity.type)
            rules = {
                (rule.rule, rule.unit)
                for rule in (plan.earnings if plan else ())
                if any(cap.key == key for cap in rule.caps)
            }
            entries = [row.entry for row in caused.entries]
            return sum(
                each.amount for each in entries if (each.posting.rule, each.posting.unit) in rules
            )
        case "badge":
            return SCALE * sum(row.award.key.badge == key for row in caused.awards)
        case "challenge":
            return SCALE * sum(row.award.key.badge == metric for row in caused.awards)
        case "given":
            givers = {one.award for one in program.challenges.values() if key in one.badges}
            return SCALE * sum(row.award.key.badge in givers for row in caused.awards)
        case _:
            return 0
