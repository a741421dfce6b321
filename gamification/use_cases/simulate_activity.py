"""What an activity would do, if it were recorded now: the same judgement, with nothing written."""

from collections.abc import Callable, Collection
from datetime import datetime

from msgspec import Struct

from gamification.admission import Admission
from gamification.facts import NewActivity
from gamification.ids import MemberId, member_id
from gamification.ports import Judging, Member, Store
from gamification.program import Program
from gamification.refusals import Refusal
from gamification.settlement import Settlement
from gamification.use_cases.record_activities import Batch
from gamification.use_cases.recorded import Recorded


class Simulated(Struct, frozen=True):
    """What recording an activity would answer, and what it would write besides the fact."""

    recorded: Recorded
    settlement: Settlement


async def simulate_activity(
    store: Store,
    program: Program,
    new: NewActivity,
    *,
    now: datetime,
    new_key: Callable[[], str],
) -> Simulated | Refusal:
    """Judge an activity on one moment of what is stored. A new member stays unknown.

    Raises `OutOfRange` where `record_activities` does.
    """
    batch = Batch(Admission(program, now, new_key, is_import=False))
    batch.add(new)
    async with store.judging(program.record) as judging:
        members = await _as_registered(judging, program.key, batch.external_ids(), now=now)
        budgets = await batch.budgets(judging, members)
        used = await judging.shared_numbers(budgets) if budgets else {}
        judged = await batch.judge(judging, members, used)
    (result,) = judged.results
    return result if isinstance(result, Refusal) else Simulated(result, judged.settlement)


async def _as_registered(
    judging: Judging, program_key: str, external_ids: Collection[str], *, now: datetime
) -> dict[str, Member]:
    """The members with these external ids; those that are new, as they would be registered."""
    members = dict(await judging.members_by_external_id(external_ids))
    salt = 0
    while missing := [name for name in external_ids if name not in members]:
        ids: dict[MemberId, str] = {
            member_id(program_key, name, salt=salt): name for name in missing
        }
        taken = await judging.members(ids)
        members |= {
            name: Member(id_, name, None, {}, now, None)
            for id_, name in ids.items()
            if id_ not in taken
        }
        salt += 1
    return members
