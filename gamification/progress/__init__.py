"""Progress bars and milestones, as pure functions of tallies and `now`: one file for each kind."""

from gamification.progress.badges import current_of
from gamification.progress.bars import CriterionProgress, Milestone, Progress, ProgressKind
from gamification.progress.members import SUBJECTS_MAX, Needs, companions, needs, progress_of

__all__ = [
    "SUBJECTS_MAX",
    "CriterionProgress",
    "Milestone",
    "Needs",
    "Progress",
    "ProgressKind",
    "companions",
    "current_of",
    "needs",
    "progress_of",
]
