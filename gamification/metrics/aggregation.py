"""What every aggregation can do; without it the engine would have to know each of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gamification.state import Tally


class Aggregation(Protocol):
    """One way to make a number out of many activities. All amounts are ten-thousandths."""

    def add(
        self, before: Tally | None, amount: int, at: datetime, *, start: int = 0
    ) -> Tally | None:
        """The tally after one more amount at `at`; None when that changes nothing at all.

        `start` is what a tally that does not exist yet begins with.
        """
        ...

    def over(self, tallies: Sequence[Tally]) -> int:
        """The number over several stored windows, given oldest first: 0 where there are none."""
        ...

    def takes_late(self, before: Tally | None, at: datetime) -> bool:
        """Whether adding an amount late gives exactly what adding it in order would have given."""
        ...
