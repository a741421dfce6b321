"""A member's page that moves by itself."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from gamification.ids import MemberId, member_id
from gql.context import Context, Info
from gql.history import Announced
from gql.live import PerSecond, Resume, updates
from gql.members.types import Member
from gql.notices import Notice
from gql.permissions import Read


@strawberry.type(description="A member as they are after a change.")
class MemberUpdate:
    external_id: strawberry.Private[str]
    cursor: str = strawberry.field(
        description="Where the stream of updates is, opaque: `after` goes on from here."
    )
    resync: bool = strawberry.field(
        description="Whether notices are left out, because there were too many or the cursor that "
        "was given is of something else: the rest is the present state."
    )
    notices: list[Notice] = strawberry.field(
        description="What was announced about the member since the update before, or since the "
        "cursor that was given; the oldest first."
    )

    @strawberry.field(description="The member. Null until somebody is registered under this id.")
    async def member(self, info: Info) -> Member | None:
        member = await info.context.loaders.members_named.load(self.external_id)
        return Member.of(member) if member else None


@strawberry.type
class MemberSubscriptions:
    @strawberry.subscription(
        description="A member, now and after every change.", permission_classes=[Read]
    )
    async def member_updated(
        self,
        info: Info,
        external_id: Annotated[
            str, strawberry.argument(description="The app's own id of the person.")
        ],
        after: Resume = None,
        per_second: PerSecond = 4,
    ) -> AsyncGenerator[MemberUpdate, None]:
        context = info.context
        id = await context.retrying(lambda: _id_of(context, external_id))
        listening = context.hub.listen(context.program.id, member=id)
        told = Announced(context.program.id, member=id)
        stream = updates(context, listening, told, per_second=per_second, after=after)
        async with aclosing(stream):
            async for update in stream:
                cursor = told.cursor(update.position)
                context.audience.come_to(cursor)
                yield MemberUpdate(
                    external_id=external_id,
                    cursor=cursor,
                    resync=update.resync,
                    notices=[Notice.of(notice) for notice in update.notices],
                )


async def _id_of(context: Context, external_id: str) -> MemberId:
    """The member's id. Who is not registered yet will have this one: it is made of the name."""
    known = (await context.reading.members_by_external_id([external_id])).get(external_id)
    return known.id if known else member_id(context.program.key, external_id)
