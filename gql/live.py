"""The pace of a subscription: a snapshot first, then the latest state, so many times a second.

A subscription listens before it reads, so that no change falls between the snapshot and the first
update; and it waits after each update, so that whatever happens meanwhile comes as one.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager
from typing import Annotated, NamedTuple

import strawberry

from gamification.outcomes import Notice
from gamification.ports import Listener
from gamification.refusals import InvalidInput
from gql.context import Context
from gql.pages import cursor

PER_SECOND_MAX = 10
NOTICES_HEARD_MAX = 100
"""A listener keeps no more (ports.Listener): with so many, earlier ones may have been dropped."""

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
        description="The cursor of the last update that was received. Resuming is not possible "
        "yet: the answer is a snapshot, and says `resync: true`."
    ),
]


class Update(NamedTuple):
    """One update: its cursor, whether it answers an attempt to resume, and what is new."""

    cursor: str
    resync: bool
    notices: tuple[Notice, ...]


async def updates(
    context: Context,
    listening: AbstractContextManager[Listener],
    *,
    per_second: int,
    after: str | None,
) -> AsyncGenerator[Update, None]:
    """The snapshot, then one update after every change; `context` is renewed before each.

    An update's notices are those since the one before. Its cursor is that of the latest notice.
    """
    if not 1 <= per_second <= PER_SECOND_MAX:
        raise InvalidInput(f"'perSecond' must be 1 to {PER_SECOND_MAX}", field=("perSecond",))
    with listening as listener:
        context.renew()
        latest = await context.reading.latest_notice_id()
        yield Update(_cursor(latest), resync=after is not None, notices=())
        while True:
            await asyncio.sleep(1 / per_second)
            changes = await listener.changed()
            context.renew()
            latest = max([latest, *(notice.id for notice in changes.notices)])
            has_overflowed = len(changes.notices) >= NOTICES_HEARD_MAX
            yield Update(_cursor(latest), resync=has_overflowed, notices=changes.notices)


def _cursor(notice_id: int) -> str:
    return cursor("notice", notice_id)
