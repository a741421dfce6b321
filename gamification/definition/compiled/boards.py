"""Leaderboards as they run."""

from dataclasses import dataclass

from gamification.conditions import Segment
from gamification.ranking import Ties
from gamification.windows import Spec


@dataclass(frozen=True, slots=True)
class CompiledBoard:
    """A leaderboard: the ranked tallies of `metric`, one ranking for each window."""

    key: str
    name: str
    metric: str
    window: Spec
    ties: Ties
    segment: Segment | None
