"""The program as the engine runs it: names resolved, expressions compiled, windows parsed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from gamification.amounts import Amount
from gamification.conditions import Condition, Segment
from gamification.days import Unit as CalendarUnit
from gamification.definition.document import Definition, Repeat
from gamification.facts import Activity, Scalar
from gamification.metrics import Aggregation
from gamification.properties import PropertyCheck
from gamification.ranking import Ties
from gamification.windows import (
    Calendar,
    Every,
    Rolling,
    Spec,
    day_at,
    key_at,
    keys_back,
    keys_read,
)

AGENDAS_MAX = 5_000
"""How many days' windows are remembered: more than thirteen years' of them."""


@dataclass(frozen=True, slots=True)
class Counter:
    """One family of tallies: a metric in one kind of window.

    `metric` is the tallies' name for it, `stored` the windows they are kept in, `per` the property
    that is their subject, `element` the property whose different values are counted.
    """

    metric: str
    stored: Spec
    aggregation: Aggregation
    per: str | None
    element: str | None


class Contribution(NamedTuple):
    """What one type of activity adds to one counter, where its condition holds."""

    counter: Counter
    amount: Amount
    where: Condition | None


class PointsWindow(NamedTuple):
    """A tally of the points earned of one unit: `start` is what it begins with."""

    metric: str
    stored: Spec
    start: int


class CompiledCap(NamedTuple):
    """At most `most` through all rules that name it, in each window of `per`."""

    key: str
    metric: str
    unit: str
    most: int
    per: Spec


class CompiledEarning(NamedTuple):
    """One rule's gift of one unit for one type of activity."""

    rule: str
    unit: str
    amount: Amount
    when: Condition | None
    caps: tuple[CompiledCap, ...]


class Freezes(NamedTuple):
    """How many missed periods a streak survives: at the start, earned by so many in a row, kept."""

    start: int
    earn_every: int | None
    most: int


@dataclass(frozen=True, slots=True)
class CompiledStreak:
    """Periods in a row in which a member's `counted` tally of the period is at least `at_least`.

    Days that are not in `weekdays` (0 = Monday) ask for nothing.
    """

    key: str
    name: str
    counted: str
    window: Every
    at_least: int
    weekdays: frozenset[int]
    freezes: Freezes

    @property
    def every(self) -> CalendarUnit:
        """What one period is."""
        return self.window.unit

    @property
    def metric(self) -> str:
        """The tally that holds its length."""
        return f"streak:{self.key}"

    @property
    def freezes_metric(self) -> str:
        return f"streak-freezes:{self.key}"

    @property
    def longest_metric(self) -> str:
        return f"streak-longest:{self.key}"

    @property
    def metrics(self) -> tuple[str, str, str]:
        """All that is kept of it, about all time."""
        return self.metric, self.freezes_metric, self.longest_metric


class TierLevel(NamedTuple):
    """A level of a ladder. `multipliers` are of what earning rules give, by unit, in
    ten-thousandths."""

    key: str
    name: str
    threshold: int
    multipliers: Mapping[str, int]
    perks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompiledTier:
    """A ladder: the level is that of the highest threshold reached by the tally of a window.

    It holds for `holds_windows` windows more and falls by one step in each then, or at once. Where
    there is no tally, the number is `start`.
    """

    key: str
    name: str
    metric: str
    window: Spec
    start: int
    levels: tuple[TierLevel, ...]
    holds_windows: int
    falls_by_step: bool
    multiplied: frozenset[str]
    """The units of which some level multiplies the gifts."""

    @property
    def windows_read(self) -> int:
        """How many windows say which level is held: what was before them has fallen since."""
        return 1 + self.holds_windows + (len(self.levels) if self.falls_by_step else 0)

    def level_for(self, value: int) -> int:
        """The index of the highest level whose threshold a number reaches; -1 for none."""
        return sum(level.threshold <= value for level in self.levels) - 1


class CompiledCriterion(NamedTuple):
    """Reads one number: the tallies of `metric` over `window`, about the subject named by `per`.

    Where there is no tally yet, the number is `empty`. A streak's length ends with the streak: its
    number is not the tally's alone.
    """

    name: str
    metric: str
    window: Spec
    aggregation: Aggregation
    per: str | None
    empty: int
    streak: CompiledStreak | None = None


class Level(NamedTuple):
    """One level of a badge: a threshold for each criterion, and what reaching them gives."""

    number: int
    key: str | None
    thresholds: tuple[int, ...]
    gives: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class CompiledBadge:
    """A badge with its criteria; `per` is the property that is their common subject."""

    key: str
    criteria: tuple[CompiledCriterion, ...]
    levels: tuple[Level, ...]
    repeat: Repeat
    per: str | None
    is_secret: bool


@dataclass(frozen=True, slots=True)
class CompiledBoard:
    """A leaderboard: the ranked tallies of `metric`, one ranking for each window."""

    key: str
    name: str
    metric: str
    window: Spec
    ties: Ties
    segment: Segment | None


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of points: where its accounts start, and the floor under them (None: none)."""

    key: str
    name: str
    start: int
    minimum: int | None
    windows: tuple[PointsWindow, ...]


class Read(NamedTuple):
    """A number that judging an activity may read besides those it contributes to: in the window of
    the activity, or so many windows before it."""

    metric: str
    window: Spec
    per: str | None
    back: int = 0


@dataclass(frozen=True, slots=True)
class ActivityPlan:
    """All that happens to one type of activity, and what must be loaded to judge it.

    `tiers` multiply what its rules give. Where `is_tiered`, its points depend on levels, or levels
    that points depend on are reached by it: then order matters.
    `reads` is what its points may lead to, through badges and what these give. What its
    contributions may lead to stands in `CompiledProgram.following`; `units` is of both.
    """

    check: PropertyCheck
    contributions: tuple[Contribution, ...]
    streaks: tuple[CompiledStreak, ...]
    tiers: tuple[CompiledTier, ...]
    is_tiered: bool
    earnings: tuple[CompiledEarning, ...]
    reads: tuple[Read, ...]
    units: tuple[str, ...]


class UnitPlan(NamedTuple):
    """What must be loaded before points of a unit are moved.

    `reads` is what may be read because they move, `units` are those they may lead to more of.
    """

    reads: tuple[Read, ...]
    units: tuple[str, ...]


class Watcher(NamedTuple):
    """A badge with a criterion on a metric, and the value below which it need not be looked at."""

    badge: CompiledBadge
    least: int


class DayReads(NamedTuple):
    """What is read on one local day: tallies as (metric, window, per), and spans of windows as
    (metric, first, last)."""

    tallies: tuple[tuple[str, str, str | None], ...]
    spans: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Agenda:
    """The windows that one local day lies in, worked out once a day and not once an activity.

    `points` holds (metric, window, start) of each unit; `reads` what each type of activity reads
    for its points, `following` what is read because a metric moved, and `moving` because points of
    a unit did.
    """

    day: date
    points: Mapping[str, tuple[tuple[str, str, int], ...]]
    reads: Mapping[str, DayReads]
    following: Mapping[str, DayReads]
    moving: Mapping[str, DayReads]


@dataclass(frozen=True, slots=True)
class CompiledProgram:
    """One version of a program's rules, ready to judge facts."""

    definition: Definition
    version: int
    calendar: Calendar
    max_lateness: timedelta | None
    plans: Mapping[str, ActivityPlan]
    following: Mapping[str, tuple[Read, ...]]
    moving: Mapping[str, UnitPlan]
    units: Mapping[str, Unit]
    streaks: Mapping[str, CompiledStreak]
    tiers: Mapping[str, CompiledTier]
    badges: Mapping[str, CompiledBadge]
    watchers: Mapping[str, tuple[Watcher, ...]]
    boards: Mapping[str, CompiledBoard]
    ranked: frozenset[str]
    segments: Mapping[str, Segment]
    counted_badges: frozenset[str]
    agendas: dict[date, Agenda] = field(
        default_factory=dict[date, Agenda], init=False, repr=False, compare=False
    )
    """A cache of `agenda`: deleting it costs time, never meaning."""

    def agenda(self, at: datetime) -> Agenda:
        """The windows of the local day that `at` belongs to."""
        day = day_at(at, self.calendar)
        agenda = self.agendas.get(day)
        if agenda is None:
            if len(self.agendas) >= AGENDAS_MAX:
                self.agendas.clear()
            agenda = self.agendas[day] = self._agenda(at)
        return agenda

    def ranks(self, metric: str, attributes: Mapping[str, Scalar]) -> bool:
        """Whether a tally of this metric stands on a board, for a member with these attributes."""
        if metric not in self.ranked:
            return False
        segment = self.segments.get(metric)
        return segment is None or segment.holds(attributes)

    def _agenda(self, at: datetime) -> Agenda:
        calendar = self.calendar
        return Agenda(
            day=day_at(at, calendar),
            points={
                unit.key: tuple(
                    (metric, key, start)
                    for metric, stored, start in unit.windows
                    if (key := key_at(stored, at, calendar)) is not None
                )
                for unit in self.units.values()
            },
            reads={name: self._reads(plan.reads, at) for name, plan in self.plans.items()},
            following={name: self._reads(reads, at) for name, reads in self.following.items()},
            moving={unit: self._reads(plan.reads, at) for unit, plan in self.moving.items()},
        )

    def _reads(self, reads: tuple[Read, ...], at: datetime) -> DayReads:
        calendar = self.calendar
        return DayReads(
            tuple(
                (metric, keys[back], per)
                for metric, window, per, back in reads
                if len(keys := keys_back(window, at, calendar, count=back + 1)) > back
            ),
            tuple(
                (read.metric, days[0], days[-1])
                for read in reads
                if isinstance(read.window, Rolling)
                and (days := keys_read(read.window, at, calendar))
            ),
        )


@dataclass(frozen=True, slots=True)
class Timeline:
    """All versions of a program's rules: each judges the facts that occurred while it was in force.

    Oldest first; the first is in force since the beginning of time.
    """

    versions: tuple[tuple[datetime | None, CompiledProgram], ...]

    @property
    def current(self) -> CompiledProgram:
        """The rules in force now."""
        return self.versions[-1][1]

    def judging(self, activity: Activity) -> CompiledProgram:
        """The rules that were in force when an activity occurred.

        For one stamped a little ahead of our clock, those in force when it arrived.
        """
        return self.at(min(activity.occurred_at, activity.received_at))

    def at(self, occurred_at: datetime) -> CompiledProgram:
        """The rules that were in force at a time."""
        if len(self.versions) == 1:
            return self.versions[0][1]
        for effective_from, program in reversed(self.versions):
            if effective_from is None or effective_from <= occurred_at:
                return program
        return self.versions[0][1]
