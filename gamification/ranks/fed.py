"""Keeps an index in step with the commits: without it nobody could tell whether one may be asked.

An index is built while members go on moving. What is read of the store page by page is of no
single moment; but whoever has not moved since the first data version was read exactly once, and for
whoever has, the commits that are heard meanwhile tell where they stand. So once all of these are
applied in the order of their versions, and reach the version of the last page, the index is what
the store would say, and remains so with each commit that follows without a gap.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, NamedTuple

from msgspec import Meta

from gamification.ids import MemberId, ProgramId
from gamification.ranks.index import RankIndex
from gamification.stored import Board, Committed, Standing

MOVES_WAITING_MAX = 200_000
"""Moves that are heard and cannot be applied yet, at most: more, and building again is cheaper."""


_HELD = Meta(ge=1 - 2**63, le=2**63 - 1)
"""What an index can hold of a number, whoever tells it."""


class Move(NamedTuple):
    """Where a member stands on a board now. `score` None: not at all."""

    member: Annotated[MemberId, _HELD]
    score: Annotated[int, _HELD] | None
    reached_at: datetime | None


class Moves(NamedTuple):
    """What one commit means to the program's boards, each named by metric and window. None: it
    cannot be told from it, or is too much to be told."""

    program: ProgramId
    version: int
    boards: dict[tuple[str, str], tuple[Move, ...]] | None


def moves_of(committed: Committed) -> Moves:
    """What a commit means to the program's boards."""
    if committed.moves_boards:
        return Moves(committed.program, committed.version, None)
    boards: defaultdict[tuple[str, str], list[Move]] = defaultdict(list)
    for key, put in committed.tallies.items():
        if not key.subject:
            boards[key.metric, key.window].append(
                Move(key.member, put.tally.value, put.tally.reached_at)
                if put is not None and put.ranked
                else Move(key.member, None, None)
            )
    moves = {board: tuple(found) for board, found in boards.items()}
    return Moves(committed.program, committed.version, moves)


class FedIndex:
    """The index of a board of one window, and the data version that it stands at."""

    def __init__(self, board: Board) -> None:
        (window,) = board.windows
        self._board = (board.metric, window)
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

    @property
    def has_gap(self) -> bool:
        """Whether a later commit was heard of, but not the next one."""
        return self.is_built and bool(self._waiting)

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
        if heard.boards is None or self._moves_waiting > MOVES_WAITING_MAX:
            self.is_in_doubt = True
            self._waiting.clear()
        elif heard.version not in self._waiting:
            own = heard.boards.get(self._board, ())
            self._waiting[heard.version] = own
            self._moves_waiting += len(own) + 1
            if self.is_built:
                self._apply()

    def stands_at(self, version: int) -> bool:
        """Whether it says what the store says at this data version, or at a newer one."""
        if self.is_in_doubt or self._whole_from is None:
            return False
        return self.version >= max(version, self._whole_from)

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
