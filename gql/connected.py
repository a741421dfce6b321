"""Who is connected, and with which credentials: without it those who are taken from somebody would
still be good for whatever they had begun before."""

from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager

Leave = Callable[[], None]
"""Ends a connection, soon."""


class Connected:
    """The sockets and event streams that are open, by the credentials that were shown."""

    def __init__(self) -> None:
        self._leaves: dict[Hashable, set[Leave]] = {}

    @property
    def credentials(self) -> tuple[Hashable, ...]:
        """Those that were shown."""
        return tuple(self._leaves)

    @contextmanager
    def staying(self, credentials: Hashable, leave: Leave) -> Generator[None]:
        """Somebody is connected meanwhile, and `leave` ends it."""
        leaves = self._leaves.setdefault(credentials, set())
        leaves.add(leave)
        try:
            yield
        finally:
            leaves.discard(leave)
            if not leaves and self._leaves.get(credentials) is leaves:
                del self._leaves[credentials]

    def send_away(self, credentials: Hashable) -> int:
        """End the connections of whoever has shown these; how many there are."""
        leaves = tuple(self._leaves.get(credentials, ()))
        for leave in leaves:
            leave()
        return len(leaves)
