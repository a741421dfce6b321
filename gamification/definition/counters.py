"""Which tallies a program keeps: exactly those that a badge, a cap or a board reads."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from gamification import windows
from gamification.amounts import compile_amount
from gamification.definition.compiled import CompiledCriterion, Contribution, Counter
from gamification.definition.document import Metric
from gamification.definition.parts import Amount as WrittenAmount
from gamification.definition.scope import Scope
from gamification.metrics import HIGHEST, LATEST, TOTAL, Aggregation
from gamification.windows import Spec


@dataclass(slots=True)
class Counters:
    """Collects the tallies that are asked for, and who contributes to them."""

    scope: Scope
    points_windows: dict[str, set[tuple[str, Spec]]] = field(
        default_factory=lambda: defaultdict[str, set[tuple[str, Spec]]](set)
    )
    counted_badges: set[str] = field(default_factory=set[str])
    counted_challenges: set[str] = field(default_factory=set[str])
    _contributions: dict[tuple[str, str, Spec], Contribution] = field(
        default_factory=dict[tuple[str, str, Spec], Contribution]
    )

    def metric(
        self,
        name: str,
        window: Spec | None,
        path: str,
        tally_name: str | None = None,
        *,
        where: str | None = None,
    ) -> CompiledCriterion | None:
        """Keep a metric's tallies over a window, and say how to read them.

        `tally_name` keeps them apart from the metric's own; `where` narrows what counts.
        """
        metric = self.scope.find("metric", name, path, self.scope.definition.metrics)
        if metric is None:
            return None
        over = window or self.scope.window(metric.over, f"metrics.{name}.over")
        types, counter = self._counter(name, metric, over, tally_name)
        for activity_type in types:
            place = (activity_type, counter.metric, counter.stored)
            if place not in self._contributions:
                contribution = self._contribution(name, metric, counter, activity_type, where)
                self._contributions[place] = contribution
        if counter.element is not None and isinstance(over, windows.Rolling):
            self.scope.error(
                path,
                "different values cannot be counted over rolling days",
                "Use a window of the calendar or all time",
            )
        return CompiledCriterion(
            metric.name or name, counter.metric, over, counter.aggregation, counter.per, 0
        )

    def apart(
        self, name: str, window: Spec, path: str, tally_name: str, *, where: str | None = None
    ) -> dict[str, Contribution]:
        """What each type of activity adds to a metric's number, for a rule that decides itself
        which activities count; nothing, and a problem, when there is no such metric."""
        metric = self.scope.find("metric", name, path, self.scope.definition.metrics)
        if metric is None:
            return {}
        types, counter = self._counter(name, metric, window, tally_name)
        return {
            activity_type: self._contribution(name, metric, counter, activity_type, where)
            for activity_type in types
        }

    def points(self, unit: str, window: Spec, path: str, tally_name: str | None = None) -> str:
        """Keep tallies of the points earned of a unit over a window; their metric's name."""
        self.scope.find("points", unit, path, self.scope.definition.points)
        metric = tally_name or f"points:{unit}"
        self.points_windows[unit].add((metric, windows.stored_unit(window)))
        return metric

    def occurrences(self, tally_name: str, types: Iterable[str]) -> None:
        """Keep a count of all activities of these types: its time is that of the latest."""
        counter = Counter(tally_name, windows.AllTime(), TOTAL, None, None)
        for activity_type in types:
            one = compile_amount("1", properties={})
            place = (activity_type, tally_name, counter.stored)
            self._contributions[place] = Contribution(counter, one, None)

    def contributions(self) -> dict[str, tuple[Contribution, ...]]:
        """What each type of activity contributes to."""
        by_type: dict[str, list[Contribution]] = defaultdict(list)
        for (activity_type, _, _), contribution in self._contributions.items():
            by_type[activity_type].append(contribution)
        return {activity_type: tuple(found) for activity_type, found in by_type.items()}

    def _counter(
        self, name: str, metric: Metric, over: Spec, tally_name: str | None
    ) -> tuple[list[str], Counter]:
        """The types a metric is taken over, and the tallies it is kept in."""
        types, aggregation = self._types(name, metric)
        per = metric.per and self.scope.property_of(metric.per, types, f"metrics.{name}.per")
        element = metric.distinct and self.scope.property_of(
            metric.distinct, types, f"metrics.{name}.distinct"
        )
        stored = windows.stored_unit(over)
        return types, Counter(tally_name or name, stored, aggregation, per, element)

    def _types(self, name: str, metric: Metric) -> tuple[list[str], Aggregation]:
        """The types a metric is taken over, and its aggregation."""
        path = f"metrics.{name}"
        kinds = [
            kind
            for kind in ("count", "sum", "distinct", "max", "last")
            if getattr(metric, kind) is not None
        ]
        if len(kinds) != 1:
            found = " and ".join(kinds) or "none"
            fix = "Give exactly one of count, sum, distinct, max, last"
            self.scope.error(path, f"has {found} of the aggregations", fix)
            return [], TOTAL
        named = metric.count if metric.count is not None else metric.of
        if isinstance(metric.sum, dict):
            named = list(metric.sum)
        if not named:
            fix = "Add 'of:' with one or more types of activity"
            self.scope.error(path, "does not say of which activities", fix)
            return [], TOTAL
        aggregation = {"max": HIGHEST, "last": LATEST}.get(kinds[0], TOTAL)
        return self.scope.types(named, path), aggregation

    def _contribution(
        self, name: str, metric: Metric, counter: Counter, activity_type: str, where: str | None
    ) -> Contribution:
        path = f"metrics.{name}"
        sources = [source for source in (metric.where, where) if source is not None]
        condition = self.scope.condition(
            " && ".join(f"({source})" for source in sources) if sources else None,
            activity_type,
            f"{path}.where",
        )
        amount = self.scope.amount(_amount(metric, activity_type), activity_type, path)
        return Contribution(counter, amount, condition)


def _amount(metric: Metric, activity_type: str) -> WrittenAmount:
    """What one activity of a type adds, as the author wrote it."""
    if isinstance(metric.sum, dict):
        return metric.sum[activity_type]
    for written in (metric.sum, metric.max, metric.last):
        if written is not None:
            return written
    return "1"
