"""The judgement of a batch of activities on what is stored: results, and what is to be written."""

from bisect import insort
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from gamification.admission import difference
from gamification.commands import is_command
from gamification.facts import Activity, Order, Retraction
from gamification.folding import Effective, Folded, fold
from gamification.ids import MemberId
from gamification.outcomes import Outcome, PointsAdjusted, taken_back
from gamification.ports import Judging, Member
from gamification.program import Program
from gamification.reads import BatchReads
from gamification.refusals import IdempotencyConflict, OutOfRange, Refusal
from gamification.replay import correction, give_back, latest, replay
from gamification.rules.command import accept
from gamification.rules.counting import Contributed
from gamification.rules.kept import keeps
from gamification.settlement import Settlement
from gamification.state import State
from gamification.use_cases.recorded import Recorded


class Admitted(Struct):
    """An activity that passed the gate, with the place of its result."""

    index: int
    external_id: str
    activity: Activity
    has_time: bool
    contributions: Sequence[Contributed]


class Judged(Struct, frozen=True):
    """What comes of a batch: one result for each activity, and what is to be written.

    `fresh` are the activities that are not stored yet; the settlement is what follows from them.
    """

    results: list[Recorded | Refusal]
    fresh: list[Activity]
    settlement: Settlement

    def with_more(
        self, outcomes: Mapping[MemberId, tuple[Outcome, ...]]
    ) -> list[Recorded | Refusal]:
        """The results; what followed for a member from what members share is told with the last of
        theirs."""
        results = list(self.results)
        for member, more in outcomes.items():
            index = max(
                index
                for index, each in enumerate(results)
                if isinstance(each, Recorded) and each.member.id == member and not each.replayed
            )
            last = results[index]
            assert isinstance(last, Recorded)
            results[index] = replace(last, outcomes=(*last.outcomes, *more))
        return results


@dataclass(slots=True)
class Judgement:
    """One judgement of a batch, used once.

    `named` are its members by the app's own ids, `budgets` how much is used of those in play, and
    `results` what is known by the activities' places in the batch: at first, those refused at the
    gate. `fresh` are the activities that were not stored before.
    """

    program: Program
    judging: Judging
    reads: BatchReads
    named: Mapping[str, Member]
    budgets: Mapping[str, int]
    results: dict[int, Recorded | Refusal]
    fresh: dict[str, Admitted] = field(default_factory=dict[str, Admitted])
    repeats: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    retractions: Mapping[str, tuple[Retraction, ...]] = field(
        default_factory=dict[str, tuple[Retraction, ...]]
    )
    members: dict[MemberId, Member] = field(init=False)

    def __post_init__(self) -> None:
        self.members = {member.id: member for member in self.named.values()}

    async def of(self, admitted: Sequence[Admitted]) -> Judged:
        """What comes of the activities that passed the gate, and of the whole batch with it."""
        await self._sort_out_known(admitted)
        settlement = await self._settle()
        return Judged(
            results=[self.results[index] for index in range(len(self.results))],
            fresh=[each.activity for each in self.fresh.values()],
            settlement=settlement,
        )

    async def _sort_out_known(self, admitted: Sequence[Admitted]) -> None:
        """Put aside the activities whose key is known already."""
        stored = await self.judging.activities([each.activity.key for each in admitted])
        for each in admitted:
            member = self.named[each.external_id]
            if each.activity.member != member.id:  # two members' ids collided
                each.activity = replace(each.activity, member=member.id)
                each.contributions = self.reads.add(each.activity)
            if not each.has_time and is_command(each.activity.type):
                self._place_last(each, member.last)
            activity = each.activity
            twin = self.fresh.get(activity.key)
            first = twin.activity if twin is not None else stored.get(activity.key)
            if first is None:
                self.fresh[activity.key] = each
                continue
            field_name = difference(first, activity, compare_time=each.has_time)
            if field_name is None:
                self.results[each.index] = Recorded(member, first, True, ())
                if twin is not None:
                    self.repeats.setdefault(activity.key, []).append(each.index)
            else:
                self.results[each.index] = _conflict(activity.key, field_name)

    def _place_last(self, each: Admitted, last: Order | None) -> None:
        """A command that names no time comes after all that is known of its member.

        It is accepted on that, and has to be carried out on the same in every replay: clocks that
        differ by a moment must not put a capture before its hold.
        """
        if last is not None and each.activity.order <= last:
            at = last.occurred_at + timedelta(microseconds=1)
            each.activity = replace(each.activity, occurred_at=at)
            each.contributions = self.reads.add(each.activity)

    async def _settle(self) -> Settlement:
        """Judge the fresh activities, and collect all that follows."""
        if not self.fresh:
            return Settlement(self.program, self.members)
        effective = await self._effective()
        state = await _load(self.judging, self.reads)
        state.shared = dict(self.budgets)
        state.attributes = {member: each.attributes for member, each in self.members.items()}
        folded = fold(self.program.timeline, state, effective, self.members)
        for key, refusal in folded.refused.items():
            self._refuse(key, refusal)
        return await self._settled(folded)

    async def _effective(self) -> list[Effective]:
        """The fresh activities, each with what earlier retractions leave of it."""
        self.retractions = await self.judging.retractions(self.fresh.keys())
        effective: list[Effective] = []
        for key, each in list(self.fresh.items()):
            left, contributions = each.activity, each.contributions
            if key in self.retractions:
                left = each.activity.less(self.retractions[key])
            try:
                if left is not None and left is not each.activity:
                    contributions = self.reads.add(left)
            except OutOfRange as refusal:
                self._refuse(key, refusal.with_traceback(None))
            else:
                program = self.program.timeline.judging(each.activity)
                is_kept = key in self.retractions and keeps(program, each.activity)
                effective.append(Effective(each.activity, left, contributions, is_kept))
        return effective

    async def _settled(self, folded: Folded) -> Settlement:
        settlement = Settlement(self.program, self.members, last=folded.last, budgets=self.budgets)
        for key, each in self.fresh.items():
            if each.activity.member not in folded.replaying:
                self._report(key, folded.outcomes.get(key, ()))
        for key, outcomes in folded.outcomes.items():  # in the order in which they were folded
            if self.fresh[key].activity.member not in folded.replaying:
                settlement.take(outcomes)
        shared = {**self.budgets, **settlement.budgets_used()}
        for member in sorted(folded.replaying):
            await self._replay(member, settlement, folded.unasked, shared)
        return settlement

    async def _replay(
        self,
        member: MemberId,
        settlement: Settlement,
        unasked: Collection[str],
        shared: dict[str, int],
    ) -> None:
        history, stored = await self.judging.history(member), await self.judging.totals(member)
        facts = {
            key: (each.activity, self.retractions.get(key, ()))
            for key, each in self.fresh.items()
            if each.activity.member == member
        }
        for key in facts.keys() - unasked:
            insort(history, facts[key], key=_order)
        judge = partial(
            replay, self.program.timeline, keep=frozenset(facts), granted=stored.postings
        )
        running = dict(shared)
        replayed = judge(history, shared=running)
        for key, fact in sorted(facts.items(), key=lambda each: _order(each[1])):
            if key in unasked and self._is_accepted(fact, replayed.state):
                insort(history, fact, key=_order)
                running = dict(shared)
                replayed = judge(history, shared=running)
        mine = [key for key in facts if key in self.fresh]
        shared |= running
        correct = correction(replayed, stored)
        settlement.correct(member, replayed, correct)
        give_back(shared, replayed, correct)
        last = latest(history)
        if last is not None:
            settlement.last[member] = last
        for key in mine:
            outcomes = replayed.outcomes.get(key, [])
            for each in outcomes:
                settlement.announce(each)
            self._report(key, outcomes)
        self._report(
            mine[-1],
            [
                *replayed.outcomes.get(mine[-1], []),
                *(taken_back(award) for award in correct.lost_awards),
                *(PointsAdjusted(entry) for entry, _ in correct.entries if entry.revision),
            ],
        )

    def _is_accepted(self, fact: tuple[Activity, tuple[Retraction, ...]], state: State) -> bool:
        """Whether a command can be done on a state; it is refused if not."""
        command = fact[0].less(fact[1])
        if command is None:
            return True
        try:
            accept(self.program.timeline.judging(command), state, command)
        except Refusal as refusal:
            self._refuse(command.key, refusal.with_traceback(None))
            return False
        return True

    def _report(self, key: str, outcomes: Sequence[Outcome]) -> None:
        each = self.fresh[key]
        member = self.members[each.activity.member]
        self.results[each.index] = Recorded(member, each.activity, False, tuple(outcomes))

    def _refuse(self, key: str, refusal: Refusal) -> None:
        """Refuse an activity, and with it those of the batch that repeat it."""
        for index in (self.fresh.pop(key).index, *self.repeats.get(key, ())):
            self.results[index] = refusal


async def _load(judging: Judging, reads: BatchReads) -> State:
    """The state that a batch reads: numbers first, then the awards they may touch."""
    numbers = reads.numbers
    tallies = await judging.tallies(numbers.tallies, numbers.spans)
    accounts = await judging.accounts(numbers.accounts)
    state = State(tallies, accounts)
    keys = reads.awards(state)
    if keys:
        state.awards = await judging.awards(keys)
    return state


def _order(fact: tuple[Activity, tuple[Retraction, ...]]) -> Order:
    return fact[0].order


def _conflict(key: str, field_name: str) -> IdempotencyConflict:
    message = (
        f"The key '{key}' was used before with another {field_name}. "
        "Send a new key for a new activity, or the same content to retry."
    )
    return IdempotencyConflict(message, field=(field_name,))
