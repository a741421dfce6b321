"""Badges as they run, and the numbers that their criteria read."""

from dataclasses import dataclass
from typing import NamedTuple

from gamification.definition.compiled.streaks import CompiledStreak
from gamification.definition.document import Repeat
from gamification.metrics import Aggregation
from gamification.windows import Spec


class CompiledCriterion(NamedTuple):
    """Reads one number: the tallies of `metric` over `window`, about the subject named by `per`.

    Where there is no tally yet, the number is `empty`. A streak's length ends with the streak: its
    number is not the tally's alone.
    """

    name: str
    metric: str
    window: Spec
    aggregation: Aggregation
    per: str | None
    empty: int
    streak: CompiledStreak | None = None


class Level(NamedTuple):
    """One level of a badge: a threshold for each criterion, and what reaching them gives."""

    number: int
    key: str | None
    thresholds: tuple[int, ...]
    gives: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class CompiledBadge:
    """A badge with its criteria; `per` is the property that is their common subject."""

    key: str
    criteria: tuple[CompiledCriterion, ...]
    levels: tuple[Level, ...]
    repeat: Repeat
    per: str | None
    is_secret: bool


class Watcher(NamedTuple):
    """A badge with a criterion on a metric, and the value below which it need not be looked at."""

    badge: CompiledBadge
    least: int
