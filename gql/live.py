"""The pace of a subscription: first what was missed, then the latest state, so often a second.

A subscription listens before it reads, so that no change falls between the first answer and the
first update; and it waits after each update, so that whatever happens meanwhile comes as one. What
it hears only wakes it: the notices that it tells are read, from where it was on.

An update that fails is told nobody: it is tried again, from where the last one was told, until it
can be read. Clients can do nothing about it, and many would take its error for the end.

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
from gql.errors import unexpected
from gql.history import BEHIND_MAX, History

PER_SECOND_MAX = 10
NOTICES_PER_UPDATE_MAX = 100

PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""After so long an update that failed is tried again; the last for ever. After them all what can be
read of it is told: what fails for so long does not pass by itself."""

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
        position = await context.retrying(lambda: history.latest(context.reading))
        told = _Told(context, history, after, position)
        pace = _Pace(listener, 1 / per_second)
        while True:
            if cause := await pace.due():
                audience.changed_at = pace.told_of()
                audience.attempt(takes_parts=pace.is_patience_over)
                context.renew()
                for update in told.each(await told.since(in_doubt=cause is Cause.DOUBT)):
                    yield update
                if audience.is_withheld:
                    pace.try_again(cause, audience.changed_at)
                else:
                    pace.go_on()
            elif not audience.is_waiting:
                await pace.wait()
            else:
                newcomers = audience.next_newcomers()
                audience.attempt(takes_parts=True)
                context.renew()
                missed = await told.missed(newcomers)
                if missed is None:
                    await pace.hurry()
                    continue
                for update in told.each_of_welcome(newcomers, missed):
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
        self._failures = 0

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

    async def hurry(self) -> None:
        """Let an update be told now, changed or not; one that has failed keeps its pause."""
        if self._failures:
            await self.wait()
        else:
            self._cause, self._due = Cause.CHANGE, self._clock()

    @property
    def is_patience_over(self) -> bool:
        """Whether an update has failed so often that it will not be whole."""
        return self._failures >= len(PAUSES_SECONDS)

    def try_again(self, cause: Cause, changed_at: float | None) -> None:
        """The update has failed that was due for this cause: it is due again after a pause."""
        pause = PAUSES_SECONDS[min(self._failures, len(PAUSES_SECONDS) - 1)]
        self._failures += 1
        self._cause, self._changed_at = cause, changed_at
        self._due = self._clock() + pause

    def go_on(self) -> None:
        """The update was told."""
        self._failures = 0

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
        is in doubt whether anything came, none is told that nobody would see anything new in. Where
        it cannot be read there is none either, and it is withheld."""
        try:
            return await self._since(in_doubt=in_doubt)
        except Exception as error:  # noqa: BLE001 (logged, and tried again)
            unexpected(error)
            self._context.observer.withheld()
            self._context.audience.withhold()
            return []

    def each(self, parts: Sequence[Update]) -> Iterator[Update]:
        """The parts for those who have begun, one by one, as long as they can be told."""
        for part in parts:
            yield part
            if self._context.audience.is_withheld:
                return
            self.position = part.position

    async def missed(self, newcomers: After) -> list[Update] | None:
        """What newcomers are told so that they are where the others are; None if the others are to
        be told an update first. Those for whom it cannot be read are refused."""
        try:
            return None if await self._is_behind(newcomers) else await self._missed(newcomers)
        except Exception as error:  # noqa: BLE001 (logged, and told the newcomers alone)
            self._context.audience.refuse(newcomers, unexpected(error))
            return []

    def each_of_welcome(self, newcomers: After, parts: Sequence[Update]) -> Iterator[Update]:
        """The parts for newcomers, who begin with the last, as long as they can be told."""
        audience = self._context.audience
        if parts:
            audience.welcome(newcomers)
        for part in parts:
            if part is parts[-1]:
                audience.begin()
            yield part
            if audience.is_withheld:
                return

    async def _since(self, *, in_doubt: bool) -> list[Update]:
        reading = self._context.reading
        notices = await self._history.since(reading, self.position)
        if in_doubt and not notices:
            if self._history.is_all:
                return []
            self._context.audience.tell_if_new()
        if len(notices) > BEHIND_MAX:
            return [Update(await self._history.latest(reading), resync=True, notices=())]
        return _parts(notices, until=notices[-1].id if notices else self.position)

    async def _is_behind(self, newcomers: After) -> bool:
        """Whether newcomers were told more by another process than the others were here."""
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

    async def _missed(self, newcomers: After) -> list[Update]:
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
