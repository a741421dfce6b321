"""Units of points, the rules that give them, and the caps on these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gamification.amounts import Amount
from gamification.conditions import Condition
from gamification.definition.compiled.lots import LotRules, Negative
from gamification.windows import Every, Spec


class PointsWindow(NamedTuple):
    """A tally of the points earned of one unit: `start` is what it begins with."""

    metric: str
    stored: Spec
    start: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of points: where its accounts start, and the floor under them (None: none).

    Members may give its points to others (`transfers`; None: they may not), and convert
    them at a rate (`converts`). `lots` is how its points expire, mature and are held; None where a
    balance is one number.
    """

    key: str
    name: str
    start: int
    minimum: int | None
    windows: tuple[PointsWindow, ...]
    lots: LotRules | None = None
    transfers: "TransferRules | None" = None
    converts: Mapping[str, "Rate"] = field(default_factory=dict[str, "Rate"])

    @property
    def keeps_matured(self) -> bool:
        """Whether points that have matured stay when their activity is taken back."""
        return self.lots is not None and self.lots.negative is Negative.ONLY_PENDING


class TransferLimit(NamedTuple):
    """The most that one member gives in each window of a kind."""

    most: int
    per: Every


class TransferRules(NamedTuple):
    """How many points members may give at a time, and how many in which time."""

    least: int
    most: int | None
    limits: tuple[TransferLimit, ...]


class Rate(NamedTuple):
    """So many points of another unit (`give`) for so many of this one (`take`)."""

    take: int
    give: int


class CompiledCap(NamedTuple):
    """At most `most` through all rules that name it, in each window of `per`."""

    key: str
    metric: str
    unit: str
    most: int
    per: Spec


class CompiledEarning(NamedTuple):
    """One rule's gift of one unit for one type of activity."""

    rule: str
    unit: str
    amount: Amount
    when: Condition | None
    caps: tuple[CompiledCap, ...]
