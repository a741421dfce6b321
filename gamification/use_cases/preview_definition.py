"""What new rules would change: all of history judged by them, compared with what is stored.

Writes nothing. A version without a backfill leaves the past alone, so the question is always the
same: what would be different if these rules had always been in force?
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gamification.definition.compiled import ActivityPlan, CompiledProgram, Timeline
from gamification.definition.compiling import compile_program
from gamification.definition.document import Definition
from gamification.facts import Activity, Retraction
from gamification.ids import MemberId
from gamification.ports import Auditing, Member, Reading, Store
from gamification.program import Program
from gamification.refusals import InvalidProperty, OutOfRange
from gamification.replay import opening_of, replay
from gamification.state import AccountKey, AwardKey, State

SAMPLE_SIZE = 5
"""How many members are named wherever some are counted."""

MEMBERS_AT_ONCE = 20
"""How many are judged between two reports: a server can answer others in between."""

History = Sequence[tuple[Activity, tuple[Retraction, ...]]]


@dataclass(slots=True)
class Share:
    """Some of the members: how many, what it comes to for all of them together, and a few names.

    `total` is a number of awards, or of points in ten-thousandths; never negative.
    """

    members: int = 0
    total: int = 0
    sample: list[str] = field(default_factory=list[str])

    def add(self, external_id: str, amount: int) -> None:
        """Count one member, with what it comes to for them."""
        self.members += 1
        self.total += amount
        if len(self.sample) < SAMPLE_SIZE:
            self.sample.append(external_id)


@dataclass(slots=True)
class BadgeEffect:
    """Who would gain and who would lose awards of one level of a badge."""

    badge: str
    level: int
    level_key: str | None
    gaining: Share = field(default_factory=Share)
    losing: Share = field(default_factory=Share)


@dataclass(slots=True)
class ChallengeEffect:
    """Who would complete runs of a challenge that they have not, and who would not have."""

    challenge: str
    completing: Share = field(default_factory=Share)
    reopened: Share = field(default_factory=Share)


class BalanceMove(NamedTuple):
    """One member's balance as it is and as it would be, in ten-thousandths."""

    external_id: str
    before: int
    after: int


@dataclass(slots=True)
class PointsEffect:
    """Whose balance in one unit would rise and fall; `largest` names the greatest differences."""

    unit: str
    rising: Share = field(default_factory=Share)
    falling: Share = field(default_factory=Share)
    largest: list[BalanceMove] = field(default_factory=list[BalanceMove])

    def add(self, move: BalanceMove) -> None:
        """Count one member, if their balance moves at all."""
        gained = move.after - move.before
        if gained:
            (self.rising if gained > 0 else self.falling).add(move.external_id, abs(gained))
            self.largest.append(move)
            self.largest.sort(key=_greatest_first)
            del self.largest[SAMPLE_SIZE:]


@dataclass(slots=True)
class RefusedType:
    """Stored activities of one type that the rules would not take; `reason` is the first one's.

    Those of a type that is gone count for nothing; the others count as far as they can.
    """

    type: str
    reason: str
    activities: int = 0


@dataclass(slots=True)
class Preview:
    """What the rules would change for the members looked at so far; `is_complete`: for all.

    `unjudged` are members whose history would take a number out of range: a backfill would leave
    them as they are.
    """

    of_members: int
    members: int = 0
    activities: int = 0
    is_complete: bool = False
    effects: dict[tuple[str, int], BadgeEffect] = field(
        default_factory=dict[tuple[str, int], BadgeEffect]
    )
    runs: dict[str, ChallengeEffect] = field(default_factory=dict[str, ChallengeEffect])
    units: dict[str, PointsEffect] = field(default_factory=dict[str, PointsEffect])
    refused: dict[str, RefusedType] = field(default_factory=dict[str, RefusedType])
    unjudged: Share = field(default_factory=Share)

    @property
    def badges(self) -> list[BadgeEffect]:
        """The levels of badges that somebody would gain or lose, in the order of the rules."""
        return [each for each in self.effects.values() if each.gaining.total or each.losing.total]

    @property
    def challenges(self) -> list[ChallengeEffect]:
        """The challenges that somebody would complete, or would not have, in the rules' order."""
        return [each for each in self.runs.values() if each.completing.total or each.reopened.total]

    @property
    def points(self) -> list[PointsEffect]:
        """The units in which a balance would move, in the order of the rules."""
        return [each for each in self.units.values() if each.largest]


async def preview_definition(
    store: Store, program: Program, definition: Definition, *, facts_max: int | None = None
) -> AsyncIterator[Preview]:
    """Judge history by a definition; yield, again and again, one preview while it fills.

    With `facts_max` at most so many activities are judged, of whole members. Run it while nobody
    writes, or expect who is active meanwhile to be counted. Memory is bounded: the histories of a
    few members, and counts. Raises `DefinitionRefused`.
    """
    auditing, reading = store.auditing(program.record), store.reading(program.record)
    rules, _ = compile_program(definition, version=program.rules.version + 1)
    comparison = _Comparison(program, rules, of_members=await reading.member_count())
    preview = comparison.preview
    yield preview
    room, is_whole = facts_max, True
    async for page in auditing.members():
        members = page
        if room is not None:
            members, room = await _fitting(auditing, page, room)
        for start in range(0, len(members), MEMBERS_AT_ONCE):
            some = members[start : start + MEMBERS_AT_ONCE]
            histories = await auditing.histories([member.id for member in some])
            judged = comparison.judged(some, histories)
            stored = await _stored(auditing, reading, judged, awarded=comparison.awarded)
            comparison.compare(judged, stored)
            yield preview
        if len(members) < len(page):
            is_whole = False
            if preview.members:
                break
    preview.is_complete = is_whole
    yield preview


async def _fitting(
    auditing: Auditing, page: Sequence[Member], room: int
) -> tuple[list[Member], int]:
    """The members of a page whose histories fit into the room, and the room that is left.

    One without a history takes as much as one activity: to look at them costs time, too.
    """
    counts = await auditing.fact_counts([member.id for member in page])
    fitting: list[Member] = []
    for member in page:
        size = max(counts[member.id], 1)
        if size <= room:
            room -= size
            fitting.append(member)
    return fitting, room


class _Stored(NamedTuple):
    """What the members of a page have. `openings` is what the accounts that the rules would never
    have opened began with: once opened, they stay open."""

    awards: Mapping[MemberId, Collection[AwardKey]]
    balances: Mapping[MemberId, Mapping[str, int]]
    openings: Mapping[AccountKey, int]


async def _stored(
    auditing: Auditing,
    reading: Reading,
    judged: Sequence[tuple[Member, State]],
    *,
    awarded: Collection[str],
) -> _Stored:
    """Read no more than can differ in a preview, which is a small part of a member's totals."""
    states = {member.id: state for member, state in judged}
    awards: dict[MemberId, list[AwardKey]] = defaultdict(list)
    for award in await reading.earned(states, awarded):
        awards[award.member].append(award)
    balances: dict[MemberId, dict[str, int]] = defaultdict(dict)
    never_opened: list[AccountKey] = []
    for key, account in (await reading.accounts(states)).items():
        balances[key.member][key.unit] = account.balance
        if key not in states[key.member].accounts:
            never_opened.append(key)
    totals = await auditing.totals(sorted({key.member for key in never_opened}))
    openings = {key: opening_of(totals[key.member], key) for key in never_opened}
    return _Stored(awards, balances, openings)


class _Comparison:
    """Judges members by the candidate rules, and counts in `preview` what that changes."""

    def __init__(self, program: Program, rules: CompiledProgram, *, of_members: int) -> None:
        self.preview = Preview(of_members)
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
        self._starts = {unit.key: unit.start for unit in rules.units.values()}
        self._starts |= {unit.key: unit.start for unit in program.rules.units.values()}
        self._doubted = _doubted(known, rules)

    def judged(
        self, members: Sequence[Member], histories: Mapping[MemberId, History]
    ) -> list[tuple[Member, State]]:
        """The states that the rules make of the members' histories, where they can."""
        judged: list[tuple[Member, State]] = []
        for member in members:
            history = histories.get(member.id, ())
            self.preview.members += 1
            self.preview.activities += len(history)
            if self._doubted:
                for activity, _ in history:
                    self._check(activity)
            try:
                judged.append((member, replay(self._timeline, history).state))
            except OutOfRange:
                self.preview.unjudged.add(member.external_id, 1)
        return judged

    def compare(self, judged: Sequence[tuple[Member, State]], stored: _Stored) -> None:
        """Count what the members of a page would gain and lose."""
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


def _greatest_first(move: BalanceMove) -> tuple[int, str]:
    return -abs(move.after - move.before), move.external_id
