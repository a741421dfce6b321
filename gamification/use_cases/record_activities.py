"""Activity comes in: the one way in which facts are written, for one activity or ten thousand."""

from bisect import insort
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from gamification.admission import Admission, difference
from gamification.commands import NewFact, is_command
from gamification.facts import Activity, Order, Retraction
from gamification.folding import Effective, Folded, fold
from gamification.ids import MemberId
from gamification.outcomes import Outcome, PointsAdjusted, taken_back
from gamification.ports import Bus, Judging, Member, Store
from gamification.program import Program
from gamification.reads import BatchReads
from gamification.refusals import IdempotencyConflict, OutOfRange, Refusal
from gamification.replay import correction, give_back, latest, replay
from gamification.rules.command import accept
from gamification.rules.counting import Contributed
from gamification.rules.kept import keeps
from gamification.settlement import Settlement
from gamification.state import State
from gamification.use_cases.drawing import all_in_play
from gamification.use_cases.settling import settle

ACTIVITIES_MAX = 1000
"""How many activities one request may hold. An import's batches are bounded by its own option."""


class Recorded(Struct, frozen=True):
    """An activity that is stored, and all that changed because of it.

    `replayed`: the key was known with the same content. Nothing happened again, and `outcomes` is
    empty: what the first time brought is stored under the activity's key. `answer_was_lost`: an
    earlier attempt at this very request had stored it, so that for its sender, who gave no key, it
    is no repeat; `outcomes` is empty all the same.
    """

    member: Member
    activity: Activity
    replayed: bool
    outcomes: tuple[Outcome, ...]
    answer_was_lost: bool = False

    @property
    def is_told_from_store(self) -> bool:
        """Whether what it brought has to be read: it was stored by an earlier attempt."""
        return self.replayed or self.answer_was_lost


async def record_activities(
    store: Store,
    bus: Bus,
    program: Program,
    new: Iterable[NewFact],
    *,
    now: datetime,
    new_key: Callable[[], str],
    imported: bool = False,
) -> list[Recorded | Refusal]:
    """Record activities and commands in one transaction: one result for each, in order.

    A refusal concerns its own activity only. Raises `KeyTaken` when another transaction stored one
    of the keys meanwhile (run it again), and `OutOfRange` when a late activity, judged in its
    place, drives a later sum out of range (nothing is written then).
    """
    batch = Batch(Admission(program, now, new_key, imported))
    for each in new:
        batch.add(each)
    return await batch.record(store, bus)


class _Admitted(Struct):
    """An activity that passed the gate, with the place of its result."""

    index: int
    external_id: str
    activity: Activity
    has_time: bool
    contributions: Sequence[Contributed]


class Batch:
    """Activities gathered for one transaction: added one by one, then judged together.

    Adding costs no I/O, so it can be done while another batch's transaction runs. Recording may
    be tried again, after `Contended` or a lost connection, with the same result.
    """

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.reads = BatchReads(admission.program.timeline)
        self.admitted: list[_Admitted] = []
        self.refused: dict[int, Refusal] = {}

    def __len__(self) -> int:
        return len(self.admitted) + len(self.refused)

    def add(self, new: NewFact) -> None:
        """Check a fact and work out what judging it reads; a refusal becomes its result."""
        index = len(self.admitted) + len(self.refused)
        try:
            activity = self.admission.admit(new)
            contributions = self.reads.add(activity)
        except Refusal as refusal:
            self.refused[index] = refusal
        else:
            has_time = new.occurred_at is not None
            self.admitted.append(_Admitted(index, new.member, activity, has_time, contributions))

    def external_ids(self) -> set[str]:
        """The members whose activities these are, by the app's own ids."""
        return {each.external_id for each in self.admitted}

    async def record(self, store: Store, bus: Bus) -> list[Recorded | Refusal]:
        """As `record_activities`, for the activities that were added."""
        if not self.admitted:
            return [self.refused[index] for index in range(len(self))]
        admission = self.admission
        async with store.writing(admission.program.record) as writing:
            members = await writing.lock_members(self.external_ids(), admission.now)
            budgets = await self.budgets(writing, members)
            used = await writing.lock_shared(budgets) if budgets else {}
            judged = await self.judge(writing, members, used)
            await writing.unregister(but={each.member for each in judged.fresh})
            await writing.add_activities(judged.fresh)
            settled = await settle(
                writing, judged.settlement, now=admission.now, announce=not admission.is_import
            )
        bus.publish(settled.changes)
        return judged.with_more(settled.outcomes)

    async def budgets(self, judging: Judging, members: Mapping[str, Member]) -> frozenset[str]:
        """The budgets that judging the activities of these members may draw on."""
        timeline = self.admission.program.timeline
        if not timeline.budgets:
            return timeline.budgets
        sent = [(members[each.external_id], each.activity) for each in self.admitted]
        if await all_in_play(judging, timeline, sent):
            return timeline.budgets
        return frozenset(self.reads.budgets)

    async def judge(
        self, judging: Judging, members: Mapping[str, Member], budgets: Mapping[str, int]
    ) -> "Judged":
        """What comes of the activities, by what is stored now. Nothing is written.

        `members` are those of `external_ids`, `budgets` how much is used of those in play.
        Raises `OutOfRange` as `record_activities` does.
        """
        attempt = _Attempt(self.admission.program, judging, self.reads, members, budgets)
        attempt.results.update(self.refused)
        await attempt.sort_out_known(self.admitted)
        settlement = await attempt.settle()
        return Judged(
            results=[attempt.results[index] for index in range(len(self))],
            fresh=[each.activity for each in attempt.fresh.values()],
            settlement=settlement,
        )


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
class _Attempt:
    """One judgement of a batch. `fresh` are its activities that were not stored before."""

    program: Program
    judging: Judging
    reads: BatchReads
    named: Mapping[str, Member]
    budgets: Mapping[str, int]
    results: dict[int, Recorded | Refusal] = field(default_factory=dict[int, Recorded | Refusal])
    fresh: dict[str, _Admitted] = field(default_factory=dict[str, _Admitted])
    repeats: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    retractions: Mapping[str, tuple[Retraction, ...]] = field(
        default_factory=dict[str, tuple[Retraction, ...]]
    )
    members: dict[MemberId, Member] = field(init=False)

    def __post_init__(self) -> None:
        self.members = {member.id: member for member in self.named.values()}

    async def sort_out_known(self, admitted: Sequence[_Admitted]) -> None:
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

    def _place_last(self, each: _Admitted, last: Order | None) -> None:
        """A command that names no time comes after all that is known of its member.

        It is accepted on that, and has to be carried out on the same in every replay: clocks that
        differ by a moment must not put a capture before its hold.
        """
        if last is not None and each.activity.order <= last:
            at = last.occurred_at + timedelta(microseconds=1)
            each.activity = replace(each.activity, occurred_at=at)
            each.contributions = self.reads.add(each.activity)

    async def settle(self) -> Settlement:
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
                self._refuse(key, refusal)
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
            self._refuse(command.key, refusal)
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
