"""Badges: marks of achievement, awarded when all criteria of a level are met for the first time."""

from gamification.definition.compiled import CompiledBadge, Level
from gamification.definition.document import Repeat
from gamification.draft import Draft
from gamification.metrics import TOTAL
from gamification.outcomes import BadgeAwarded
from gamification.quantity import SCALE
from gamification.rules.earning import give
from gamification.state import Award, AwardKey, Evidence, TallyKey


def award(draft: Draft, badge: CompiledBadge) -> None:
    """Award the levels of a badge that the draft's activity has completed."""
    subject = draft.subject_of(badge.per)
    if subject is None:
        return
    values: list[int] = []
    for level in badge.levels:
        key = award_key(draft, badge, level, subject)
        if draft.has_award(key):
            continue
        values = values or [draft.read(criterion, subject) for criterion in badge.criteria]
        if any(value < least for value, least in zip(values, level.thresholds, strict=True)):
            return
        _award(draft, badge, level, key=key, subject=subject, values=values)


def award_key(draft: Draft, badge: CompiledBadge, level: Level, subject: str) -> AwardKey:
    """The name of the award that the draft's activity can earn."""
    window = ""
    if badge.repeat is Repeat.PER_WINDOW:
        window = draft.window_of(badge.criteria[0]) or ""
    return AwardKey(
        draft.activity.member,
        badge.key,
        level.number,
        window,
        subject if badge.repeat is Repeat.PER_SUBJECT else "",
    )


def _award(
    draft: Draft,
    badge: CompiledBadge,
    level: Level,
    *,
    key: AwardKey,
    subject: str,
    values: list[int],
) -> None:
    activity = draft.activity
    evidence = tuple(
        Evidence(criterion.name, value, least)
        for criterion, value, least in zip(badge.criteria, values, level.thresholds, strict=True)
    )
    made = Award(
        key=key,
        earned_at=activity.occurred_at,
        cause=activity.key,
        subject=subject,
        evidence=evidence,
        version=draft.program.version,
    )
    draft.add_award(BadgeAwarded(made))
    rule = f"badge/{badge.key}/{level.number}/{key.window}/{key.subject}"
    for unit, amount in level.gives:
        give(draft, unit, amount, rule=rule)
    if badge.key in draft.program.counted_badges:
        metric = f"badge:{badge.key}"
        draft.count(TallyKey(activity.member, metric, "", ""), TOTAL, SCALE)
