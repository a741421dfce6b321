"""Without this module a process whose indexes keep going wrong would do nothing but build them."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

BUILDING_SHARE = 0.1
"""How much of the time building takes at most, in the long run."""
SAVED_SECONDS_MAX = 60.0
"""How much building may be done at once after a time without: some boards of a million."""
REST_SECONDS = 10.0
"""After a board's index was built it is not built again for so long."""


class Pace(Generic[K]):
    """When a board's index may be built: for the first time, or again after it was given up."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._resting: dict[K, float] = {}
        self._saved = SAVED_SECONDS_MAX
        self._saved_at = clock()

    def may_build(self, key: K) -> bool:
        """Whether this one may be built now."""
        return self._resting.get(key, 0.0) <= self._clock() and self._savings() > 0

    def built(self, key: K, *, seconds: float) -> None:
        """Building has just ended, in success or not, after so many seconds."""
        self._saved, self._saved_at = self._savings() - seconds, self._clock()
        self.rest(key, REST_SECONDS)

    def rest(self, key: K, seconds: float) -> None:
        """Leave a board alone for so long from now."""
        now = self._clock()
        self._resting = {each: until for each, until in self._resting.items() if until > now}
        self._resting[key] = max(self._resting.get(key, 0.0), now + seconds)

    def _savings(self) -> float:
        """How many seconds of building may be done now, and no rest follow."""
        since = self._clock() - self._saved_at
        return min(self._saved + since * BUILDING_SHARE, SAVED_SECONDS_MAX)
