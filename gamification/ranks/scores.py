"""What each member of a board has: without it nobody would be found in the lineup.

A dictionary of a million members takes some 250 MB; sorted blocks of arrays take 24 to 48.
"""

from array import array
from bisect import bisect_left, bisect_right

BLOCK_MAX = 2048


class Scores:
    """Score, and microseconds of when it was reached, of each member."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._blocks: list[_Block] = []

    def of(self, member: int) -> tuple[int, int] | None:
        """What a member has; None for one without a score."""
        block, index = self._place(member)
        if block is None or not block.holds(member, index):
            return None
        return block.scores[index], block.reached_at[index]

    def put(self, member: int, score: int, reached_at: int) -> None:
        """Give a member this score, whether or not it had one."""
        block, index = self._place(member)
        if block is None:
            block = _Block()
            self._blocks.append(block)
            self._firsts.append(member)
        if block.holds(member, index):
            block.scores[index], block.reached_at[index] = score, reached_at
            return
        block.members.insert(index, member)
        block.scores.insert(index, score)
        block.reached_at.insert(index, reached_at)
        if index == 0:
            self._firsts[self._number(member)] = member
        if len(block.members) > BLOCK_MAX:
            self._split(self._number(member))

    def remove(self, member: int) -> None:
        """Take a member's score away, who has one."""
        block, index = self._place(member)
        assert block is not None, "nobody has a score"
        assert block.holds(member, index), "the member has no score"
        del block.members[index], block.scores[index], block.reached_at[index]
        if not block.members:
            number = self._number(member)
            del self._blocks[number], self._firsts[number]

    def _number(self, member: int) -> int:
        """The block of a member. The first member it ever had may be gone."""
        return max(bisect_right(self._firsts, member) - 1, 0)

    def _place(self, member: int) -> "tuple[_Block | None, int]":
        if not self._blocks:
            return None, 0
        block = self._blocks[self._number(member)]
        return block, bisect_left(block.members, member)

    def _split(self, number: int) -> None:
        right = self._blocks[number].split()
        self._blocks.insert(number + 1, right)
        self._firsts.insert(number + 1, right.members[0])


class _Block:
    """Neighbouring members, in three arrays of the same length."""

    __slots__ = ("members", "reached_at", "scores")

    def __init__(self) -> None:
        self.members = array("q")
        self.scores = array("q")
        self.reached_at = array("q")

    def holds(self, member: int, index: int) -> bool:
        return index < len(self.members) and self.members[index] == member

    def split(self) -> "_Block":
        """Keep the first half, and return the second."""
        half, right = len(self.members) // 2, _Block()
        right.members, self.members = self.members[half:], self.members[:half]
        right.scores, self.scores = self.scores[half:], self.scores[:half]
        right.reached_at, self.reached_at = self.reached_at[half:], self.reached_at[:half]
        return right
