"""Without this module subscribers would hear only of what their own process does."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING
from weakref import ReferenceType, ref

from gamification.ids import MemberId, ProgramId
from gamification.live import Changes
from gamification.ports import Committed, Store
from server.live.hearing import Hearing
from server.live.hub import Ear, LocalHub
from server.live.messages import Told

if TYPE_CHECKING:
    from server.live.neighbours import Neighbours

AGE_SECONDS_MAX = 60.0
"""A message that says that it is older tells of a clock that is wrong, or is not one of ours."""


class SharedHub:
    """Carries changes to the subscribers of this process and, where there are any, to the others.

    Fulfils `gamification.live.Hub`. `clock` tells the seconds since 1970, as the others' do.
    """

    def __init__(
        self,
        store: Store,
        neighbours: "Neighbours | None",
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._local = LocalHub()
        self._neighbours = neighbours
        self._clock = clock
        self._committed: dict[ProgramId, tuple[ReferenceType[object] | None, int]] = {}
        self.hearing = Hearing()
        store.watch(self._commit)

    @property
    def listener_count(self) -> int:
        """How many subscribers listen now."""
        return self._local.listener_count

    @property
    def local(self) -> LocalHub:
        """Those who listen in this process."""
        return self._local

    def publish(self, changes: Changes) -> None:
        """Tell those who listen here, and let the other processes know."""
        self._local.publish(changes)
        version = self._version_of(changes.program)
        if version is None:
            return
        self.hearing.hear(changes.program, version)
        if self._neighbours is not None:
            self._neighbours.tell(Told.of(changes, version, self._clock()))

    def hear(self, told: Told) -> None:
        """Tell those who listen here what another process has committed."""
        members, boards = frozenset(told.members), frozenset(told.boards)
        age = min(max(0.0, self._clock() - told.committed_at), AGE_SECONDS_MAX)
        self._local.publish(Changes(told.program, members, boards, ()), age=age)
        if told.is_public:
            self._local.doubt_feed(told.program, age=age)
        self.hearing.hear(told.program, told.version)

    def listen(
        self,
        program: ProgramId,
        *,
        member: MemberId | None = None,
        board: str | None = None,
        feed: bool = False,
    ) -> AbstractContextManager[Ear]:
        return self._local.listen(program, member=member, board=board, feed=feed)

    def _commit(self, committed: Committed) -> None:
        """A transaction was committed; whoever did it publishes what it has changed before it
        waits for anything. Of one that is not followed by that, nobody has heard."""
        task = asyncio.current_task()
        self._committed[committed.program] = (task and ref(task), committed.version)

    def _version_of(self, program: ProgramId) -> int | None:
        """The version that is being published; None if it is not known."""
        by, version = self._committed.pop(program, (None, 0))
        is_ours = by is not None and by() is asyncio.current_task()
        return version if is_ours else None
