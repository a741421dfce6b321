"""Who stands where on a board of any size: without it a rank in the middle is counted one by one.

Standings are kept in order, in blocks of bounded size, each of three arrays of 64-bit integers. A
place is found by bisecting the blocks' first standings and then a block; how many stand before it
is the sum of the sizes of the blocks before. Coming and going move a part of one block.
"""

from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import NamedTuple

BLOCK_MAX = 2048
"""Standings in a block at most. Small enough to move, large enough that there are few of them."""

_LEAST = -(2**63)
_GREATEST = 2**63


class Spot(NamedTuple):
    """A standing as it is ordered: the least comes first."""

    below_zero: int
    """The score with its sign turned, so that all three parts run upwards."""
    reached_at: int
    """In microseconds."""
    member: int


class Lineup:
    """The standings of one board in their order, each at most once."""

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._firsts: list[Spot] = []
        self._sizes: list[int] = []
        self._begun: list[int] = []
        """How many different scores have their first standing in each block."""
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def block_count(self) -> int:
        """In how many blocks they are."""
        return len(self._blocks)

    def add(self, spot: Spot) -> None:
        """Let somebody stand there, who must not stand there already."""
        if not self._blocks:
            self._insert_block(0, _Block())
        number, index = self._place(spot)
        block = self._blocks[number]
        if self._score_before(number, index) != spot.below_zero:
            self._begun[number] += 1
            if self._score_at(number, index) == spot.below_zero:
                self._begun[number + (index == len(block))] -= 1
        block.insert(index, spot)
        self._resize(number, +1)
        if len(block) > BLOCK_MAX:
            self._split(number)

    def remove(self, spot: Spot) -> None:
        """Take away who stands there."""
        number, index = self._place(spot)
        block = self._blocks[number]
        assert block.spot(index) == spot, "nobody stands there"
        block.delete(index)
        if self._score_before(number, index) != spot.below_zero:
            self._begun[number] -= 1
            if self._score_at(number, index) == spot.below_zero:
                self._begun[number + (index == len(block))] += 1
        self._resize(number, -1)
        self._join(number)

    def before(self, spot: Spot) -> int:
        """How many stand before a spot, whether or not somebody stands there."""
        number, index = self._place(spot)
        return sum(self._sizes[:number]) + index

    def with_score(self, score: int) -> tuple[int, int]:
        """How many have a higher score, and how many have this one."""
        higher = self.before(Spot(-score, _LEAST, _LEAST))
        return higher, self.before(Spot(-score, _GREATEST, _GREATEST)) - higher

    def scores_above(self, score: int) -> int:
        """How many different higher scores there are."""
        number, index = self._place(Spot(-score, _LEAST, _LEAST))
        here = self._blocks[number].scores(0, index) if self._blocks else 0
        if here and self._score_before(number, 0) == self._blocks[number].below_zero[0]:
            here -= 1
        return sum(self._begun[:number]) + here

    def spots(self, start: int, stop: int) -> list[Spot]:
        """Who stands from one index on to before another, counted from 0."""
        wanted, found = max(min(stop, self._size) - start, 0), list[Spot]()
        ends = list(accumulate(self._sizes))
        number = bisect_right(ends, start)
        index = start - (ends[number - 1] if number else 0)
        while len(found) < wanted:
            found += self._blocks[number].spots(index, index + wanted - len(found))
            number, index = number + 1, 0
        return found

    def _place(self, spot: Spot) -> tuple[int, int]:
        """The block of a spot, and where in it it is or would be."""
        number = max(bisect_right(self._firsts, spot) - 1, 0)
        return number, self._blocks[number].place(spot) if self._blocks else 0

    def _score_before(self, number: int, index: int) -> int | None:
        if index:
            return self._blocks[number].below_zero[index - 1]
        return self._blocks[number - 1].below_zero[-1] if number else None

    def _score_at(self, number: int, index: int) -> int | None:
        if index < len(self._blocks[number]):
            return self._blocks[number].below_zero[index]
        return self._firsts[number + 1].below_zero if number + 1 < len(self._firsts) else None

    def _resize(self, number: int, by: int) -> None:
        self._size += by
        self._sizes[number] += by
        if self._sizes[number]:
            self._firsts[number] = self._blocks[number].spot(0)

    def _split(self, number: int) -> None:
        left = self._blocks[number]
        right = left.split()
        begun = right.scores(0, len(right)) - (left.below_zero[-1] == right.below_zero[0])
        self._begun[number] -= begun
        self._sizes[number] -= len(right)
        self._insert_block(number + 1, right, begun)

    def _join(self, number: int) -> None:
        """Let a block that has become small go into the one before, or after, that has room."""
        for left in (number - 1, number):
            if left < 0 or left + 1 >= len(self._blocks):
                continue
            if self._sizes[left] + self._sizes[left + 1] <= BLOCK_MAX // 2:
                self._blocks[left].extend(self._blocks[left + 1])
                self._sizes[left] += self._sizes[left + 1]
                self._begun[left] += self._begun[left + 1]
                self._delete_block(left + 1)
                self._firsts[left] = self._blocks[left].spot(0)
                return
        if not self._sizes[number]:
            self._delete_block(number)

    def _insert_block(self, number: int, block: "_Block", begun: int = 0) -> None:
        self._blocks.insert(number, block)
        self._firsts.insert(number, block.spot(0) if len(block) else Spot(0, 0, 0))
        self._sizes.insert(number, len(block))
        self._begun.insert(number, begun)

    def _delete_block(self, number: int) -> None:
        for each in (self._blocks, self._firsts, self._sizes, self._begun):
            del each[number]


class _Block:
    """Neighbouring standings, in three arrays of the same length."""

    __slots__ = ("below_zero", "members", "reached_at")

    def __init__(self) -> None:
        self.below_zero = array("q")
        self.reached_at = array("q")
        self.members = array("q")

    def __len__(self) -> int:
        return len(self.members)

    def place(self, spot: Spot) -> int:
        """Where a spot is in the block, or would be."""
        first = bisect_left(self.below_zero, spot.below_zero)
        last = bisect_right(self.below_zero, spot.below_zero, first)
        first = bisect_left(self.reached_at, spot.reached_at, first, last)
        last = bisect_right(self.reached_at, spot.reached_at, first, last)
        return bisect_left(self.members, spot.member, first, last)

    def spot(self, index: int) -> Spot:
        return Spot(self.below_zero[index], self.reached_at[index], self.members[index])

    def spots(self, start: int, stop: int) -> list[Spot]:
        columns = (self.below_zero, self.reached_at, self.members)
        return [Spot(*each) for each in zip(*(part[start:stop] for part in columns), strict=True)]

    def scores(self, start: int, stop: int) -> int:
        """How many different scores there are in a part of the block."""
        return len(set(self.below_zero[start:stop]))

    def insert(self, index: int, spot: Spot) -> None:
        self.below_zero.insert(index, spot.below_zero)
        self.reached_at.insert(index, spot.reached_at)
        self.members.insert(index, spot.member)

    def delete(self, index: int) -> None:
        del self.below_zero[index], self.reached_at[index], self.members[index]

    def extend(self, other: "_Block") -> None:
        self.below_zero += other.below_zero
        self.reached_at += other.reached_at
        self.members += other.members

    def split(self) -> "_Block":
        """Keep the first half, and return the second."""
        half, right = len(self) // 2, _Block()
        right.below_zero, self.below_zero = self.below_zero[half:], self.below_zero[:half]
        right.reached_at, self.reached_at = self.reached_at[half:], self.reached_at[:half]
        right.members, self.members = self.members[half:], self.members[:half]
        return right
