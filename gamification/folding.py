"""A batch of new facts folded on loaded state: what each did, and which members need a replay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from gamification.commands import counts_as_last, is_command
from gamification.definition.compiled import Timeline
from gamification.engine import decide, evolve_all
from gamification.facts import Activity, Order
from gamification.ids import MemberId
from gamification.lateness import meets_another_member, takes_late
from gamification.outcomes import Outcome
from gamification.ports import Member
from gamification.refusals import Refusal
from gamification.rules.command import accept
from gamification.rules.counting import Contributed
from gamification.rules.kept import releases_what_was_taken_back
from gamification.state import State


class Effective(NamedTuple):
    """An activity, what retractions leave of it (None: nothing), and what that contributes.

    `keeps`: it was taken back, and its points may have matured before. Whether they had, only its
    member's history tells.
    """

    recorded: Activity
    left: Activity | None
    contributions: Sequence[Contributed]
    keeps: bool = False


@dataclass(slots=True)
class Folded:
    """The state after the batch, and what every fact did.

    Members in `replaying` have late facts that do not commute: their outcomes are left out, and
    their part of the state is to be ignored. Their commands that came after are in `unasked`: they
    have to be accepted yet. `last` holds every member's latest place.
    """

    state: State
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict[str, list[Outcome]])
    refused: dict[str, Refusal] = field(default_factory=dict[str, Refusal])
    replaying: set[MemberId] = field(default_factory=set[MemberId])
    unasked: set[str] = field(default_factory=set[str])
    last: dict[MemberId, Order] = field(default_factory=dict[MemberId, Order])


def fold(
    timeline: Timeline,
    state: State,
    activities: Sequence[Effective],
    members: Mapping[MemberId, Member],
) -> Folded:
    """Fold activities in their order."""
    folded = Folded(state)
    for recorded, left, contributions, keeps in sorted(activities, key=_in_order):
        member = recorded.member
        if member in folded.replaying:
            if left is not None and is_command(recorded.type):
                folded.unasked.add(recorded.key)
            continue
        known, order = members[member].last, recorded.order
        is_late = known is not None and order < known
        if keeps or (
            left is not None
            and not _fold_one(folded, timeline, left, contributions, is_late=is_late)
        ):
            folded.replaying.add(member)
        if not is_late and counts_as_last(recorded) and recorded.key not in folded.refused:
            folded.last[member] = order
    return folded


def _in_order(effective: Effective) -> tuple[datetime, str]:
    return effective.recorded.occurred_at, effective.recorded.key


def _fold_one(
    folded: Folded,
    timeline: Timeline,
    activity: Activity,
    contributed: Sequence[Contributed],
    *,
    is_late: bool,
) -> bool:
    """Fold one activity; False when its member's history must be replayed instead."""
    program = timeline.judging(activity)
    try:
        if is_command(activity.type):
            accept(program, folded.state, activity)
        if meets_another_member(program, folded.state, activity) or releases_what_was_taken_back(
            program, folded.state, activity
        ):
            return False
        outcomes = decide(program, folded.state, activity, contributed)
    except Refusal as refusal:
        folded.refused[activity.key] = refusal.with_traceback(None)
        return True
    if is_late and (
        program is not timeline.current or not takes_late(program, folded.state, activity, outcomes)
    ):
        return False
    folded.state = evolve_all(folded.state, outcomes)
    folded.outcomes[activity.key] = outcomes
    return True
