"""Keeps an index in step with the commits: without it nobody could tell whether one may be asked.

An index is built while members go on moving. What is read of the store page by page is of no
single moment; but whoever has not moved since the first data version was read exactly once, and for
whoever has, the commits that are heard meanwhile tell where they stand. So once all of these are
applied in the order of their versions, and reach the version of the last page, the index is what
the store would say, and remains so with each commit that follows without a gap.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from gamification.ids import MemberId, ProgramId
from gamification.ranks.index import RankIndex
from gamification.stored import Board, Committed, Standing

MOVES_WAITING_MAX = 200_000
"""Moves that are heard and cannot be applied yet, at most: more, and building again is cheaper."""


class Move(NamedTuple):
    """Where a member stands on a board now. `score` None: not at all."""

    member: MemberId
    metric: str
    window: str
    score: int | None
    reached_at: datetime | None


class Moves(NamedTuple):
    """What one commit means to the program's boards. None: it cannot be told from it."""

    program: ProgramId
    version: int
    moves: tuple[Move, ...] | None


def moves_of(committed: Committed) -> Moves:
    """What a commit means to the program's boards."""
    if committed.moves_boards:
        return Moves(committed.program, committed.version, None)
    moves = tuple(
        Move(key.member, key.metric, key.window, put.tally.value, put.tally.reached_at)
        if put is not None and put.ranked
        else Move(key.member, key.metric, key.window, None, None)
        for key, put in committed.tallies.items()
        if not key.subject
    )
    return Moves(committed.program, committed.version, moves)


class FedIndex:
    """The index of a board of one window, and the data version that it stands at."""

    def __init__(self, board: Board) -> None:
        (self._window,) = board.windows
        self.index = RankIndex(board)
        self.is_in_doubt = False
        """Whether something has happened that only the store can tell: it must be built again."""
        self._version: int | None = None
        self._whole_from: int | None = None
        self._waiting: dict[int, tuple[Move, ...]] = {}
        self._moves_waiting = 0

    @property
    def version(self) -> int:
        """Up to which data version the commits are applied."""
        assert self._version is not None, "it has not begun"
        return self._version

    @property
    def is_built(self) -> bool:
        return self._whole_from is not None

    def begin(self, version: int) -> None:
        """What is read from now on is as the store is at this version, or newer."""
        self._version = version
        for old in [heard for heard in self._waiting if heard <= version]:
            self._moves_waiting -= len(self._waiting.pop(old)) + 1

    def load(self, page: Iterable[Standing]) -> None:
        """What was read of the board."""
        for standing in page:
            self.index.put(standing)

    def end(self, version: int) -> None:
        """All was read, nothing of it newer than this version."""
        self._whole_from = version
        self._apply()

    def hear(self, heard: Moves) -> None:
        """A commit of the program, in any order; each may be heard more than once."""
        if self.is_in_doubt or (self._version is not None and heard.version <= self._version):
            return
        if heard.moves is None or self._moves_waiting > MOVES_WAITING_MAX:
            self.is_in_doubt = True
            self._waiting.clear()
        elif heard.version not in self._waiting:
            own = tuple(move for move in heard.moves if self._concerns(move))
            self._waiting[heard.version] = own
            self._moves_waiting += len(own) + 1
            if self.is_built:
                self._apply()

    def stands_at(self, version: int) -> bool:
        """Whether it says what the store says at this data version, or at a newer one."""
        if self.is_in_doubt or self._whole_from is None:
            return False
        return self.version >= max(version, self._whole_from)

    def _concerns(self, move: Move) -> bool:
        return move.metric == self.index.board.metric and move.window == self._window

    def _apply(self) -> None:
        version = self.version
        while (moves := self._waiting.pop(version + 1, None)) is not None:
            version += 1
            self._moves_waiting -= len(moves) + 1
            for move in moves:
                if move.score is None or move.reached_at is None:
                    self.index.remove(move.member)
                else:
                    self.index.put(Standing(move.member, move.score, move.reached_at))
        self._version = version
