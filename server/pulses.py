"""Without this module nobody would notice a worker that lives and does nothing any more.

Each worker beats from its event loop: a loop that is held up falls silent, and so does a process
that was stopped. Silence is counted in time that the parent was awake for. A parent that was
suspended itself, with its workers or alone, has not listened meanwhile and blames nobody.
"""

from enum import StrEnum
from math import inf

BEATS_PER_SILENCE = 10
"""So many beats in a row are missed before a worker counts as hung."""


class End(StrEnum):
    """How a worker has ended that was replaced: by itself, or because it hung."""

    DIED = "died"
    HUNG = "hung"


class Pulses:
    """How long each worker was silent. A worker is known from its first beat on: how long a start
    may take is not for this to say."""

    def __init__(self, silence_seconds_max: float) -> None:
        """`silence_seconds_max` is what a worker may be silent for; 0: nobody beats."""
        self.beat_seconds = silence_seconds_max / BEATS_PER_SILENCE or None
        """From one beat to the next, and from one look at the silence to the next; None: never."""
        self._silence_seconds_max = silence_seconds_max or inf
        self._awake_seconds = 0.0
        self._looked_at: float | None = None
        self._beaten_at: dict[int, float] = {}

    def wake(self, now: float) -> None:
        """The parent is awake, and about to hear who has beaten until `now`."""
        if self._looked_at is not None and self.beat_seconds is not None:
            # It meant to sleep for one beat: what is far beyond was not its own choice.
            self._awake_seconds += min(now - self._looked_at, 2 * self.beat_seconds)
        self._looked_at = now

    def beat(self, pid: int) -> None:
        """A worker has beaten."""
        self._beaten_at[pid] = self._awake_seconds

    def forget(self, pid: int) -> None:
        """A worker has ended."""
        self._beaten_at.pop(pid, None)

    def overdue(self, pid: int) -> float:
        """For how many seconds a worker has been silent beyond what it may; negative before."""
        beaten_at = self._beaten_at.get(pid, self._awake_seconds)
        return self._awake_seconds - beaten_at - self._silence_seconds_max
