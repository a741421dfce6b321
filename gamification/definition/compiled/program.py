"""One version of a program's rules, and all of its versions in the order of time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from gamification.conditions import Segment
from gamification.days import day_starts, plus_days
from gamification.definition.compiled.badges import CompiledBadge, Watcher
from gamification.definition.compiled.boards import CompiledBoard
from gamification.definition.compiled.campaigns import CampaignPlan, CompiledCampaign
from gamification.definition.compiled.challenges import CompiledChallenge
from gamification.definition.compiled.leagues import CompiledLeague
from gamification.definition.compiled.numbers import Read
from gamification.definition.compiled.plans import ActivityPlan, Agenda, DayReads, UnitPlan
from gamification.definition.compiled.points import Unit
from gamification.definition.compiled.streaks import CompiledStreak
from gamification.definition.compiled.tiers import CompiledTier
from gamification.definition.document import Definition
from gamification.facts import Activity, Scalar
from gamification.windows import Calendar, Rolling, day_at, days_read, key_at, keys_back

AGENDAS_MAX = 5_000
"""How many days' windows are remembered: more than thirteen years' of them."""


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
    campaigns: Mapping[str, CompiledCampaign]
    challenges: Mapping[str, CompiledChallenge]
    notes_joining: bool
    badges: Mapping[str, CompiledBadge]
    watchers: Mapping[str, tuple[Watcher, ...]]
    boards: Mapping[str, CompiledBoard]
    leagues: Mapping[str, CompiledLeague]
    ranked: frozenset[str]
    segments: Mapping[str, Segment]
    counted_badges: frozenset[str]
    counted_challenges: frozenset[str]
    totalled: Mapping[str, CompiledChallenge] = field(init=False, repr=False, compare=False)
    """The challenges that members reach together, by the metric that adds up."""
    limited: Mapping[str, CompiledChallenge] = field(init=False, repr=False, compare=False)
    """The challenges with a limit on winners, by the metric of who waits for a place."""
    agendas: dict[date, Agenda] = field(
        default_factory=dict[date, Agenda], init=False, repr=False, compare=False
    )
    """A cache of `agenda`: deleting it costs time, never meaning."""

    def __post_init__(self) -> None:
        challenges = self.challenges.values()
        totalled = {each.steps[0].metric: each for each in challenges if each.is_shared}
        limited = {each.waiting_metric: each for each in challenges if each.winners is not None}
        object.__setattr__(self, "totalled", totalled)
        object.__setattr__(self, "limited", limited)

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
            contributions={
                name: tuple(
                    (contribution, key)
                    for contribution in plan.contributions
                    if (key := key_at(contribution.counter.stored, at, calendar)) is not None
                )
                for name, plan in self.plans.items()
            },
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
            campaigns=self._campaigns(at),
        )

    def _campaigns(self, at: datetime) -> dict[str, tuple[CampaignPlan, ...]]:
        """Those that run at some time of the local day; most days have none."""
        if not self.campaigns:
            return {}
        day, zone = day_at(at, self.calendar), self.calendar.zone
        begins, ends = day_starts(day, zone), day_starts(plus_days(day, 1), zone)
        running = {
            campaign.key
            for campaign in self.campaigns.values()
            if (campaign.starts_at is None or campaign.starts_at < ends)
            and (campaign.ends_at is None or campaign.ends_at > begins)
            and day.weekday() in campaign.weekdays
        }
        return {
            name: found
            for name, plan in self.plans.items()
            if (found := tuple(each for each in plan.campaigns if each.campaign.key in running))
        }

    def _reads(self, reads: tuple[Read, ...], at: datetime) -> DayReads:
        calendar = self.calendar
        return DayReads(
            tuple(
                (metric, keys[back], per)
                for metric, window, per, back in reads
                if len(keys := keys_back(window, at, calendar, count=back + 1)) > back
            ),
            tuple(
                (metric, *days_read(window, keys[back]))
                for metric, window, _, back in reads
                if isinstance(window, Rolling)
                and (keys := keys_back(window, at, calendar, count=back + 1))
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

    def numbered(self, version: int) -> CompiledProgram:
        """The rules of one version."""
        return next(program for _, program in self.versions if program.version == version)

    @property
    def budgets(self) -> frozenset[str]:
        """The shared numbers that any version's campaigns draw on."""
        return frozenset(
            budget
            for _, program in self.versions
            for campaign in program.campaigns.values()
            for budget in campaign.budget_keys
        )

    def judging(self, activity: Activity) -> CompiledProgram:
        """The rules that were in force when an activity occurred.

        For one stamped a little ahead of our clock, those in force when it arrived.
        """
        if len(self.versions) == 1:
            return self.versions[0][1]
        return self.at(min(activity.occurred_at, activity.received_at))

    def at(self, occurred_at: datetime) -> CompiledProgram:
        """The rules that were in force at a time."""
        if len(self.versions) == 1:
            return self.versions[0][1]
        for effective_from, program in reversed(self.versions):
            if effective_from is None or effective_from <= occurred_at:
                return program
        return self.versions[0][1]
