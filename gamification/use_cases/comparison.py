"""Members judged by other rules, beside what is stored of them: the heart of a preview."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from gamification.definition.compiled import ActivityPlan, CompiledProgram, Timeline
from gamification.facts import Activity, Retraction
from gamification.ids import MemberId
from gamification.ports import Member, Totals
from gamification.program import Program
from gamification.refusals import InvalidProperty, OutOfRange
from gamification.replay import correction, give_back, replay
from gamification.state import AccountKey, AwardKey, State
from gamification.tier_levels import NO_LEVEL
from gamification.use_cases.effects import (
    BadgeEffect,
    BalanceMove,
    ChallengeEffect,
    PointsEffect,
    Preview,
    RefusedType,
    StreakEffect,
    TierEffect,
)
from gamification.use_cases.in_time import InTime, climbed, in_time, level_key

History = Sequence[tuple[Activity, tuple[Retraction, ...]]]


class Stored(NamedTuple):
    """What the members of a page have. `openings` is what the accounts that the rules would never
    have opened began with: once opened, they stay open."""

    awards: Mapping[MemberId, Collection[AwardKey]]
    balances: Mapping[MemberId, Mapping[str, int]]
    openings: Mapping[AccountKey, int]


class Comparison:
    """Judges members by the candidate rules, and counts in `preview` what that changes `now`.

    `used` is how much of each budget is used; it follows what the rules grant.
    """

    def __init__(
        self,
        program: Program,
        rules: CompiledProgram,
        *,
        of_members: int,
        used: dict[str, int],
        now: datetime,
    ) -> None:
        self.preview = Preview(of_members)
        self._used = used
        self._now, self._in_force, self._rules = now, program.rules, rules
        known = [rules, *(version for _, version in reversed(program.timeline.versions))]
        self.awarded = {badge for each in known for badge in each.badges}
        self.awarded |= {one.award for each in known for one in each.challenges.values()}
        self._timeline = Timeline(((None, rules),))
        for each in known:
            for badge in each.badges.values():
                for level in badge.levels:
                    self.preview.effects.setdefault(
                        (badge.key, level.number), BadgeEffect(badge.key, level.number, level.key)
                    )
            for challenge in each.challenges.values():
                effect = ChallengeEffect(challenge.key)
                self.preview.runs.setdefault(challenge.key, effect)
            for unit in each.units.values():
                self.preview.units.setdefault(unit.key, PointsEffect(unit.key))
        for each in (rules, program.rules):
            for tier in each.tiers:
                self.preview.ladders.setdefault(tier, TierEffect(tier))
            for streak in each.streaks:
                self.preview.lengths.setdefault(streak, StreakEffect(streak))
        self._starts = {unit.key: unit.start for unit in rules.units.values()}
        self._starts |= {unit.key: unit.start for unit in program.rules.units.values()}
        self._doubted = _doubted(known, rules)

    def judged(
        self,
        members: Sequence[Member],
        histories: Mapping[MemberId, History],
        totals: Mapping[MemberId, Totals],
    ) -> list[tuple[Member, State]]:
        """The states that the rules make of the members' histories, where they can.

        Budgets grant no more than is left of them: then `totals` tell what they granted before.
        """
        judged: list[tuple[Member, State]] = []
        for member in members:
            history = histories.get(member.id, ())
            self.preview.members += 1
            self.preview.activities += len(history)
            if self._doubted:
                for activity, _ in history:
                    self._check(activity)
            try:
                state = self._replayed(history, totals.get(member.id))
            except OutOfRange:
                self.preview.unjudged.add(member.external_id, 1)
                continue
            judged.append((member, state))
            if self._rules.limited:
                self._count_waiting(member, history, state)
        return judged

    def _replayed(self, history: History, stored: Totals | None) -> State:
        if stored is None:
            return replay(self._timeline, history).state
        replayed = replay(self._timeline, history, granted=stored.postings, shared=self._used)
        give_back(self._used, replayed, correction(replayed, stored))
        return replayed.state

    def compare(
        self,
        judged: Sequence[tuple[Member, State]],
        stored: Stored,
        standing: Mapping[MemberId, InTime],
    ) -> None:
        """Count what the members of a page would gain and lose; `standing` is where they stand."""
        for member, state in judged:
            self._compare_awards(member, state.awards.keys(), stored.awards.get(member.id, ()))
            balances = stored.balances.get(member.id, {})
            computed = {key.unit: account.balance for key, account in state.accounts.items()}
            for unit in balances.keys() | computed.keys():
                before = balances.get(unit, self._starts[unit])
                after = computed.get(unit)
                if after is None:
                    after = stored.openings[AccountKey(member.id, unit)]
                self.preview.units[unit].add(BalanceMove(member.external_id, before, after))
            if self.preview.ladders or self.preview.lengths:
                find = state.tallies.get
                becomes = in_time(self._rules, member.id, find, now=self._now)
                self._compare_in_time(member, standing[member.id], becomes)

    def _count_waiting(self, member: Member, history: History, state: State) -> None:
        """Note the runs of which the member has reached all, and was given no place."""
        facts = {fact.key for fact, _ in history}
        found = Counter(
            challenge.key
            for key in state.tallies
            if (challenge := self._rules.limited.get(key.metric))
            and challenge.place_fact(key.window, member.id) not in facts
        )
        for challenge, runs in found.items():
            self.preview.runs[challenge].waiting.add(member.external_id, runs)

    def _compare_awards(
        self, member: Member, computed: Collection[AwardKey], stored: Collection[AwardKey]
    ) -> None:
        new, lost = set(computed).difference(stored), set(stored).difference(computed)
        badges = Counter((key.badge, key.level) for key in new if not key.is_of_challenge)
        for level, count in badges.items():
            self.preview.effects[level].gaining.add(member.external_id, count)
        badges = Counter((key.badge, key.level) for key in lost if not key.is_of_challenge)
        for level, count in badges.items():
            self.preview.effects[level].losing.add(member.external_id, count)
        for key, count in Counter(key.challenge for key in new if key.is_of_challenge).items():
            self.preview.runs[key].completing.add(member.external_id, count)
        for key, count in Counter(key.challenge for key in lost if key.is_of_challenge).items():
            self.preview.runs[key].reopened.add(member.external_id, count)

    def _compare_in_time(self, member: Member, was: InTime, becomes: InTime) -> None:
        for key, effect in self.preview.ladders.items():
            old, new = self._in_force.tiers.get(key), self._rules.tiers.get(key)
            before, after = was.levels.get(key, NO_LEVEL), becomes.levels.get(key, NO_LEVEL)
            levels = climbed(old, new, before, after)
            if levels:
                (effect.rising if levels > 0 else effect.falling).add(
                    member.external_id, abs(levels)
                )
                effect.moves[level_key(old, before), level_key(new, after)] += 1
        for key, effect in self.preview.lengths.items():
            before, after = was.lengths.get(key, 0), becomes.lengths.get(key, 0)
            effect.add(member.external_id, before, after)

    def _check(self, activity: Activity) -> None:
        if activity.type not in self._doubted:
            return
        plan = self._doubted[activity.type]
        try:
            if plan is not None:
                plan.check(activity.properties)
                return
            reason = "there is no such activity"
        except InvalidProperty as refusal:
            reason = refusal.message
        found = self.preview.refused.setdefault(activity.type, RefusedType(activity.type, reason))
        found.activities += 1


def _doubted(
    known: Sequence[CompiledProgram], rules: CompiledProgram
) -> dict[str, ActivityPlan | None]:
    """The types of which something stored may be refused: those that some version wrote otherwise.

    All that is stored was admitted by one of the versions. None: the rules do not know the type.
    """
    present = rules.definition.activities
    return {
        key: rules.plans.get(key)
        for each in known
        for key, written in each.definition.activities.items()
        if key not in present or present[key].properties != written.properties
    }
