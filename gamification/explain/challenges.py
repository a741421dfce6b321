"""Why a member has completed a challenge or has it not: what counted, step by step.

Which activities count depends on who took part when, and on the order of steps. So the member's
history is judged again by the rules that judged it, and whatever moved a step is told.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gamification.definition.compiled import CompiledChallenge, Timeline
from gamification.facts import Activity, Retraction
from gamification.outcomes import TallyChanged
from gamification.replay import replay
from gamification.state import Posting, PostingKey
from gamification.teams import run_and_team

History = Sequence[tuple[Activity, tuple[Retraction, ...]]]


class StepMoved(NamedTuple):
    """What an activity made of a step's number, in ten-thousandths; `step` counts from 0."""

    step: int
    before: int
    after: int


class CountedActivity(NamedTuple):
    """An activity that counted, and the steps that it moved."""

    activity: Activity
    retractions: tuple[Retraction, ...]
    moved: tuple[StepMoved, ...]


def counted_toward(
    timeline: Timeline,
    challenge: CompiledChallenge,
    run: str,
    history: History,
    granted: Mapping[PostingKey, Posting],
) -> list[CountedActivity]:
    """The activities of a member's history that moved a step in a run, the latest first.

    `granted` is what the ledger says of the history: what budgets let through was decided once.
    """
    steps = {step.metric: index for index, step in enumerate(challenge.steps)}
    keep = frozenset(fact.key for fact, _ in history)
    replayed = replay(timeline, history, keep=keep, granted=granted)
    found: list[CountedActivity] = []
    for activity, retractions in reversed(history):
        moved = tuple(
            StepMoved(
                steps[each.key.metric],
                0 if each.before is None else each.before.value,
                each.after.value,
            )
            for each in replayed.outcomes.get(activity.key, ())
            if isinstance(each, TallyChanged)
            and each.key.metric in steps
            and run_and_team(each.key.window)[0] == run
        )
        if moved:
            found.append(CountedActivity(activity, retractions, moved))
    return found
