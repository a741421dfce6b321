"""Metrics: without this file activities would leave no numbers behind."""

from collections.abc import Iterable

from msgspec import Struct

from gamification.definition.compiled import Agenda, Contribution, Counter
from gamification.draft import Draft, subject_text
from gamification.facts import Activity
from gamification.metrics import TOTAL, distinct
from gamification.quantity import SCALE
from gamification.state import TallyKey


class Contributed(Struct, frozen=True, gc=False):
    """What one activity adds to one tally; `element` is the value it adds to a set of values."""

    counter: Counter
    key: TallyKey
    amount: int
    element: str | None


def contributed(agenda: Agenda, activity: Activity) -> list[Contributed]:
    """What an activity adds to which tallies, by the agenda of its day."""
    return contributed_by(agenda.contributions.get(activity.type, ()), activity)


def contributed_by(
    contributions: Iterable[tuple[Contribution, str]], activity: Activity
) -> list[Contributed]:
    """What contributions of its type, in the windows given, make of an activity."""
    found: list[Contributed] = []
    value, properties = activity.value, activity.properties
    for (counter, amount, where), window in contributions:
        if where is not None and not where.holds(activity.type, value, properties):
            continue
        subject = "" if counter.per is None else subject_text(properties.get(counter.per))
        if subject is None:
            continue
        element: str | None = None
        if counter.element is not None:
            element = subject_text(properties.get(counter.element))
            if element is None:
                continue
        number = amount.constant
        if number is None:
            number = amount.of(value, properties)
        key = TallyKey(activity.member, counter.metric, window, subject)
        found.append(Contributed(counter, key, number, element))
    return found


def count(draft: Draft, contribution: Contributed) -> None:
    """Take one contribution into its tally."""
    key = contribution.key
    if contribution.element is None:
        draft.count(key, contribution.counter.aggregation, contribution.amount)
        return
    element_key = distinct.element_key(key, contribution.element)
    before = draft.tally(element_key)
    draft.set_tally(element_key, before, distinct.seen(before, draft.activity.occurred_at))
    if before is None:
        draft.count(key, TOTAL, SCALE)
