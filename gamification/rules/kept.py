"""Kept: points that stay with a member although their activity was taken back (`only_pending`).

A retraction takes back what was pending when it was received. What had matured by then stays, and
nothing else does: no number counts the activity any more. All of it follows from the times of the
facts, whatever the order in which they arrive.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from gamification.definition.compiled import CompiledProgram, Timeline, Unit
from gamification.definition.compiled.lots import retracted_metric
from gamification.draft import Draft, subject_text
from gamification.facts import Activity, Order, Remains, Retraction
from gamification.quantity import SCALE
from gamification.state import State, Tally, TallyKey

History = Sequence[tuple[Activity, tuple[Retraction, ...]]]


class Releases:
    """When, in a member's history, activities made points available that waited for them."""

    def __init__(self, timeline: Timeline, history: History) -> None:
        self._timeline = timeline
        self._history = history
        self._found: dict[tuple[str, str], list[Order]] | None = None

    def first_after(self, order: Order, unit: str, subject: str) -> datetime | None:
        """The first release of a unit's points, about something, after a place in the order."""
        if self._found is None:  # most histories are never asked
            self._found = self._releases()
        places = self._found.get((unit, subject), [])
        index = bisect_right(places, order)
        return places[index].occurred_at if index < len(places) else None

    def _releases(self) -> dict[tuple[str, str], list[Order]]:
        found: dict[tuple[str, str], list[Order]] = defaultdict(list)
        for recorded, retractions in self._history:
            plan = self._timeline.judging(recorded).plans.get(recorded.type)
            if plan is None or not plan.releases or recorded.less(retractions) is None:
                continue
            for unit, per in plan.releases:
                subject = subject_text(recorded.properties.get(per))
                if subject:
                    found[unit, subject].append(recorded.order)
        return found


def keeps(program: CompiledProgram, activity: Activity) -> bool:
    """Whether rules of the activity's type give points that are kept once they have matured."""
    plan = program.plans.get(activity.type)
    return plan is not None and bool(plan.keeps)


def remains_of(
    program: CompiledProgram,
    recorded: Activity,
    retractions: Sequence[Retraction],
    releases: Releases,
) -> Remains:
    """What retractions leave of an activity whose type `keeps` points."""
    kept: dict[str, Activity] = {}
    for unit in program.plans[recorded.type].keeps:
        matured_at = _matured_at(program, program.units[unit], recorded, releases)
        in_time = [
            each for each in retractions if matured_at is None or each.received_at < matured_at
        ]
        rest = recorded.less(tuple(in_time))
        if rest is not None and len(in_time) < len(retractions):
            kept[unit] = rest
    taken_at = max(each.received_at for each in retractions)
    return Remains(recorded.less(tuple(retractions)), kept, taken_at)


def awaited_by(program: CompiledProgram, activity: Activity) -> frozenset[str]:
    """The types of the activities that kept points of an activity wait for."""
    plan = program.plans.get(activity.type)
    rules = (program.units[unit].lots for unit in (() if plan is None else plan.keeps))
    return frozenset(
        each.pending.until
        for each in rules
        if each is not None and each.pending is not None and each.pending.until
    )


def note(draft: Draft, remains: Remains) -> None:
    """Leave a trace for a release that comes later, and may have happened before the retraction."""
    activity = draft.activity
    for unit in draft.program.plans[activity.type].keeps:
        rules = draft.program.units[unit]
        pending = None if rules.lots is None else rules.lots.pending
        if pending is None or not pending.until:
            continue
        key = _trace(rules, activity, pending.per)
        if key is None:
            continue
        before = draft.tally(key)
        touches, at = (
            (0, remains.taken_at) if before is None else (before.touches, before.reached_at)
        )
        value = (touches + 1) * SCALE
        after = Tally(value, value, max(at, remains.taken_at), touches + 1)
        draft.set_tally(key, before, after)


def traces_met(program: CompiledProgram, activity: Activity) -> list[TallyKey]:
    """The traces that were left, if any were, of what an activity would have made available."""
    plan = program.plans.get(activity.type)
    found = (
        _trace(program.units[unit], activity, per)
        for unit, per in (() if plan is None else plan.releases)
    )
    return [key for key in found if key is not None]


def releases_what_was_taken_back(
    program: CompiledProgram, state: State, activity: Activity
) -> bool:
    """Whether the activity makes points available of which some were taken back after it occurred:
    they had not been pending any more."""
    return any(
        (tally := state.tallies.get(key)) is not None and tally.reached_at >= activity.occurred_at
        for key in traces_met(program, activity)
    )


def _matured_at(
    program: CompiledProgram, unit: Unit, activity: Activity, releases: Releases
) -> datetime | None:
    """When what an activity brings of a unit can be spent; None for not yet."""
    pending = None if unit.lots is None else unit.lots.pending
    if pending is None:
        return activity.occurred_at
    if not pending.until:
        return pending.matures_at(activity.occurred_at, program.calendar)
    subject = subject_text(activity.properties.get(pending.per))
    if not subject:
        return activity.occurred_at
    return releases.first_after(activity.order, unit.key, subject)


def _trace(unit: Unit, activity: Activity, per: str) -> TallyKey | None:
    """Where it is noted when points were taken back that wait for what an activity is about."""
    subject = subject_text(activity.properties.get(per))
    if not subject or not unit.keeps_matured:
        return None
    return TallyKey(activity.member, retracted_metric(unit.key), "", subject)
