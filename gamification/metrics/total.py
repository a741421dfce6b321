"""Counts and sums: without this file nothing is added up. A count is a sum of ones."""

from collections.abc import Sequence
from datetime import datetime

from gamification.metrics.aggregation import Aggregation
from gamification.quantity import add
from gamification.state import Tally


class Total(Aggregation):
    """Adds amounts. An amount of nothing leaves no trace, not even the time of a score."""

    def add(self, before: Tally | None, amount: int, at: datetime, *, start: int = 0) -> Tally | None:
        if not amount:
            return None
        if before is None:
            value = add(start, amount)
            return Tally(value, max(start, value), at, 1)
        value = add(before.value, amount)
        return Tally(
            value,
            value if value > before.peak else before.peak,
            at if at > before.reached_at else before.reached_at,
            before.touches + 1,
        )

    def over(self, tallies: Sequence[Tally]) -> int:
        return sum(tally.value for tally in tallies)

    def takes_late(self, before: Tally | None, amount: int, at: datetime) -> bool:
        """Always: addition does not care for order, and the peak stays an upper bound."""
        return True


TOTAL = Total()
