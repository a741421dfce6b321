"""What a subscriber that comes back has missed: without this a lost connection would lose notices.

The notices of a program have one order, that of their ids, in which they also become visible
(models/announcing.py). So a place in it is a number, and what follows a place is read from the
database: nothing that a process heard is trusted to be whole or in order.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from gamification.ids import MemberId, ProgramId
from gamification.outcomes import Notice
from gamification.reading import Reading
from gamification.refusals import InvalidInput
from gql.pages import cursor, place_of

BEHIND_MAX = 1000
"""Who has missed more notices is not told them one by one: they are told that they missed some."""


class History(Protocol):
    """What a subscription can tell of the past. A position is what a cursor stands for."""

    @property
    def is_all(self) -> bool:
        """Whether what was announced is all that there is to tell."""
        ...

    def position_of(self, after: str) -> int | None:
        """The position a cursor names; None for a cursor of something else."""
        ...

    async def latest(self, reading: Reading) -> int:
        """The position of the present."""
        ...

    async def since(self, reading: Reading, position: int) -> Sequence[Notice]:
        """What was announced since, oldest first; no more than one above `BEHIND_MAX`."""
        ...


class Announced(NamedTuple):
    """The notices about one member, or (None) those that are for everybody."""

    program: ProgramId
    member: MemberId | None = None

    @property
    def is_all(self) -> bool:
        return self.member is None

    def cursor(self, position: int) -> str:
        """The cursor of a position: of the program's notices, whichever of them are told."""
        return cursor("notice", self.program, position)

    def position_of(self, after: str) -> int | None:
        try:
            program, position = map(int, place_of(after, "notice", int, int))
        except InvalidInput:
            return None
        return position if program == self.program and position >= 0 else None

    async def latest(self, reading: Reading) -> int:
        return await reading.latest_notice_id()

    async def since(self, reading: Reading, position: int) -> Sequence[Notice]:
        return await reading.notices_after(
            position, member=self.member, public_only=self.member is None, limit=BEHIND_MAX + 1
        )


class Present(NamedTuple):
    """A board: it has no history but its state, so whoever has the present one missed nothing."""

    program: ProgramId
    board: str

    @property
    def is_all(self) -> bool:
        return False

    def cursor(self, state: str) -> str:
        """The cursor of a state of the board, which `state` tells from others."""
        return cursor("board", self.program, self.board, state)

    def position_of(self, after: str) -> int | None:
        try:
            program, board, _ = place_of(after, "board", int, str, str)
        except InvalidInput:
            return None
        return 0 if (program, board) == (self.program, self.board) else None

    async def latest(self, reading: Reading) -> int:
        return 0

    async def since(self, reading: Reading, position: int) -> Sequence[Notice]:
        return ()
