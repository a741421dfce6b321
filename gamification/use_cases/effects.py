"""What new rules would change, in counts: what a preview tells, and a few names with it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

SAMPLE_SIZE = 5
"""How many members are named wherever some are counted."""


@dataclass(slots=True)
class Share:
    """Some of the members: how many, what it comes to for all of them together, and a few names.

    `total` is a number of awards, or of points in ten-thousandths; never negative.
    """

    members: int = 0
    total: int = 0
    sample: list[str] = field(default_factory=list[str])

    def add(self, external_id: str, amount: int) -> None:
        """Count one member, with what it comes to for them."""
        self.members += 1
        self.total += amount
        if len(self.sample) < SAMPLE_SIZE:
            self.sample.append(external_id)


@dataclass(slots=True)
class BadgeEffect:
    """Who would gain and who would lose awards of one level of a badge."""

    badge: str
    level: int
    level_key: str | None
    gaining: Share = field(default_factory=Share)
    losing: Share = field(default_factory=Share)


@dataclass(slots=True)
class ChallengeEffect:
    """Who would complete runs of a challenge that they have not, and who would not have.

    `waiting` would have reached all, and have no place among the first: a backfill gives those that
    are left, in the order in which it comes to the members.
    """

    challenge: str
    completing: Share = field(default_factory=Share)
    reopened: Share = field(default_factory=Share)
    waiting: Share = field(default_factory=Share)


@dataclass(slots=True)
class TierEffect:
    """Who would rise and who would fall on a ladder now; totals are numbers of levels.

    `moves` counts members by the keys of the level they hold and of the one they would (None:
    none, or a ladder that is not there).
    """

    tier: str
    rising: Share = field(default_factory=Share)
    falling: Share = field(default_factory=Share)
    moves: Counter[tuple[str | None, str | None]] = field(
        default_factory=Counter[tuple[str | None, str | None]]
    )


@dataclass(slots=True)
class StreakEffect:
    """Whose streak would be longer now, whose shorter, and whose would have ended; totals are
    numbers of periods."""

    streak: str
    longer: Share = field(default_factory=Share)
    shorter: Share = field(default_factory=Share)
    ended: Share = field(default_factory=Share)

    def add(self, external_id: str, before: int, after: int) -> None:
        """Count one member, if the length of their streak changes at all."""
        if after > before:
            self.longer.add(external_id, after - before)
        elif after < before:
            (self.shorter if after else self.ended).add(external_id, before - after)


class BalanceMove(NamedTuple):
    """One member's balance as it is and as it would be, in ten-thousandths."""

    external_id: str
    before: int
    after: int


@dataclass(slots=True)
class PointsEffect:
    """Whose balance in one unit would rise and fall; `largest` names the greatest differences."""

    unit: str
    rising: Share = field(default_factory=Share)
    falling: Share = field(default_factory=Share)
    largest: list[BalanceMove] = field(default_factory=list[BalanceMove])

    def add(self, move: BalanceMove) -> None:
        """Count one member, if their balance moves at all."""
        gained = move.after - move.before
        if gained:
            (self.rising if gained > 0 else self.falling).add(move.external_id, abs(gained))
            self.largest.append(move)
            self.largest.sort(key=_greatest_first)
            del self.largest[SAMPLE_SIZE:]


@dataclass(slots=True)
class RefusedType:
    """Stored activities of one type that the rules would not take; `reason` is the first one's.

    Those of a type that is gone count for nothing; the others count as far as they can.
    """

    type: str
    reason: str
    activities: int = 0


@dataclass(slots=True)
class Preview:
    """What the rules would change for the members looked at so far; `is_complete`: for all.

    `unjudged` are members whose history would take a number out of range: a backfill would leave
    them as they are.
    """

    of_members: int
    members: int = 0
    activities: int = 0
    is_complete: bool = False
    effects: dict[tuple[str, int], BadgeEffect] = field(
        default_factory=dict[tuple[str, int], BadgeEffect]
    )
    runs: dict[str, ChallengeEffect] = field(default_factory=dict[str, ChallengeEffect])
    ladders: dict[str, TierEffect] = field(default_factory=dict[str, TierEffect])
    lengths: dict[str, StreakEffect] = field(default_factory=dict[str, StreakEffect])
    units: dict[str, PointsEffect] = field(default_factory=dict[str, PointsEffect])
    refused: dict[str, RefusedType] = field(default_factory=dict[str, RefusedType])
    unjudged: Share = field(default_factory=Share)

    @property
    def badges(self) -> list[BadgeEffect]:
        """The levels of badges that somebody would gain or lose, in the order of the rules."""
        return [each for each in self.effects.values() if each.gaining.total or each.losing.total]

    @property
    def challenges(self) -> list[ChallengeEffect]:
        """The challenges that somebody would complete or wait for, or would not have completed."""
        return [
            each
            for each in self.runs.values()
            if each.completing.total or each.reopened.total or each.waiting.total
        ]

    @property
    def tiers(self) -> list[TierEffect]:
        """The ladders on which somebody would rise or fall, in the rules' order."""
        return [each for each in self.ladders.values() if each.moves]

    @property
    def streaks(self) -> list[StreakEffect]:
        """The streaks that would be longer or shorter for somebody, in the rules' order."""
        return [
            each
            for each in self.lengths.values()
            if each.longer.total or each.shorter.total or each.ended.total
        ]

    @property
    def points(self) -> list[PointsEffect]:
        """The units in which a balance would move, in the order of the rules."""
        return [each for each in self.units.values() if each.largest]


def _greatest_first(move: BalanceMove) -> tuple[int, str]:
    return -abs(move.after - move.before), move.external_id
