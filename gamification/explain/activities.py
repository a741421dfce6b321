"""What came of an activity and why: each rule of its type asked again, beside what is stored."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from gamification.definition.compiled import (
    CompiledEarning,
    CompiledProgram,
    Timeline,
)
from gamification.facts import Activity
from gamification.ports import ActivityRow, EntryRow
from gamification.rules.counting import contributed
from gamification.state import TallyKey
from gamification.windows import Window, window_at


class Silent(Enum):
    """Why an earning rule of the activity's type gave nothing."""

    RETRACTED = "retracted"
    CONDITION = "condition"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class EarningExplained:
    """An earning rule of the activity's type: what it asks, what it asked for, what it gave.

    `base` is what its amount alone comes to, before a tier multiplies it; `room` what the cap or
    the floor had left, where one had a say (None: none had).
    """

    rule: CompiledEarning
    holds: bool
    base: int
    requested: int
    granted: int
    limited_by: str
    room: int | None
    silent: Silent | None


@dataclass(frozen=True, slots=True)
class ContributionExplained:
    """What an activity brought to one number; `window` is the stretch of time of that number."""

    key: TallyKey
    amount: int
    element: str | None
    window: Window | None


@dataclass(frozen=True, slots=True)
class ActivityExplained:
    """An activity by the rules that judged it; `left` is what retractions leave of its value."""

    version: int
    left: int | None
    earnings: tuple[EarningExplained, ...]
    contributions: tuple[ContributionExplained, ...]


def explain_activity(
    timeline: Timeline, row: ActivityRow, entries: Iterable[EntryRow]
) -> ActivityExplained:
    """What came of an activity and why; `entries` are those it caused, the oldest first."""
    program = timeline.judging(row.activity)
    left = row.activity.less(row.retractions)
    plan = program.plans.get(row.activity.type)
    postings = _postings(entries)
    return ActivityExplained(
        version=program.version,
        left=None if left is None else left.value,
        earnings=tuple(
            _earning(rule, left, postings.get((rule.rule, rule.unit)))
            for rule in (plan.earnings if plan else ())
        ),
        contributions=_contributions(program, left) if left else (),
    )


class _Posting(NamedTuple):
    """What the ledger says of a rule by now."""

    requested: int
    granted: int
    limited_by: str


def _postings(entries: Iterable[EntryRow]) -> dict[tuple[str, str], _Posting]:
    """The sum of each posting's entries, with what the latest of them says."""
    found: dict[tuple[str, str], _Posting] = {}
    for entry in sorted((row.entry for row in entries), key=lambda each: each.revision):
        key = entry.posting.rule, entry.posting.unit
        before = found[key].granted if key in found else 0
        found[key] = _Posting(entry.requested, before + entry.amount, entry.limited_by)
    return found


def _earning(
    rule: CompiledEarning, left: Activity | None, posting: _Posting | None
) -> EarningExplained:
    holds = left is not None and (
        rule.when is None or rule.when.holds(left.type, left.value, left.properties)
    )
    said = posting or _Posting(0, 0, "")
    silent: Silent | None = None
    if left is None:
        silent = Silent.RETRACTED
    elif not holds:
        silent = Silent.CONDITION
    elif not said.requested:
        silent = Silent.NOTHING
    return EarningExplained(
        rule=rule,
        holds=holds,
        base=rule.amount.of(left.value, left.properties) if left is not None and holds else 0,
        requested=said.requested,
        granted=said.granted,
        limited_by=said.limited_by,
        # Whatever limits a posting lets through exactly what room it has.
        room=abs(said.granted) if said.limited_by else None,
        silent=silent,
    )


def _contributions(
    program: CompiledProgram, activity: Activity
) -> tuple[ContributionExplained, ...]:
    return tuple(
        ContributionExplained(
            each.key,
            each.amount,
            each.element,
            window_at(each.counter.stored, activity.occurred_at, program.calendar),
        )
        for each in contributed(program.agenda(activity.occurred_at), activity)
    )
