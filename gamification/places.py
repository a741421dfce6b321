"""Where somebody stands on a board, and how equal scores are ranked."""

from datetime import datetime
from enum import Enum

from msgspec import Struct

from gamification.ids import MemberId


class Ties(Enum):
    """What rank members with the same score get, for scores 9, 7, 7, 5."""

    COMPETITION = "competition"
    """1, 2, 2, 4."""
    DENSE = "dense"
    """1, 2, 2, 3."""
    ORDINAL = "ordinal"
    """1, 2, 3, 4: who reached the score first is ahead."""


class Place(Struct, frozen=True, gc=False):
    """One row of a board. `position` is unique, `tied_with` counts the others with the score."""

    member: MemberId
    rank: int
    position: int
    tied_with: int
    score: int
    reached_at: datetime
