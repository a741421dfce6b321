"""What happens in the program, as a feed."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from gql.context import Info
from gql.history import Announced
from gql.live import PerSecond, Resume, updates
from gql.notices import Notice
from gql.permissions import Read


@strawberry.type(description="What was announced to everybody.")
class FeedUpdate:
    cursor: str = strawberry.field(
        description="Where the stream of updates is, opaque: `after` goes on from here."
    )
    resync: bool = strawberry.field(
        description="Whether notices are left out, because there were too many or the cursor that "
        "was given is of something else."
    )
    notices: list[Notice] = strawberry.field(
        description="What was announced since the update before, or since the cursor that was "
        "given; the oldest first."
    )


@strawberry.type
class ProgramSubscriptions:
    @strawberry.subscription(
        description="What is announced to everybody in the program, from now on.",
        permission_classes=[Read],
    )
    async def feed_updated(
        self, info: Info, after: Resume = None, per_second: PerSecond = 4
    ) -> AsyncGenerator[FeedUpdate, None]:
        context = info.context
        listening = context.hub.listen(context.program.id, feed=True)
        told = Announced(context.program.id)
        stream = updates(context, listening, told, per_second=per_second, after=after)
        async with aclosing(stream):
            async for update in stream:
                cursor = told.cursor(update.position)
                context.audience.come_to(cursor)
                yield FeedUpdate(
                    cursor=cursor,
                    resync=update.resync,
                    notices=[Notice.of(each) for each in update.notices],
                )
