"""Which budgets a batch may draw on: without this, all who write would wait for each other."""

from collections.abc import Sequence

from msgspec.structs import replace

from gamification.commands import CommandType
from gamification.definition.compiled import Timeline
from gamification.facts import Activity
from gamification.lateness import meets_another_member
from gamification.ports import Judging, Member
from gamification.rules.kept import keeps, releases_what_was_taken_back, traces_met
from gamification.state import ATTRIBUTE_CHANGES, State, TallyKey


async def all_in_play(
    judging: Judging, timeline: Timeline, sent: Sequence[tuple[Member, Activity]]
) -> bool:
    """Whether judging these facts may draw on any of the budgets, and not only on those of the
    campaigns that the facts meet themselves.

    It may where a member's history could be judged again: with a fact that is late, one that does
    not meet the member as they are now, one that was taken back though its points may have matured,
    or a place among the first of a challenge. To be asked while the members are locked. Where it
    matters who they were, or what was taken back, that costs a statement.
    """
    if timeline.current.limited:
        return True
    for member, fact in sent:
        is_late = member.last is not None and fact.order < member.last
        if is_late or fact.type == CommandType.MEMBER_CHANGED.value:
            return True
    judged = [
        (
            timeline.judging(fact),
            fact if fact.member == member.id else replace(fact, member=member.id),
        )
        for member, fact in sent
    ]
    kept = [fact.key for program, fact in judged if keeps(program, fact)]
    if kept and await judging.retractions(kept):
        return True
    asked = {
        TallyKey(fact.member, ATTRIBUTE_CHANGES, "", "")
        for program, fact in judged
        if fact.type in program.plans and program.plans[fact.type].reads_attributes
    }
    asked.update(trace for program, fact in judged for trace in traces_met(program, fact))
    if not asked:
        return False
    state = State(await judging.tallies(asked, ()))
    return any(
        meets_another_member(program, state, fact)
        or releases_what_was_taken_back(program, state, fact)
        for program, fact in judged
    )
