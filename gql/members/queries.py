"""The ways to members: one by one, some by their ids, and all of them page by page."""

from typing import Annotated

import strawberry

from gamification import ports
from gamification.refusals import TooMany
from gql.context import Context, Info
from gql.members.types import Member
from gql.pages import PAGE_SIZE_MAX, After, Connection, First, page, page_size, place_of
from gql.permissions import Read


@strawberry.type
class MemberQueries:
    @strawberry.field(
        description="A member of the program. Null if nobody is registered under this id.",
        permission_classes=[Read],
    )
    async def member(
        self,
        info: Info,
        external_id: Annotated[
            str, strawberry.argument(description="The app's own id of the person.")
        ],
    ) -> Member | None:
        found = await info.context.loaders.members_named.load(external_id)
        return Member.of(found) if found else None

    @strawberry.field(
        description="Members in the order of their external ids.", permission_classes=[Read]
    )
    async def members(
        self,
        info: Info,
        external_ids: Annotated[
            list[str] | None,
            strawberry.argument(
                description=f"Only these, at most {PAGE_SIZE_MAX}. Unknown ones are left out."
            ),
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Member]:
        size = page_size(first)
        last = str(place_of(after, "member", str)[0]) if after is not None else None
        if external_ids is None:
            rows = await info.context.reading.member_page(after=last, limit=size + 1)
        else:
            rows = await _named(info.context, external_ids, after=last)
        return page(
            rows,
            size,
            node=Member.of,
            place=lambda member: ("member", member.external_id),
            follows=after is not None,
        )


async def _named(context: Context, names: list[str], *, after: str | None) -> list[ports.Member]:
    if len(names) > PAGE_SIZE_MAX:
        raise TooMany(f"at most {PAGE_SIZE_MAX} members can be named", field=("externalIds",))
    found = await context.loaders.members_named.load_many(set(names))
    members = [
        member for member in found if member and (after is None or member.external_id > after)
    ]
    return sorted(members, key=lambda member: member.external_id)
