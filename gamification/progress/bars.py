"""What a progress bar shows, whatever it is about: without it each kind would look different."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from gamification.quantity import SCALE


class ProgressKind(Enum):
    """What a progress bar is about."""

    BADGE = "badge"
    CHALLENGE = "challenge"
    STREAK = "streak"
    TIER = "tier"


@dataclass(frozen=True, slots=True)
class Milestone:
    """A threshold on a progress bar, in ten-thousandths.

    `reached_at` is when, where that is kept: for badges and challenges. Of streaks and tiers only
    what holds now is known, and when each target of it was reached is not.
    """

    key: str
    target: int
    is_reached: bool
    reached_at: datetime | None = None


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
    `share` is the member's own part of what all, or a team, reach together (None: no such thing).
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
        return fraction_of(self.current, self.target)

    @property
    def remaining(self) -> int:
        return max(0, self.target - self.current)

    @property
    def next_milestone(self) -> Milestone | None:
        return next((each for each in self.milestones if not each.is_reached), None)


def fraction_of(current: int, target: int) -> int:
    """How much of the way is done, from 0 to 1 in ten-thousandths."""
    if target <= 0:
        return SCALE if current >= target else 0
    return min(SCALE, max(0, current * SCALE // target))
