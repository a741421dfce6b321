"""What must be loaded before activities are judged: explicit, so that a batch loads it at once."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from gamification.commands import is_command
from gamification.definition.compiled import (
    Agenda,
    CompiledBadge,
    CompiledProgram,
    CompiledStreak,
    DayReads,
    Timeline,
    Watcher,
)
from gamification.definition.document import Repeat
from gamification.draft import subject_text
from gamification.facts import Activity
from gamification.ids import MemberId
from gamification.metrics import distinct
from gamification.rules.challenge import counted
from gamification.rules.command import moved_by, numbers_read, spans_read
from gamification.rules.counting import Contributed, contributed
from gamification.rules.kept import traces_met
from gamification.state import AccountKey, AwardKey, ReadSet, State, TallyKey, TallySpan
from gamification.streak_runs import windows_anywhere
from gamification.teams import in_any_team


@dataclass(slots=True)
class BatchReads:
    """What a batch reads, in two steps: first numbers, then the awards those numbers may touch.

    `gains` is the most that the batch can add to each tally it contributes to: an award can only
    be in question where a tally may come to its threshold.
    """

    timeline: Timeline
    numbers: ReadSet = field(default_factory=ReadSet)
    gains: dict[TallyKey, int] = field(default_factory=dict[TallyKey, int])
    budgets: set[str] = field(default_factory=set[str])
    """Those of the campaigns that its activities meet, by type and day."""
    _seen: set[tuple[MemberId, str, date, int]] = field(
        default_factory=set[tuple[MemberId, str, date, int]]
    )
    """Members, types and days whose points are read already: those reads have no subject."""

    def add(self, activity: Activity) -> list[Contributed]:
        """Take in what judging a fact reads; what it contributes, worked out on the way."""
        program = self.timeline.judging(activity)
        agenda = program.agenda(activity.occurred_at)
        plan = program.plans.get(activity.type)
        if plan is None:
            if is_command(activity.type):
                self._command(program, agenda, activity)
            return []
        contributions = contributed(agenda, activity)
        for streak in plan.local_streaks:
            self._periods(program, streak, activity)
        for contribution in contributions:
            self._contribution(contribution)
            self._day(agenda.following[contribution.key.metric], activity)
        if plan.challenges:
            self._steps(program, activity)
        if plan.releases:
            self.numbers.tallies.update(traces_met(program, activity))
        seen = (activity.member, activity.type, agenda.day, program.version)
        if seen not in self._seen:
            self._seen.add(seen)
            self._day(agenda.reads[activity.type], activity)
            for unit in plan.units:
                self.numbers.accounts.add(AccountKey(activity.member, unit))
            for each in agenda.campaigns.get(activity.type, ()):
                self.budgets.update(each.campaign.budget_keys)
        return contributions

    def awards(self, state: State) -> set[AwardKey]:
        """The awards that may be in question, given the numbers as they were loaded."""
        found: set[AwardKey] = set()
        watchers = _watchers(self.timeline)
        for key in self.numbers.tallies:
            if key.metric not in watchers:
                continue
            tally, gain = state.tallies.get(key), self.gains.get(key)
            peak = 0 if tally is None or tally.peak < 0 else tally.peak
            best = None if gain is None else gain + peak
            for badge, least in watchers[key.metric]:
                if best is None or best >= least:
                    found.update(_award_keys(badge, key))
        return found

    def _steps(self, program: CompiledProgram, activity: Activity) -> None:
        """The values that steps of challenges count, and the numbers of whichever team the member
        is in; all else of them is read for the day."""
        for each in counted(program, activity):
            if each.challenge.is_of_teams:
                for metric in each.challenge.team_metrics:
                    self.numbers.spans.add(in_any_team(activity.member, metric, each.run))
            if each.contribution.element is not None:
                key = distinct.element_key(each.contribution.key, each.contribution.element)
                self.numbers.tallies.add(key)

    def _command(self, program: CompiledProgram, agenda: Agenda, command: Activity) -> None:
        self.numbers.tallies.update(numbers_read(program, command))
        self.numbers.spans.update(spans_read(command))
        for moved in moved_by(program, command):
            plan = program.moving.get(moved)
            if plan is not None:
                self._day(agenda.moving[moved], command)
                for unit in plan.units:
                    self.numbers.accounts.add(AccountKey(command.member, unit))

    def _periods(
        self, program: CompiledProgram, streak: CompiledStreak, activity: Activity
    ) -> None:
        """The periods that the activity may belong to, in whatever zone its member lives."""
        for window in windows_anywhere(streak, activity.occurred_at, program.calendar):
            self.numbers.tallies.add(TallyKey(activity.member, streak.done_metric, window, ""))

    def _day(self, reads: DayReads, activity: Activity) -> None:
        member = activity.member
        for metric, window, per in reads.tallies:
            subject = "" if per is None else subject_text(activity.properties.get(per))
            if subject is not None:
                self.numbers.tallies.add(TallyKey(member, metric, window, subject))
        for metric, first, last in reads.spans:
            self.numbers.spans.add(TallySpan(member, metric, first, last))

    def _contribution(self, contribution: Contributed) -> None:
        key = contribution.key
        self.numbers.tallies.add(key)
        amount = contribution.amount
        self.gains[key] = self.gains.get(key, 0) + (amount if amount > 0 else 0)
        if contribution.element is not None:
            self.numbers.tallies.add(distinct.element_key(key, contribution.element))


def reads_of(timeline: Timeline, activities: Iterable[Activity]) -> BatchReads:
    """What judging all these activities reads."""
    reads = BatchReads(timeline)
    for activity in activities:
        reads.add(activity)
    return reads


def _watchers(timeline: Timeline) -> dict[str, list[Watcher]]:
    """The badges of all versions of the rules, by the metrics they have criteria on."""
    found: dict[str, list[Watcher]] = defaultdict(list)
    for _, program in timeline.versions:
        for metric, watchers in program.watchers.items():
            found[metric] += watchers
    return found


def _award_keys(badge: CompiledBadge, key: TallyKey) -> Iterable[AwardKey]:
    window = key.window if badge.repeat is Repeat.PER_WINDOW else ""
    subject = key.subject if badge.repeat is Repeat.PER_SUBJECT else ""
    for level in badge.levels:
        yield AwardKey(key.member, badge.key, level.number, window, subject)
