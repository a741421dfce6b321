"""Progress bars of streaks: how far the run that holds now is from its next target."""

from gamification.definition.compiled import CompiledStreak
from gamification.progress.bars import CriterionProgress, Milestone, Progress, ProgressKind
from gamification.quantity import SCALE
from gamification.streaks import StreakStatus


def streak_bar(streak: CompiledStreak, status: StreakStatus) -> Progress:
    """The bar of a streak that has targets.

    It is about the run that holds now, as the next target is: targets that an earlier run reached
    are ahead again. So it is never completed, and it ends when the streak would.
    """
    length = status.length
    target = next((each for each in streak.targets if each > length), streak.targets[-1])
    current, goal = length * SCALE, target * SCALE
    return Progress(
        kind=ProgressKind.STREAK,
        key=streak.key,
        name=streak.name,
        subject="",
        starts_at=None,
        ends_at=status.expires_at,
        current=current,
        target=goal,
        milestones=tuple(
            Milestone(str(each), each * SCALE, is_reached=each <= length) for each in streak.targets
        ),
        criteria=(CriterionProgress(streak.name, current, goal, current >= goal),),
        completed_at=None,
    )
