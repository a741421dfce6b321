"""Names as numbers: a tally holds a number, and could not say otherwise which zone is meant."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b


def number_of(name: str) -> int:
    """A 48-bit number that stands for a name, the same on every machine and in every version."""
    return int.from_bytes(blake2b(name.encode(), digest_size=6).digest())


def by_number(names: Iterable[str]) -> Mapping[int, str]:
    """The names that numbers stand for. Of a thousand names two collide once in half a billion."""
    return {number_of(name): name for name in names}
