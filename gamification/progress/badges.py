"""Progress bars of badges: how far the next level is, for the subject that is nearest to it."""

from collections.abc import Mapping
from datetime import datetime

from gamification.definition.compiled import CompiledBadge, CompiledCriterion, CompiledProgram
from gamification.definition.document import Repeat
from gamification.ids import MemberId
from gamification.progress.bars import (
    CriterionProgress,
    Milestone,
    Progress,
    ProgressKind,
    fraction_of,
)
from gamification.quantity import SCALE
from gamification.state import AwardKey, Tally, TallyKey
from gamification.streaks import status_at
from gamification.windows import AllTime, keys_read, window_at


def badge_bar(
    program: CompiledProgram,
    badge: CompiledBadge,
    member: MemberId,
    *,
    tallies: Mapping[TallyKey, Tally],
    earned: Mapping[AwardKey, datetime],
    now: datetime,
) -> Progress:
    """The bar of a badge's next level."""
    subject = "" if badge.per is None else _nearest_subject(program, badge, member, tallies, now)
    values = tuple(
        current_of(program, criterion, member, subject=subject, tallies=tallies, now=now)
        for criterion in badge.criteria
    )
    window = window_at(badge.criteria[0].window, now, program.calendar)
    reached = {
        level.number: _earned_at(badge, level.number, member, window.key if window else "", earned)
        for level in badge.levels
    }
    open_levels = [level for level in badge.levels if reached[level.number] is None]
    goal = open_levels[0] if open_levels else badge.levels[-1]
    criteria = tuple(
        CriterionProgress(criterion.name, value, target, value >= target)
        for criterion, value, target in zip(badge.criteria, values, goal.thresholds, strict=True)
    )
    behind = min(criteria, key=lambda each: fraction_of(each.current, each.target))
    written = program.definition.badges[badge.key]
    completed_at = None if open_levels else reached[badge.levels[-1].number]
    shows_window = not isinstance(badge.criteria[0].window, AllTime)
    return Progress(
        kind=ProgressKind.BADGE,
        key=badge.key,
        name=written.name or badge.key,
        subject=subject,
        starts_at=window.starts_at if window and shows_window else None,
        ends_at=window.ends_at if window and shows_window else None,
        # What is done stays done, also when a number has fallen or begun anew since.
        current=behind.current if completed_at is None else max(behind.current, behind.target),
        target=behind.target,
        milestones=tuple(
            _milestone(level.key or badge.key, level.thresholds[0], reached[level.number])
            for level in badge.levels
        ),
        criteria=criteria,
        completed_at=completed_at,
    )


def _milestone(key: str, target: int, reached_at: datetime | None) -> Milestone:
    return Milestone(key, target, reached_at is not None, reached_at)


def _earned_at(
    badge: CompiledBadge,
    level: int,
    member: MemberId,
    window: str,
    earned: Mapping[AwardKey, datetime],
) -> datetime | None:
    """When the award that this bar is about was earned; a badge per subject is never done."""
    if badge.repeat is Repeat.PER_SUBJECT:
        return None
    key = AwardKey(
        member, badge.key, level, window if badge.repeat is Repeat.PER_WINDOW else "", ""
    )
    return earned.get(key)


def current_of(
    program: CompiledProgram,
    criterion: CompiledCriterion,
    member: MemberId,
    *,
    subject: str,
    tallies: Mapping[TallyKey, Tally],
    now: datetime,
) -> int:
    """The number that a criterion is about, as it stands at `now`."""
    if criterion.streak is not None:
        find = tallies.get
        status = status_at(criterion.streak, member, find, at=now, calendar=program.calendar)
        return status.length * SCALE
    windows = keys_read(criterion.window, now, program.calendar)
    keys = [TallyKey(member, criterion.metric, window, subject) for window in windows]
    found = [tallies[key] for key in keys if key in tallies]
    return criterion.aggregation.over(found) if found else criterion.empty


def _nearest_subject(
    program: CompiledProgram,
    badge: CompiledBadge,
    member: MemberId,
    tallies: Mapping[TallyKey, Tally],
    now: datetime,
) -> str:
    """The subject that has come furthest without reaching the goal ("" if there is none)."""
    metrics = {criterion.metric for criterion in badge.criteria}
    candidates = {key.subject for key in tallies if key.metric in metrics}
    goal = badge.levels[-1].thresholds

    def fractions(subject: str) -> list[int]:
        return [
            fraction_of(
                current_of(program, criterion, member, subject=subject, tallies=tallies, now=now),
                target,
            )
            for criterion, target in zip(badge.criteria, goal, strict=True)
        ]

    behind = [(fractions(subject), subject) for subject in candidates]
    unmet = [(sum(each), subject) for each, subject in behind if min(each) < SCALE]
    if not unmet:
        return ""
    furthest = max(total for total, _ in unmet)
    return min(subject for total, subject in unmet if total == furthest)
