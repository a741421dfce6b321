"""The latest amount: without this file there is no current weight, rating or stock."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from gamification.metrics.aggregation import Aggregation
from gamification.state import Tally


class Latest(Aggregation):
    """Keeps the amount of the latest activity."""

    def add(
        self, before: Tally | None, amount: int, at: datetime, *, start: int = 0
    ) -> Tally | None:
        if before is None:
            return Tally(amount, amount, at, 1)
        if at < before.reached_at:
            return replace(before, peak=max(before.peak, amount), touches=before.touches + 1)
        return Tally(amount, max(before.peak, amount), at, before.touches + 1)

    def over(self, tallies: Sequence[Tally]) -> int:
        return tallies[-1].value if tallies else 0

    def takes_late(self, before: Tally | None, at: datetime) -> bool:
        """Not when the times are equal: then the keys decide, and a tally does not know its key."""
        return before is None or at != before.reached_at


LATEST = Latest()
