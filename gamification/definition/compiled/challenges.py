"""Challenges as they run."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from gamification.definition.compiled.numbers import Contribution
from gamification.definition.document_challenges import Join
from gamification.metrics import Aggregation
from gamification.windows import Spec


class CompiledStep(NamedTuple):
    """One number to reach: the tally of `metric` in a run. The tally of `reached_metric` says since
    when it has been reached."""

    name: str
    metric: str
    reached_metric: str
    aggregation: Aggregation
    target: int


@dataclass(frozen=True, slots=True)
class CompiledChallenge:
    """A challenge: one run for each window that lies, in part at least, in `[since, until)`.

    A run has the key of its window. `gives` are points, `badges` those that it gives.
    """

    key: str
    name: str
    steps: tuple[CompiledStep, ...]
    is_sequential: bool
    join: Join
    counts_from_joining: bool
    window: Spec
    since: datetime | None
    until: datetime | None
    gives: tuple[tuple[str, int], ...]
    badges: tuple[str, ...]

    @property
    def metric(self) -> str:
        """The tally that counts how often a member has completed it, over all time."""
        return f"challenge:{self.key}"

    @property
    def joined_metric(self) -> str:
        """The tally of a run that is 1 while a member who joined takes part, and 0 after."""
        return f"challenge-joined:{self.key}"

    @property
    def invited_metric(self) -> str:
        """The tally of a run that is 1 for who was invited."""
        return f"challenge-invited:{self.key}"

    @property
    def done_metric(self) -> str:
        """The tally of a run that is 1 for who has completed it, since its time."""
        return f"challenge-done:{self.key}"

    @property
    def run_metrics(self) -> tuple[str, ...]:
        """All that is kept of a member in a run."""
        of_steps = [metric for step in self.steps for metric in (step.metric, step.reached_metric)]
        return (*of_steps, self.joined_metric, self.invited_metric, self.done_metric)

    @property
    def award(self) -> str:
        """What the awards for completing it are called, in the place of a badge's key."""
        return self.metric

    def is_open(self, at: datetime) -> bool:
        """Whether a moment lies in `[since, until)`."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


class ChallengePlan(NamedTuple):
    """What one type of activity adds to which steps of a challenge, by their index."""

    challenge: CompiledChallenge
    steps: tuple[tuple[int, Contribution], ...]
