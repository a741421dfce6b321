"""The pace of a subscription: first what was missed, then the latest state, so often a second.

A subscription listens before it reads, so that no change falls between the first answer and the
first update; and it waits after each update, so that whatever happens meanwhile comes as one. What
it hears only wakes it: the notices that it tells are read, from where it was on.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Annotated, NamedTuple

import strawberry

from gamification.outcomes import Notice
from gamification.ports import Listener, Reading
from gamification.refusals import InvalidInput
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
    """The snapshot, or what came `after` a cursor; then what every change brings.

    `context` is renewed before each, so that the state that goes with an update is at least as new
    as its notices.
    """
    if not 1 <= per_second <= PER_SECOND_MAX:
        raise InvalidInput(f"'perSecond' must be 1 to {PER_SECOND_MAX}", field=("perSecond",))
    with listening as listener:
        context.renew()
        position = await history.latest(context.reading)
        for update in await _first(history, context.reading, position, after):
            yield update
            position = update.position
        while True:
            await asyncio.sleep(1 / per_second)
            await listener.changed()
            context.renew()
            for update in await _since(history, context.reading, position):
                yield update
                position = update.position


async def _first(
    history: History, reading: Reading, latest: int, after: str | None
) -> list[Update]:
    """What somebody is told who begins here, with or without a cursor."""
    if after is None:
        return [Update(latest, resync=False, notices=())]
    position = history.position_of(after)
    if position is None or position > latest:
        return [Update(latest, resync=True, notices=())]
    return await _since(history, reading, position)


async def _since(history: History, reading: Reading, position: int) -> list[Update]:
    """What came after a position, in updates of a bounded size; one also if nothing came."""
    notices = await history.since(reading, position)
    if len(notices) > BEHIND_MAX:
        return [Update(await history.latest(reading), resync=True, notices=())]
    if not notices:
        return [Update(position, resync=False, notices=())]
    return [Update(part[-1].id, resync=False, notices=part) for part in _parts(notices)]


def _parts(notices: Sequence[Notice]) -> Iterator[Sequence[Notice]]:
    for start in range(0, len(notices), NOTICES_PER_UPDATE_MAX):
        yield notices[start : start + NOTICES_PER_UPDATE_MAX]
