"""Progress bars and milestones, as pure functions of tallies and `now`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from gamification.challenges import (
    NONE_SHARED,
    ChallengeState,
    ChallengeStatus,
    runs_shown,
    shared_keys,
)
from gamification.challenges import status_at as status_of_challenge
from gamification.definition.compiled import (
    CompiledBadge,
    CompiledChallenge,
    CompiledCriterion,
    CompiledProgram,
)
from gamification.definition.document import Repeat
from gamification.ids import MemberId
from gamification.ports import SubjectBound
from gamification.quantity import SCALE
from gamification.state import AwardKey, Tally, TallyKey
from gamification.streaks import status_at
from gamification.windows import AllTime, keys_read, window_at

SUBJECTS_MAX = 20
"""How many subjects below a threshold are looked at to find the one that is nearest to it."""


class ProgressKind(Enum):
    """What a progress bar is about."""

    BADGE = "badge"
    CHALLENGE = "challenge"


@dataclass(frozen=True, slots=True)
class Milestone:
    """A threshold on a progress bar, in ten-thousandths; `reached_at` None: not yet."""

    key: str
    target: int
    reached_at: datetime | None


@dataclass(frozen=True, slots=True)
class CriterionProgress:
    """How far one criterion is, in ten-thousandths."""

    name: str
    current: int
    target: int
    is_met: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """What a progress bar shows. Numbers are ten-thousandths; `fraction` lies in 0 to 1 of them.

    With several criteria, current and target are those of the criterion that is furthest behind.
    `share` is the member's own part of what all reach together (None: of no such thing).
    `subject` is the post, store, … that is nearest to the goal ("" if the badge has none).
    """

    kind: ProgressKind
    key: str
    name: str
    subject: str
    starts_at: datetime | None
    ends_at: datetime | None
    current: int
    target: int
    milestones: tuple[Milestone, ...]
    criteria: tuple[CriterionProgress, ...]
    completed_at: datetime | None
    share: int | None = None

    @property
    def fraction(self) -> int:
        return _fraction(self.current, self.target)

    @property
    def remaining(self) -> int:
        return max(0, self.target - self.current)

    @property
    def next_milestone(self) -> Milestone | None:
        return next((each for each in self.milestones if each.reached_at is None), None)


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be read to show progress: tallies by (metric, window), subjects, awards, and
    numbers that members share."""

    tallies: frozenset[tuple[str, str]]
    subjects: frozenset[SubjectBound]
    badges: frozenset[str]
    shared: frozenset[str]


def needs(program: CompiledProgram, now: datetime) -> Needs:
    """What the progress bars of any member read at `now`."""
    tallies: set[tuple[str, str]] = set()
    subjects: set[SubjectBound] = set()
    badges: set[str] = set()
    for streak in program.streaks.values():
        tallies.update((metric, "") for metric in streak.metrics)
    for challenge, run in runs_shown(program, now):
        tallies.update((metric, run.key) for metric in challenge.run_metrics)
    for badge in program.badges.values():
        if badge.repeat is not Repeat.PER_SUBJECT:
            badges.add(badge.key)
        for index, criterion in enumerate(badge.criteria):
            for window in keys_read(criterion.window, now, program.calendar):
                if criterion.per is None:
                    tallies.add((criterion.metric, window))
                else:
                    below = badge.levels[-1].thresholds[index]
                    subjects.add(SubjectBound(criterion.metric, window, below))
    shared = frozenset(shared_keys(program, now))
    return Needs(frozenset(tallies), frozenset(subjects), frozenset(badges), shared)


def companions(
    program: CompiledProgram, subjects: Iterable[TallyKey], now: datetime
) -> set[TallyKey]:
    """The other numbers of subjects that were found below a threshold of one of several criteria:
    they may have passed the thresholds of the others, and then nothing has asked for them yet."""
    found: set[TallyKey] = set()
    several = [badge for badge in program.badges.values() if badge.per and len(badge.criteria) > 1]
    for key in subjects:
        for badge in several:
            if any(criterion.metric == key.metric for criterion in badge.criteria):
                found.update(
                    TallyKey(key.member, criterion.metric, window, key.subject)
                    for criterion in badge.criteria
                    for window in keys_read(criterion.window, now, program.calendar)
                )
    return found


def progress_of(
    program: CompiledProgram,
    member: MemberId,
    *,
    tallies: Mapping[TallyKey, Tally],
    earned: Mapping[AwardKey, datetime],
    now: datetime,
    shared: Mapping[str, int] = NONE_SHARED,
) -> list[Progress]:
    """A member's progress bars, in the order of the definition: badges, then challenges.

    `tallies` holds what `needs` asked for, and `companions`, of this member or of several; secret
    badges appear only once they are earned, challenges while the member takes part.
    """
    mine = {key: tally for key, tally in tallies.items() if key.member == member}
    bars: list[Progress] = []
    for badge in program.badges.values():
        bar = _badge(program, badge, member, tallies=mine, earned=earned, now=now)
        if badge.is_secret and bar.milestones[0].reached_at is None:
            continue
        bars.append(bar)
    for challenge, run in runs_shown(program, now):
        status = status_of_challenge(challenge, member, mine.get, run=run, at=now, shared=shared)
        if status.state in (ChallengeState.ACTIVE, ChallengeState.COMPLETED):
            bars.append(_challenge(challenge, status))
    return bars


def _challenge(challenge: CompiledChallenge, status: ChallengeStatus) -> Progress:
    criteria = tuple(
        CriterionProgress(step.name, step.current, step.target, step.reached_at is not None)
        for step in status.steps
    )
    share = None
    if status.together is not None:
        share, goal = criteria[0].current, status.together
        is_met = goal.reached_at is not None
        criteria = (CriterionProgress(criteria[0].name, goal.total, goal.target, is_met),)
    unmet = [each for each in criteria if not each.is_met]
    if challenge.is_sequential:
        shown = (unmet or criteria[-1:])[0]
    else:
        shown = min(unmet or criteria, key=lambda each: _fraction(each.current, each.target))
    return Progress(
        kind=ProgressKind.CHALLENGE,
        key=challenge.key,
        name=challenge.name,
        subject="",
        starts_at=status.run.starts_at,
        ends_at=status.run.ends_at,
        # What is done stays done, also when a number has fallen since.
        current=shown.current if unmet else max(shown.current, shown.target),
        target=shown.target,
        milestones=tuple(
            Milestone(step.name, step.target, reached_at)
            for step, reached_at in zip(status.steps, _reached(status), strict=True)
        ),
        criteria=criteria,
        completed_at=status.completed_at,
        share=share,
    )


def _reached(status: ChallengeStatus) -> list[datetime | None]:
    """When each step was reached: by the member, or by all together."""
    if status.together is not None:
        return [status.together.reached_at]
    return [step.reached_at for step in status.steps]


def _badge(
    program: CompiledProgram,
    badge: CompiledBadge,
    member: MemberId,
    *,
    tallies: Mapping[TallyKey, Tally],
    earned: Mapping[AwardKey, datetime],
    now: datetime,
) -> Progress:
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
    behind = min(criteria, key=lambda each: _fraction(each.current, each.target))
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
            Milestone(level.key or badge.key, level.thresholds[0], reached[level.number])
            for level in badge.levels
        ),
        criteria=criteria,
        completed_at=completed_at,
    )


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
            _fraction(
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


def _fraction(current: int, target: int) -> int:
    return min(SCALE, max(0, current * SCALE // target))
