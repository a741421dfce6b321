"""Counts and sums: without this file nothing is added up. A count is a sum of ones."""

from collections.abc import Sequence
from datetime import datetime

from gamification.metrics.aggregation import Aggregation
from gamification.quantity import QUANTITY_MAX, add
from gamification.state import Tally


class Total(Aggregation):
    """Adds amounts. An amount of nothing leaves no trace, not even the time of a score."""

    def add(
        self, before: Tally | None, amount: int, at: datetime, *, start: int = 0
    ) -> Tally | None:
        if not amount:
            return None
        if before is None:
            value = add(start, amount)
            return Tally(value, value if value > start else start, at, 1)
        value, peak = before.value + amount, before.peak
        if not -QUANTITY_MAX <= value <= QUANTITY_MAX:
            add(before.value, amount)  # raises, with the words for it
        reached_at = before.reached_at
        if at > reached_at:
            reached_at = at
        elif amount > 0:
            # Late: every value since then would have been higher by the amount.
            peak += amount
            if peak > QUANTITY_MAX:
                add(before.peak, amount)  # likewise
        return Tally(value, value if value > peak else peak, reached_at, before.touches + 1)

    def over(self, tallies: Sequence[Tally]) -> int:
        return sum(tally.value for tally in tallies)

    def takes_late(self, before: Tally | None, at: datetime) -> bool:
        """Always: addition does not care for order, and the peak stays an upper bound."""
        return True


TOTAL = Total()
