"""Which tallies are kept, what contributes to them, and which are read besides."""

from dataclasses import dataclass
from typing import NamedTuple

from gamification.amounts import Amount
from gamification.conditions import Condition
from gamification.metrics import Aggregation
from gamification.windows import Spec


@dataclass(frozen=True, slots=True)
class Counter:
    """One family of tallies: a metric in one kind of window.

    `metric` is the tallies' name for it, `stored` the windows they are kept in, `per` the property
    that is their subject, `element` the property whose different values are counted.
    """

    metric: str
    stored: Spec
    aggregation: Aggregation
    per: str | None
    element: str | None


class Contribution(NamedTuple):
    """What one type of activity adds to one counter, where its condition holds."""

    counter: Counter
    amount: Amount
    where: Condition | None


class Read(NamedTuple):
    """A number that judging an activity may read besides those it contributes to: in the window of
    the activity, or so many windows before it."""

    metric: str
    window: Spec
    per: str | None
    back: int = 0
