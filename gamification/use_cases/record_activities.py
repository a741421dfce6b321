"""Activity comes in: the one way in which facts are written, for one activity or ten thousand."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from gamification.admission import Admission
from gamification.commands import NewFact
from gamification.live import Bus
from gamification.ports import Judging, Member, Store
from gamification.program import Program
from gamification.reads import BatchReads
from gamification.refusals import Refusal
from gamification.use_cases.drawing import all_in_play
from gamification.use_cases.judgement import Admitted, Judged, Judgement
from gamification.use_cases.recorded import Recorded
from gamification.use_cases.settling import settle

ACTIVITIES_MAX = 1000
"""How many activities one request may hold. An import's batches are bounded by its own option."""


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


class Batch:
    """Activities gathered for one transaction: added one by one, then judged together.

    Adding costs no I/O, so it can be done while another batch's transaction runs. Recording may
    be tried again, after `Contended` or a lost connection, with the same result.
    """

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.reads = BatchReads(admission.program.timeline)
        self.admitted: list[Admitted] = []
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
            self.refused[index] = refusal.with_traceback(None)
        else:
            has_time = new.occurred_at is not None
            self.admitted.append(Admitted(index, new.member, activity, has_time, contributions))

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
    ) -> Judged:
        """What comes of the activities, by what is stored now. Nothing is written.

        `members` are those of `external_ids`, `budgets` how much is used of those in play.
        Raises `OutOfRange` as `record_activities` does.
        """
        judgement = Judgement(
            self.admission.program, judging, self.reads, members, budgets, dict(self.refused)
        )
        return await judgement.of(self.admitted)
