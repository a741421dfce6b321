"""Activity comes in: the one way in which facts are written, for one activity or ten thousand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from gamification.admission import Admission, difference
from gamification.facts import Activity, NewActivity
from gamification.folding import Folded, fold
from gamification.ids import MemberId
from gamification.outcomes import BadgeRevoked, Outcome, PointsAdjusted
from gamification.ports import Bus, Changes, Member, Store, Writing
from gamification.program import Program
from gamification.reads import BatchReads
from gamification.refusals import IdempotencyConflict, OutOfRange, Refusal
from gamification.replay import correction, replay
from gamification.settlement import Settlement
from gamification.state import State

ACTIVITIES_MAX = 1000
"""How many activities one request may hold. An import's batches are bounded by its own option."""


class Recorded(Struct, frozen=True):
    """An activity that is stored, and all that changed because of it.

    `replayed`: the key was known with the same content. Nothing happened again, and `outcomes` is
    empty: what the first time brought is stored under the activity's key.
    """

    member: Member
    activity: Activity
    replayed: bool
    outcomes: tuple[Outcome, ...]


async def record_activities(
    store: Store,
    bus: Bus,
    program: Program,
    new: Sequence[NewActivity],
    *,
    now: datetime,
    new_key: Callable[[], str],
    imported: bool = False,
) -> list[Recorded | Refusal]:
    """Record activities in one transaction: one result for each, in order.

    A refusal concerns its own activity only. Raises `KeyTaken` when another transaction stored one
    of the keys meanwhile (run it again), and `OutOfRange` when a late activity, judged in its
    place, drives a later sum out of range (nothing is written then).
    """
    batch = _Batch(program, [None] * len(new))
    batch.admit(new, Admission(program, now, new_key, imported))
    if batch.admitted:
        async with store.writing(program.record) as writing:
            changes = await batch.write(writing, now=now, announce=not imported)
        bus.publish(changes)
    return [result for result in batch.results if result is not None]


class _Admitted(Struct):
    """An activity that passed the gate, with the place of its result; later with its member."""

    index: int
    external_id: str
    activity: Activity
    has_time: bool
    member: Member | None = None


@dataclass(slots=True)
class _Batch:
    """One call's activities on their way through the transaction."""

    program: Program
    results: list[Recorded | Refusal | None]
    admitted: list[_Admitted] = field(default_factory=list[_Admitted])
    fresh: dict[str, _Admitted] = field(default_factory=dict[str, _Admitted])
    repeats: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    def admit(self, new: Sequence[NewActivity], admission: Admission) -> None:
        for index, each in enumerate(new):
            try:
                activity = admission.admit(each)
            except Refusal as refusal:
                self.results[index] = refusal
            else:
                has_time = each.occurred_at is not None
                self.admitted.append(_Admitted(index, each.member, activity, has_time))

    async def write(self, writing: Writing, *, now: datetime, announce: bool) -> Changes:
        members = await writing.lock_members({each.external_id for each in self.admitted}, now)
        await self._sort_out_known(writing, members)
        by_id = {member.id: member for member in members.values()}
        retractions = await writing.retractions(self.fresh.keys())
        reads = BatchReads(self.program.timeline)
        effective: list[tuple[Activity, Activity | None]] = []
        for key, each in list(self.fresh.items()):
            left = each.activity.less(retractions.get(key, ()))
            try:
                if left is not None:
                    reads.add(left)
            except OutOfRange as refusal:
                self._refuse(key, refusal)
            else:
                effective.append((each.activity, left))
        state = await _load(writing, reads)
        folded = fold(self.program.timeline, state, effective, by_id, reads.contributions)
        for key, refusal in folded.refused.items():
            self._refuse(key, refusal)
        await writing.add_activities([each.activity for each in self.fresh.values()])
        return await self._settle(writing, folded, by_id, announce=announce)

    async def _sort_out_known(self, writing: Writing, members: dict[str, Member]) -> None:
        """Give each activity its member, and put aside those whose key is known already."""
        stored = await writing.activities([each.activity.key for each in self.admitted])
        for each in self.admitted:
            member = members[each.external_id]
            activity = each.activity = replace(each.activity, member=member.id)
            twin = self.fresh.get(activity.key)
            first = twin.activity if twin is not None else stored.get(activity.key)
            if first is None:
                each.member = member
                self.fresh[activity.key] = each
                continue
            field_name = difference(first, activity, compare_time=each.has_time)
            if field_name is None:
                self.results[each.index] = Recorded(member, first, True, ())
                if twin is not None:
                    self.repeats.setdefault(activity.key, []).append(each.index)
            else:
                self.results[each.index] = _conflict(activity.key, field_name)

    async def _settle(
        self,
        writing: Writing,
        folded: Folded,
        members: dict[MemberId, Member],
        *,
        announce: bool,
    ) -> Changes:
        settlement = Settlement(self.program, members, last=folded.last)
        for key, each in self.fresh.items():
            if each.activity.member not in folded.replaying:
                self._report(key, folded.outcomes.get(key, ()))
        for key, outcomes in folded.outcomes.items():  # in the order in which they were folded
            if self.fresh[key].activity.member not in folded.replaying:
                settlement.take(outcomes)
        for member in sorted(folded.replaying):
            await self._replay(writing, member, settlement)
        return await settlement.write(writing, announce=announce)

    async def _replay(self, writing: Writing, member: MemberId, settlement: Settlement) -> None:
        mine = [key for key, each in self.fresh.items() if each.activity.member == member]
        history = await writing.history(member)
        replayed = replay(self.program.timeline, history, keep=frozenset(mine))
        correct = correction(replayed, await writing.totals(member))
        settlement.correct(replayed, correct)
        if history:
            settlement.last[member] = history[-1][0].order
        for key in mine:
            self._report(key, replayed.outcomes.get(key, []))
        self._report(
            mine[-1],
            [
                *replayed.outcomes.get(mine[-1], []),
                *(BadgeRevoked(award) for award in correct.lost_awards),
                *(PointsAdjusted(entry) for entry, _ in correct.entries if entry.revision),
            ],
        )

    def _report(self, key: str, outcomes: Sequence[Outcome]) -> None:
        each = self.fresh[key]
        assert each.member is not None
        self.results[each.index] = Recorded(each.member, each.activity, False, tuple(outcomes))

    def _refuse(self, key: str, refusal: Refusal) -> None:
        """Refuse an activity, and with it those of the batch that repeat it."""
        for index in (self.fresh.pop(key).index, *self.repeats.get(key, ())):
            self.results[index] = refusal


async def _load(writing: Writing, reads: BatchReads) -> State:
    """The state that a batch reads: numbers first, then the awards they may touch."""
    numbers = reads.numbers
    tallies = await writing.tallies(numbers.tallies, numbers.spans)
    accounts = await writing.accounts(numbers.accounts)
    state = State(tallies, accounts)
    keys = reads.awards(state)
    if keys:
        state.awards = await writing.awards(keys)
    return state


def _conflict(key: str, field_name: str) -> IdempotencyConflict:
    message = (
        f"The key '{key}' was used before with another {field_name}. "
        "Send a new key for a new activity, or the same content to retry."
    )
    return IdempotencyConflict(message, field=(field_name,))
