"""The pace of a subscription: first what was missed, then the latest state, so often a second.

A subscription listens before it reads, so that no change falls between the first answer and the
first update; and it waits after each update, so that whatever happens meanwhile comes as one. What
it hears only wakes it: the notices that it tells are read, from where it was on.

One execution serves all who asked for the same (sharing.py). Newcomers are told the present state,
or what they have missed, up to where the others are; then they are told the same as the others.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import AbstractContextManager
from enum import Enum
from typing import Annotated, NamedTuple

import strawberry

from gamification.live import Listener
from gamification.outcomes import Notice
from gamification.refusals import InvalidInput
from gql.audience import After, Begin
from gql.context import Context
from gql.history import BEHIND_MAX, History

PER_SECOND_MAX = 10
NOTICES_PER_UPDATE_MAX = 100

PerSecond = Annotated[
    int,
    strawberry.argument(
        description=f"At most so many updates a second, 1 to {PER_SECOND_MAX}. "
        "What happens in between comes together."
    ),
]
Resume = Annotated[
    str | None,
    strawberry.argument(
        description="The cursor of the last update that was received: what was announced since is "
        f"told first, all of it. Where that cannot be, because it is more than {BEHIND_MAX:,} "
        "notices or because the cursor is of something else, the answer is a snapshot with "
        "`resync: true`."
    ),
]


class Update(NamedTuple):
    """One update: up to where it tells, whether something before that is left out, what is new."""

    position: int
    resync: bool
    notices: Sequence[Notice]


async def updates(
    context: Context,
    listening: AbstractContextManager[Listener],
    history: History,
    *,
    per_second: int,
    after: str | None,
) -> AsyncGenerator[Update, None]:
    """What every change brings, for those who have begun; the snapshot, or what came after their
    cursor, for newcomers. The context's audience knows for whom each update is.

    `context` is renewed before each, so that the state that goes with an update is at least as new
    as its notices.
    """
    if not 1 <= per_second <= PER_SECOND_MAX:
        raise InvalidInput(f"'perSecond' must be 1 to {PER_SECOND_MAX}", field=("perSecond",))
    audience = context.audience
    with listening as listener, audience.waking(listener.wake):
        context.renew()
        told = _Told(context, history, after, await history.latest(context.reading))
        pace = _Pace(listener, 1 / per_second)
        while True:
            if cause := await pace.due():
                audience.changed_at = pace.told_of()
                context.renew()
                for update in await told.since(in_doubt=cause is Cause.DOUBT):
                    yield update
                    told.position = update.position
            elif not audience.is_waiting:
                await pace.wait()
            else:
                newcomers = audience.next_newcomers()
                context.renew()
                if await told.is_behind(newcomers):
                    pace.hurry()
                    continue
                missed = await told.missed(newcomers)
                audience.welcome(newcomers)
                for update in missed:
                    if update is missed[-1]:
                        audience.begin()
                    yield update


class Cause(Enum):
    """Why an update is due: something has changed, or it may have without being heard of."""

    DOUBT = "doubt"
    CHANGE = "change"


class _Pace:
    """When the next update may come: some time after the last one, and only after a change."""

    def __init__(self, listener: Listener, seconds: float) -> None:
        self._listener = listener
        self._seconds = seconds
        self._clock = asyncio.get_running_loop().time
        self._due = self._clock() + seconds
        self._cause: Cause | None = None
        self._changed_at: float | None = None

    async def due(self) -> Cause | None:
        """Why an update is to be told now; then the next one has its time from now."""
        if self._listener.is_awake:
            await self._hear()
        if self._cause is None or self._clock() < self._due:
            return None
        cause, self._cause = self._cause, None
        self._due = self._clock() + self._seconds
        return cause

    async def wait(self) -> None:
        """Wait until an update is due, or somebody has arrived."""
        until = self._due if self._cause else None
        try:
            async with asyncio.timeout_at(until):
                await self._hear()
        except TimeoutError:
            pass

    def told_of(self) -> float | None:
        """When the first change was committed that is told now; None if nobody knows of any."""
        changed_at, self._changed_at = self._changed_at, None
        return changed_at

    def hurry(self) -> None:
        """Tell an update now, changed or not."""
        self._cause, self._due = Cause.CHANGE, self._clock()

    async def _hear(self) -> None:
        changes = await self._listener.changed()
        if changes.members or changes.boards or changes.notices:
            self._cause = Cause.CHANGE
        elif changes.in_doubt and self._cause is None:
            self._cause = Cause.DOUBT
        if self._changed_at is None:
            self._changed_at = self._listener.changed_at


class _Told:
    """Up to where those who have begun were told."""

    def __init__(
        self, context: Context, history: History, after: str | None, position: int
    ) -> None:
        self._context = context
        self._history = history
        self._after = after
        self.position = position

    async def since(self, *, in_doubt: bool) -> list[Update]:
        """What came since, in updates of a bounded size; one also if nothing was announced. If it
        is in doubt whether anything came, none is told that nobody would see anything new in."""
        reading = self._context.reading
        notices = await self._history.since(reading, self.position)
        if in_doubt and not notices:
            if self._history.is_all:
                return []
            self._context.audience.tell_if_new()
        if len(notices) > BEHIND_MAX:
            return [Update(await self._history.latest(reading), resync=True, notices=())]
        return _parts(notices, until=notices[-1].id if notices else self.position)

    async def is_behind(self, newcomers: After) -> bool:
        """Whether newcomers were told more by another process than the others were here.

        If so, the others are to be told an update first.
        """
        position = self._position_of(newcomers)
        if position is None or position <= self.position:
            return False
        latest = await self._history.latest(self._context.reading)
        if position > latest:
            return False
        if await self._history.since(self._context.reading, self.position):
            return True
        self.position = latest
        return False

    async def missed(self, newcomers: After) -> list[Update]:
        """What newcomers are told so that they are where the others are."""
        if self._cursor_of(newcomers) is None:
            return [Update(self.position, resync=False, notices=())]
        position = self._position_of(newcomers)
        if position is None or position > self.position:
            return [Update(self.position, resync=True, notices=())]
        notices = await self._history.since(self._context.reading, position)
        notices = [notice for notice in notices if notice.id <= self.position]
        if len(notices) > BEHIND_MAX:
            return [Update(self.position, resync=True, notices=())]
        return _parts(notices, until=self.position)

    def _position_of(self, newcomers: After) -> int | None:
        cursor = self._cursor_of(newcomers)
        return None if cursor is None else self._history.position_of(cursor)

    def _cursor_of(self, newcomers: After) -> str | None:
        return self._after if isinstance(newcomers, Begin) else newcomers


def _parts(notices: Sequence[Notice], *, until: int) -> list[Update]:
    """Notices in updates of a bounded size, at least one, of which the last tells `until`."""
    *parts, last = _split(notices)
    return [
        *(Update(part[-1].id, resync=False, notices=part) for part in parts),
        Update(until, resync=False, notices=last),
    ]


def _split(notices: Sequence[Notice]) -> Iterator[Sequence[Notice]]:
    for start in range(0, len(notices) or 1, NOTICES_PER_UPDATE_MAX):
        yield notices[start : start + NOTICES_PER_UPDATE_MAX]
