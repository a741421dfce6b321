"""Members' derived state made anew from their facts, within a transaction that locks them."""

from collections.abc import Mapping

from gamification.ids import MemberId
from gamification.ports import Member, Writing
from gamification.program import Program
from gamification.replay import Correction, correction, replay
from gamification.settlement import Settlement


async def rebuild(
    writing: Writing, program: Program, members: Mapping[MemberId, Member]
) -> tuple[Settlement, list[Correction]]:
    """Replay the members' histories: what is to be written, and how it differs from before.

    The members must be locked. Costs two statements and one fold of the history for each.
    """
    settlement = Settlement(program, members)
    corrections: list[Correction] = []
    for member in sorted(members):
        replayed = replay(program.timeline, await writing.history(member))
        correct = correction(replayed, await writing.totals(member))
        settlement.correct(replayed, correct)
        corrections.append(correct)
    return settlement, corrections
