"""Progress bars of challenges: the step that is furthest behind, or the next in order."""

from datetime import datetime

from gamification.challenges import ChallengeStatus
from gamification.definition.compiled import CompiledChallenge
from gamification.progress.bars import (
    CriterionProgress,
    Milestone,
    Progress,
    ProgressKind,
    fraction_of,
)


def challenge_bar(challenge: CompiledChallenge, status: ChallengeStatus) -> Progress:
    """The bar of a run in which a member takes part."""
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
        shown = min(unmet or criteria, key=lambda each: fraction_of(each.current, each.target))
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
            Milestone(step.name, step.target, reached_at is not None, reached_at)
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
