"""What comes in: the facts a member's state is folded from. Stored for ever, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from gamification.ids import MemberId

Scalar = str | bool | int | float | None
"""The value of one property: JSON's scalars. Numbers with a fraction are exact to four decimals."""


def say_the_same(one: Mapping[str, Scalar], other: Mapping[str, Scalar]) -> bool:
    """Whether two sets of named values are equal; 1, 1.0 and true are three values."""
    return one == other and all(type(one[name]) is type(other[name]) for name in one)


class Order(Struct, frozen=True, order=True, gc=False):
    """The place of a fact among its member's facts: by time, then by key.

    The key, and not the arrival, breaks ties of time, because only then does any order of
    arrival give the same state (docs/decisions/0003-order-of-facts.md).
    """

    occurred_at: datetime
    key: str


class Activity(Struct, frozen=True, gc=False):
    """Something a member did. `value` is in ten-thousandths; `key` is unique in the program."""

    key: str
    member: MemberId
    type: str
    value: int
    properties: Mapping[str, Scalar]
    occurred_at: datetime
    received_at: datetime
    source: str | None = None

    @property
    def order(self) -> Order:
        return Order(self.occurred_at, self.key)

    def less(self, retractions: "tuple[Retraction, ...]") -> "Activity | None":
        """What is left of the activity after `retractions`; None when nothing is."""
        taken = 0
        for retraction in retractions:
            if retraction.amount is None:
                return None
            taken += retraction.amount
        if not taken:
            return self
        return replace(self, value=self.value - taken) if taken < self.value else None


@dataclass(frozen=True, slots=True)
class Retraction:
    """Takes an activity back: wholly (`amount` None), or `amount` ten-thousandths of its value.

    It may arrive before the activity it names, and then waits for it.
    """

    key: str
    activity_key: str
    amount: int | None
    reason: str
    received_at: datetime


class Remains(Struct, frozen=True, gc=False):
    """What is left of an activity that was taken back, where points that have matured are kept.

    `left` is what counts (None: nothing). `kept` is what counts instead, by unit of points, where
    some had matured when it was taken back. `taken_at` is when that was, for the last time.
    """

    left: Activity | None
    kept: Mapping[str, Activity]
    taken_at: datetime


class NewActivity(Struct, frozen=True, gc=False):
    """An activity as its sender words it, not yet checked against the program.

    `value` is a decimal in words ("12.50"), None for 1; `occurred_at` None means now; `key` None
    means that the sender does not retry.
    """

    member: str
    type: str
    value: str | None = None
    properties: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    occurred_at: datetime | None = None
    key: str | None = None
    source: str | None = None
