"""The highest amount: without this file there is no best order and no longest run."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from gamification.metrics.aggregation import Aggregation
from gamification.state import Tally


class Highest(Aggregation):
    """Keeps the highest amount and the first time it was reached."""

    def add(
        self, before: Tally | None, amount: int, at: datetime, *, start: int = 0
    ) -> Tally | None:
        if before is None:
            return Tally(amount, amount, at, 1)
        touches = before.touches + 1
        if amount > before.value:
            return Tally(amount, amount, at, touches)
        if amount == before.value and at < before.reached_at:
            return Tally(amount, amount, at, touches)
        return replace(before, touches=touches)

    def over(self, tallies: Sequence[Tally]) -> int:
        return max((tally.value for tally in tallies), default=0)

    def takes_late(self, before: Tally | None, at: datetime) -> bool:
        """Always: the maximum and its earliest time are the same in any order."""
        return True


HIGHEST = Highest()
