"""Members' derived state made anew from their facts, within a transaction that locks them."""

from collections.abc import Mapping

from gamification.ids import MemberId
from gamification.ports import Member, Writing
from gamification.program import Program
from gamification.refusals import OutOfRange
from gamification.replay import Correction, correction, give_back, replay
from gamification.settlement import Settlement


async def rebuild(
    writing: Writing,
    program: Program,
    members: Mapping[MemberId, Member],
    *,
    unjudged: list[Member] | None = None,
) -> tuple[Settlement, list[Correction]]:
    """Replay the members' histories: what is to be written, and how it differs from before.

    The members must be locked. Costs two statements and one fold of the history for each. Where
    the numbers of a member leave their range, it raises `OutOfRange`; or, with a list of
    `unjudged`, puts the member there and leaves what is stored of them as it is.
    """
    settlement = Settlement(program, members)
    corrections: list[Correction] = []
    budgets = program.timeline.budgets
    settlement.budgets = await writing.lock_shared(budgets) if budgets else {}
    shared = dict(settlement.budgets)
    for member in sorted(members):
        try:
            history, stored = await writing.history(member), await writing.totals(member)
            replayed = replay(program.timeline, history, granted=stored.postings, shared=shared)
            correct = correction(replayed, stored)
        except OutOfRange:
            if unjudged is None:
                raise
            unjudged.append(members[member])
            continue
        settlement.correct(member, replayed, correct)
        give_back(shared, replayed, correct)
        corrections.append(correct)
    return settlement, corrections
