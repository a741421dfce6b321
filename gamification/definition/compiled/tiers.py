"""Ladders of tiers as they run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gamification.windows import Spec


class TierLevel(NamedTuple):
    """A level of a ladder. `multipliers` are of what earning rules give, by unit, in
    ten-thousandths."""

    key: str
    name: str
    threshold: int
    multipliers: Mapping[str, int]
    perks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompiledTier:
    """A ladder: the level is that of the highest threshold reached by the tally of a window.

    It holds for `holds_windows` windows more and falls by one step in each then, or at once. Where
    there is no tally, the number is `start`.
    """

    key: str
    name: str
    metric: str
    window: Spec
    start: int
    levels: tuple[TierLevel, ...]
    holds_windows: int
    falls_by_step: bool
    multiplied: frozenset[str]
    """The units of which some level multiplies the gifts."""

    @property
    def windows_read(self) -> int:
        """How many windows say which level is held: what was before them has fallen since."""
        return 1 + self.holds_windows + (len(self.levels) if self.falls_by_step else 0)

    def level_for(self, value: int) -> int:
        """The index of the highest level whose threshold a number reaches; -1 for none."""
        return sum(level.threshold <= value for level in self.levels) - 1
