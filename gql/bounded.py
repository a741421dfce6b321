"""Without this module whatever is kept for speed would grow until the memory is full."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_ENTRY_BYTES = 500
"""What an entry takes besides what it holds: keys, objects, places in tables."""


class _Kept(NamedTuple, Generic[V]):
    value: V
    size: int


class Bounded(Generic[K, V]):
    """Keeps what was used last, within so many bytes and entries."""

    def __init__(self, *, bytes_max: int, entries_max: int) -> None:
        self._bytes_max = bytes_max
        self._entries_max = entries_max
        self._kept: OrderedDict[K, _Kept[V]] = OrderedDict()
        self.size = 0
        """Bytes that it holds."""

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K) -> V | None:
        """What is kept under a key, which counts as use."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        self._kept.move_to_end(key)
        return kept.value

    def put(self, key: K, value: V, *, size: int) -> None:
        """Keep a value of so many bytes, and forget what was not used for longest. What alone is
        larger than all may be is not kept."""
        self.drop(key)
        size += _ENTRY_BYTES
        if size > self._bytes_max:
            return
        self._kept[key] = _Kept(value, size)
        self.size += size
        while self.size > self._bytes_max or len(self._kept) > self._entries_max:
            _, oldest = self._kept.popitem(last=False)
            self.size -= oldest.size

    def drop(self, key: K) -> None:
        """Forget what is kept under a key, if anything is."""
        kept = self._kept.pop(key, None)
        if kept is not None:
            self.size -= kept.size
