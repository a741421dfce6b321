"""Without the hub subscribers would have to ask the database again and again."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Collection, Generator, Hashable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from gamification.ids import MemberId, ProgramId
from gamification.live import Changes
from gamification.outcomes import Notice, members_of

K = TypeVar("K", bound=Hashable)

NOTICES_MAX = 100
"""The notices a listener that does not listen keeps; the oldest are dropped, and read by cursor."""


class _Topic(NamedTuple):
    """What one can listen to. Exactly one of the last three says more than nothing."""

    program: ProgramId
    member: MemberId | None = None
    board: str | None = None
    is_feed: bool = False


class Ear:
    """One subscriber's ear on the hub: holds what changed since it was last asked, merged."""

    def __init__(self, topics: frozenset[_Topic], program: ProgramId) -> None:
        self._program = program
        self._members = {topic.member for topic in topics if topic.member is not None}
        self._boards = {topic.board for topic in topics if topic.board is not None}
        self._hears_feed = any(topic.is_feed for topic in topics)
        self._changed = asyncio.Event()
        self._changed_members: set[MemberId] = set()
        self._changed_boards: set[str] = set()
        self._notices: deque[Notice] = deque(maxlen=NOTICES_MAX)
        self._in_doubt = False
        self._clock = asyncio.get_running_loop().time
        self._first_changed_at: float | None = None
        self.changed_at: float | None = None
        """When the first of the changes was committed that `changed` returned last."""

    async def changed(self) -> Changes:
        """Wait until something that is listened to has changed; then all changes since the last
        call, merged: of the members, boards and notices only those that are listened to. Changes
        without anything if it was woken."""
        await self._changed.wait()
        self._changed.clear()
        self.changed_at, self._first_changed_at = self._first_changed_at, None
        changes = Changes(
            self._program,
            frozenset(self._changed_members),
            frozenset(self._changed_boards),
            tuple(self._notices),
            self._in_doubt,
        )
        self._changed_members.clear()
        self._changed_boards.clear()
        self._notices.clear()
        self._in_doubt = False
        return changes

    @property
    def is_awake(self) -> bool:
        """Whether `changed` would return at once."""
        return self._changed.is_set()

    def wake(self) -> None:
        """Let `changed` return without a change."""
        self._changed.set()

    def hear(self, changes: Changes, *, age: float) -> None:
        """Take note of a change that was committed `age` seconds ago. What this ear holds is
        bounded by what it listens to."""
        self._changed_members |= self._members & changes.members
        self._changed_boards |= self._boards & changes.boards
        self._notices.extend(notice for notice in changes.notices if self._wants(notice))
        self._date(age)
        self._changed.set()

    def doubt(self, *, age: float | None = None) -> None:
        """Something may have changed that this ear did not hear of: `age` seconds ago, if that is
        known."""
        self._in_doubt = True
        if age is not None:
            self._date(age)
        self._changed.set()

    def _date(self, age: float) -> None:
        changed_at = self._clock() - age
        if self._first_changed_at is None or changed_at < self._first_changed_at:
            self._first_changed_at = changed_at

    def _wants(self, notice: Notice) -> bool:
        return notice.member in self._members or (self._hears_feed and notice.is_public)


class LocalHub:
    """The hub of one process. All calls come from its event loop."""

    def __init__(self) -> None:
        self._ears: defaultdict[_Topic, set[Ear]] = defaultdict(set)
        self._of_program: defaultdict[ProgramId, set[Ear]] = defaultdict(set)

    @property
    def listener_count(self) -> int:
        """How many subscribers listen now."""
        return sum(map(len, self._of_program.values()))

    @property
    def programs(self) -> Collection[ProgramId]:
        """The programs that anybody listens to now."""
        return self._of_program.keys()

    def ears(self, program: ProgramId) -> Collection[Ear]:
        """All who listen to anything of a program."""
        return tuple(self._of_program.get(program, ()))

    def publish(self, changes: Changes, *, age: float = 0.0) -> None:
        """Tell those who listen of what was committed `age` seconds ago. Never waits, and costs
        only those who are concerned."""
        concerned: set[Ear] = set()
        for topic in _topics(changes):
            concerned |= self._ears.get(topic, set())
        for ear in concerned:
            ear.hear(changes, age=age)

    def doubt_feed(self, program: ProgramId, *, age: float) -> None:
        """Let those who listen to a program's public notices look whether there are any, of `age`
        seconds ago."""
        for ear in self._ears.get(_Topic(program, is_feed=True), ()):
            ear.doubt(age=age)

    @contextmanager
    def listen(
        self,
        program: ProgramId,
        *,
        member: MemberId | None = None,
        board: str | None = None,
        feed: bool = False,
    ) -> Generator[Ear]:
        """Hear of a member, of a leaderboard, or (`feed`) of public notices, until the end."""
        topics = frozenset(_chosen(program, member, board, feed=feed))
        assert topics, "there is nothing to listen to"
        ear = Ear(topics, program)
        self._of_program[program].add(ear)
        for topic in topics:
            self._ears[topic].add(ear)
        try:
            yield ear
        finally:
            _discard(self._of_program, program, ear)
            for topic in topics:
                _discard(self._ears, topic, ear)


def _discard(ears: dict[K, set[Ear]], key: K, ear: Ear) -> None:
    ears[key].discard(ear)
    if not ears[key]:
        del ears[key]


def _chosen(
    program: ProgramId, member: MemberId | None, board: str | None, *, feed: bool
) -> Iterator[_Topic]:
    if member is not None:
        yield _Topic(program, member=member)
    if board is not None:
        yield _Topic(program, board=board)
    if feed:
        yield _Topic(program, is_feed=True)


def _topics(changes: Changes) -> Iterator[_Topic]:
    """Every topic the changes are news for."""
    for member in changes.members | members_of(changes.notices):
        yield _Topic(changes.program, member=member)
    for board in changes.boards:
        yield _Topic(changes.program, board=board)
    if any(notice.is_public for notice in changes.notices):
        yield _Topic(changes.program, is_feed=True)
