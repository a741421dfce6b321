"""Leagues as they run."""

from dataclasses import dataclass
from enum import Enum

from gamification.definition.compiled.boards import CompiledBoard


class Zone(Enum):
    """What the end of the run would bring to a place in a cohort."""

    PROMOTION = "promotion"
    SAFE = "safe"
    DEMOTION = "demotion"


@dataclass(frozen=True, slots=True)
class CompiledLeague:
    """A league on a leaderboard; `levels` are named from the lowest, and counted from 1."""

    key: str
    name: str
    board: CompiledBoard
    levels: tuple[str, ...]
    cohort_max: int
    promoted: int
    demoted: int

    def level_of(self, brought: int | None) -> int:
        """The level at which a member plays: the one they bring, as far as there are so many."""
        return min(brought or 1, len(self.levels))

    def zone(self, level: int, position: int, *, size: int) -> Zone:
        """What a position, from 1, means in a cohort of a size. Nobody is both up and down, nobody
        rises from the highest level, and nobody falls from the lowest."""
        if position <= self.promoted:
            return Zone.PROMOTION if level < len(self.levels) else Zone.SAFE
        if position > size - self.demoted and level > 1:
            return Zone.DEMOTION
        return Zone.SAFE

    def next_level(self, level: int, position: int, *, size: int) -> int:
        """The level that a position leads to."""
        match self.zone(level, position, size=size):
            case Zone.PROMOTION:
                return level + 1
            case Zone.DEMOTION:
                return level - 1
            case Zone.SAFE:
                return level
