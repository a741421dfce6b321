"""Challenges as they run."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from gamification.definition.compiled.numbers import Contribution
from gamification.definition.document_challenges import Combine, Join, Of
from gamification.ids import MemberId
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

    A run has the key of its window. `gives` are points, `badges` those that it gives. At most
    `winners` complete a run (None: all who can). `combine` and `best` say what a team has come to.
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
    of: Of
    winners: int | None
    combine: Combine
    best: int
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
    def waiting_metric(self) -> str:
        """The tally of a run that is 1 for who has reached all and needs a place among the first
        who do."""
        return f"challenge-waiting:{self.key}"

    @property
    def place_metric(self) -> str:
        """The tally of a run that is 1 for who has such a place."""
        return f"challenge-place:{self.key}"

    @property
    def contributed_metric(self) -> str:
        """The tally of a run that is 1 for who has added to what members reach together, since they
        first did. It is ranked, so that they can be listed in that order."""
        return f"challenge-contributed:{self.key}"

    @property
    def is_shared(self) -> bool:
        """Whether members reach the goal together: all of them, or those of a team."""
        return self.of is not Of.MEMBER

    @property
    def is_of_teams(self) -> bool:
        """Whether each team has a goal of its own. Then numbers of a run are kept for each team, in
        the window that `teams.run_of_team` names."""
        return self.of is Of.TEAM

    @property
    def team_metrics(self) -> tuple[str, str]:
        """What is kept of a member for their team: what it comes to, and since when."""
        return self.steps[0].metric, self.contributed_metric

    def place_fact(self, run: str, member: MemberId) -> str:
        """The key of the fact that a member wins in a run: there is one, at most."""
        return f"challenge:{self.key}:{run}:{member}"

    def places_key(self, run: str) -> str:
        """The shared number of places that were given in a run."""
        return f"challenge-places:{self.key}:{run}"

    def total_key(self, run: str) -> str:
        """The shared number of what all members have come to in a run."""
        return f"challenge-total:{self.key}:{run}"

    def reached_key(self, run: str) -> str:
        """The shared number that says when they reached the goal, in microseconds; 0: not yet."""
        return f"challenge-reached:{self.key}:{run}"

    def rewarded_key(self, run: str) -> str:
        """The shared number that is 1 once all who have a part in it were rewarded."""
        return f"challenge-rewarded:{self.key}:{run}"

    def shared_keys(self, run: str) -> tuple[str, ...]:
        """The shared numbers that say how a run stands."""
        if self.is_shared:
            return self.total_key(run), self.reached_key(run)
        return () if self.winners is None else (self.places_key(run),)

    @property
    def run_metrics(self) -> tuple[str, ...]:
        """All that is kept of a member in a run."""
        of_steps = [metric for step in self.steps for metric in (step.metric, step.reached_metric)]
        of_all = (self.joined_metric, self.invited_metric, self.done_metric)
        limited = () if self.winners is None else (self.waiting_metric, self.place_metric)
        shared = (self.contributed_metric,) if self.is_shared else ()
        return (*of_steps, *of_all, *limited, *shared)

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
