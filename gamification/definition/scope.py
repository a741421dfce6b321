"""Where the compiler notes what it finds: every problem, and every name that something used."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar, get_args

from gamification import amounts, conditions, windows
from gamification.amounts import Amount
from gamification.conditions import Condition, ExpressionError, Segment
from gamification.definition.document import Definition, Property
from gamification.definition.parts import Weekday
from gamification.definition.problems import Problem, unknown
from gamification.properties import PropertySpec, PropertyType

T = TypeVar("T")

WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
"""In the order in which `date.weekday` counts them."""

CONDITION_VARIABLES = frozenset({"value", "type", "properties"})
"""What a condition on an activity may read."""


@dataclass(slots=True)
class Scope:
    """One definition under compilation."""

    definition: Definition
    problems: list[Problem] = field(default_factory=list[Problem])
    used: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def error(self, path: str, message: str, fix: str) -> None:
        self._note(Problem(path, message, fix))

    def warn(self, path: str, message: str, fix: str) -> None:
        self._note(Problem(path, message, fix, is_warning=True))

    def find(self, section: str, name: str, path: str, known: Mapping[str, T]) -> T | None:
        """The part of that name, noted as used; None and a problem when there is none."""
        self.used.add((section, name))
        if name not in known:
            self._note(unknown(path, section, name, known))
            return None
        return known[name]

    def types(self, names: Iterable[str], path: str) -> list[str]:
        """The activity types of those names that exist."""
        return [
            name
            for name in dict.fromkeys(names)
            if self.find("activity", name, path, self.definition.activities) is not None
        ]

    def properties(self, activity_type: str) -> dict[str, PropertySpec]:
        """The typed properties of one type of activity."""
        declared = self.definition.activities[activity_type].properties
        return {
            name: PropertySpec(PropertyType(written.type.value), written.optional)
            if isinstance(written, Property)
            else PropertySpec(PropertyType(written.value), optional=False)
            for name, written in declared.items()
        }

    def property_types(self, activity_type: str) -> dict[str, PropertyType]:
        """The types of the properties of one type of activity."""
        return {name: spec.type for name, spec in self.properties(activity_type).items()}

    def window(self, words: str, path: str) -> windows.Spec:
        """The window that the words mean; all time and a problem when they mean none."""
        try:
            if words == "season":
                return self.seasons(path)
            return windows.parse(words)
        except ValueError as error:
            self.error(path, str(error), "Use one of those")
            return windows.AllTime()

    def seasons(self, path: str) -> windows.Spec:
        if not self.definition.seasons:
            self.error(path, "there are no seasons", "Add 'seasons:' with NAME: FROM/UNTIL")
            return windows.AllTime()
        try:
            return windows.seasons(self.definition.seasons)
        except ValueError as error:
            self.error("seasons", str(error), "Write NAME: 2026-12-01/2027-03-01")
            return windows.AllTime()

    def property_of(self, dotted: str, types: Iterable[str], path: str) -> str:
        """The name behind `properties.NAME`, which every one of the types must declare."""
        name = dotted.removeprefix("properties.")
        for activity_type in types:
            known = self.definition.activities[activity_type].properties
            self.used.add((f"property of {activity_type}", name))
            if name not in known:
                self._note(unknown(path, f"property of {activity_type}", name, known))
        return name

    def condition(self, source: str | None, activity_type: str, path: str) -> Condition | None:
        if source is None:
            return None
        return self._expression(
            lambda: conditions.compile_condition(
                source, properties=self.property_types(activity_type), allow=CONDITION_VARIABLES
            ),
            f"{path} (for {activity_type})",
        )

    def segment(self, source: str | None, path: str) -> Segment | None:
        if source is None:
            return None
        return self._expression(lambda: conditions.compile_segment(source), path)

    def amount(self, source: object, activity_type: str, path: str) -> Amount:
        """The compiled amount; nothing and a problem when it cannot be compiled."""
        compiled = self._expression(
            lambda: amounts.compile_amount(
                str(source), properties=self.property_types(activity_type)
            ),
            f"{path} (for {activity_type})",
        )
        return compiled or amounts.compile_amount("0", properties={})

    def _note(self, problem: Problem) -> None:
        """Keep a problem once, however many rules lead to the place that has it."""
        if problem not in self.problems:
            self.problems.append(problem)

    def _expression(self, compiled: Callable[[], T], path: str) -> T | None:
        try:
            return compiled()
        except ExpressionError as error:
            self.error(path, str(error), "Mend the expression")
            return None


def lateness(words: str | None) -> timedelta | None:
    """ "30 days" as a length of time."""
    return timedelta(days=int(words.split()[0])) if words else None
