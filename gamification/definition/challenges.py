"""From a challenge as written to one that can be taken up: its steps, runs and rewards."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from gamification.days import day_starts
from gamification.definition.compiled import (
    ChallengePlan,
    CompiledChallenge,
    CompiledStep,
    Contribution,
)
from gamification.definition.counters import Counters
from gamification.definition.document import Definition
from gamification.definition.document_challenges import (
    Challenge,
    Combine,
    CountFrom,
    Goal,
    Join,
    Of,
    StepOrder,
)
from gamification.definition.scope import Scope
from gamification.metrics import TOTAL
from gamification.quantity import parse
from gamification.refusals import OutOfRange
from gamification.windows import AllTime, Calendar, Rolling, Spec

BADGE = "badge"
"""Under this name in `give` stands a badge, and not a number of points."""


def given_by(definition: Definition, badge: str) -> list[str]:
    """The challenges that give a badge."""
    return [key for key, each in definition.challenges.items() if each.give.get(BADGE) == badge]


@dataclass(slots=True)
class ChallengeCompiler:
    """Compiles the challenges of one definition. `plans` then says what activities add to them."""

    scope: Scope
    counters: Counters
    calendar: Calendar
    _steps: dict[str, dict[str, list[tuple[int, Contribution]]]] = field(
        default_factory=lambda: defaultdict[str, dict[str, list[tuple[int, Contribution]]]](dict)
    )

    def compile(self) -> dict[str, CompiledChallenge]:
        """The challenges by their keys; what is wrong with them is noted."""
        written = self.scope.definition.challenges
        return {
            key: self._challenge(key, each, f"challenges.{key}") for key, each in written.items()
        }

    def plans(
        self, challenges: dict[str, CompiledChallenge]
    ) -> dict[str, tuple[ChallengePlan, ...]]:
        """What each type of activity adds to which steps."""
        return {
            activity_type: tuple(
                ChallengePlan(challenges[key], tuple(steps)) for key, steps in found.items()
            )
            for activity_type, found in self._steps.items()
        }

    def _challenge(self, key: str, written: Challenge, path: str) -> CompiledChallenge:
        window = self._window(written, path)
        if written.count_from is CountFrom.JOIN and written.join is Join.AUTOMATIC:
            fix = "Write 'join: opt_in' or 'join: invitation', or leave it out"
            self.scope.error(f"{path}.count_from", "nobody joins it", fix)
        if written.of is not Of.MEMBER:
            self._check_shared(written, path)
        self._check_combined(written, path)
        return CompiledChallenge(
            key=key,
            name=written.name or key,
            steps=tuple(
                self._step(key, number, goal, window, place)
                for number, (goal, place) in enumerate(self._goals(written, path), 1)
            ),
            is_sequential=written.order is StepOrder.SEQUENTIAL,
            join=written.join,
            counts_from_joining=written.count_from is CountFrom.JOIN,
            window=window,
            since=self._starts(written.from_, f"{path}.from"),
            until=self._starts(written.until, f"{path}.until"),
            of=written.of,
            winners=None if written.winners is None else written.winners.most,
            combine=written.combine or Combine.SUM,
            best=written.best or 0,
            gives=self._gives(written, path),
            badges=self._badges(key, written, path),
        )

    def _check_shared(self, written: Challenge, path: str) -> None:
        """What members reach together is one number that adds up."""
        if written.goal is None:
            self.scope.error(f"{path}.steps", "members reach one goal together", "Give 'goal'")
            return
        if written.winners is not None:
            message = "whoever has a part in it wins"
            self.scope.error(f"{path}.winners", message, "Leave it out")
        metric = self.scope.definition.metrics.get(written.goal.metric)
        if metric is not None and metric.count is None and metric.sum is None:
            message = "does not add up over members"
            self.scope.error(f"{path}.goal.metric", message, "Use a metric with count or sum")

    def _check_combined(self, written: Challenge, path: str) -> None:
        """Only the numbers of a team are combined in several ways."""
        if written.of is not Of.TEAM:
            if written.combine is not None:
                message, fix = "there is no team", "Write 'of: team', or leave it out"
                self.scope.error(f"{path}.combine", message, fix)
        elif written.combine is Combine.BEST and written.best is None:
            fix = "Write how many of the highest numbers count: 'best: 3'"
            self.scope.error(f"{path}.best", "is missing", fix)
        if written.best is not None and (
            written.of is not Of.TEAM or written.combine is not Combine.BEST
        ):
            fix = "Write 'of: team' and 'combine: best', or leave it out"
            self.scope.error(f"{path}.best", "not only the best count", fix)

    def _goals(self, written: Challenge, path: str) -> list[tuple[Goal, str]]:
        if (written.goal is None) == (written.steps is None):
            fix = "Give either 'goal' or 'steps'"
            self.scope.error(path, "has nothing to reach, or two things", fix)
        if written.goal is not None:
            if written.order is not StepOrder.PARALLEL:
                self.scope.error(f"{path}.order", "one goal has no order", "Leave it out")
            return [(written.goal, f"{path}.goal")]
        return [(each, f"{path}.steps.{n}") for n, each in enumerate(written.steps or [])]

    def _step(self, key: str, number: int, goal: Goal, window: Spec, path: str) -> CompiledStep:
        tally = f"challenge:{key}/{number}"
        found = self.counters.apart(goal.metric, window, f"{path}.metric", tally, where=goal.where)
        metric = self.scope.definition.metrics.get(goal.metric)
        if metric is not None and metric.per is not None:
            fix = "Use a metric without per"
            self.scope.error(f"{path}.metric", "is one number per subject, not per member", fix)
        aggregation = TOTAL
        for activity_type, contribution in found.items():
            aggregation = contribution.counter.aggregation
            self._steps[activity_type].setdefault(key, []).append((number - 1, contribution))
        return CompiledStep(
            name=goal.name or (metric.name if metric else None) or goal.metric,
            metric=tally,
            reached_metric=f"challenge-reached:{key}/{number}",
            aggregation=aggregation,
            target=parse(goal.target),
        )

    def _window(self, written: Challenge, path: str) -> Spec:
        """What a run is; without `every` there is one, between the dates."""
        if (
            written.from_ is not None
            and written.until is not None
            and written.from_ >= written.until
        ):
            fix = f"Write a day after {written.from_}: the first that is not part of it"
            self.scope.error(f"{path}.until", "is not after 'from'", fix)
        if written.every is None:
            return AllTime()
        window = self.scope.window(written.every, f"{path}.every")
        if isinstance(window, Rolling):
            fix = "Use day, week, month, quarter, year or season"
            self.scope.error(f"{path}.every", "rolling days have no runs", fix)
        return window

    def _starts(self, day: date | None, path: str) -> datetime | None:
        if day is None:
            return None
        try:
            return day_starts(day, self.calendar.zone)
        except OutOfRange as refusal:
            self.scope.error(path, refusal.message, "Write a nearer date, or leave it out")
            return None

    def _gives(self, written: Challenge, path: str) -> tuple[tuple[str, int], ...]:
        gives: list[tuple[str, int]] = []
        for unit, amount in written.give.items():
            if unit == BADGE:
                if not isinstance(amount, str):
                    self.scope.error(f"{path}.give.badge", "is a number", "Write a badge's key")
                continue
            self.scope.find("points", unit, f"{path}.give", self.scope.definition.points)
            if isinstance(amount, Decimal):
                gives.append((unit, parse(amount)))
            else:
                self.scope.error(f"{path}.give.{unit}", "is not a number", "Write how many")
        return tuple(gives)

    def _badges(self, key: str, written: Challenge, path: str) -> tuple[str, ...]:
        name = written.give.get(BADGE)
        if not isinstance(name, str):
            return ()
        badge = self.scope.find("badge", name, f"{path}.give.badge", self.scope.definition.badges)
        if badge is not None and (badge.when or badge.levels or badge.where):
            fix = (
                f"Remove those, or give nothing here and add the criterion 'challenge: {key}' there"
            )
            self.scope.error(f"{path}.give.badge", f"'{name}' has criteria of its own", fix)
        return (name,)


def given_metric(badge: str) -> str:
    """The tally that counts how often challenges gave a badge, over all time."""
    return f"given:{badge}"
