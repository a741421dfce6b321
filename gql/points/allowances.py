"""What members may give to each other of a unit, and what is left of it."""

from datetime import datetime

import strawberry

from gamification.definition.compiled import Unit
from gamification.ids import MemberId
from gamification.rules.transfer import Allowance, allowance, given_of
from gql.context import Context
from gql.scalars import Quantity


@strawberry.type(description="The most that a member gives to others in each day, week or month.")
class TransferLimit:
    per: str = strawberry.field(
        description="In what: `day`, `week`, `month`, `quarter`, `half year` or `year`."
    )
    most: Quantity = strawberry.field(description="The most in all of it.")
    left: Quantity = strawberry.field(description="What can still be given in the one that runs.")
    renews_at: datetime = strawberry.field(description="When that is over, and `most` again.")

    @classmethod
    def of(cls, each: Allowance) -> "TransferLimit":
        return cls(
            per=each.limit.per.unit.value,
            most=Quantity(each.limit.most),
            left=Quantity(each.left),
            renews_at=each.renews_at,
        )


@strawberry.type(description="What a member may give to others of a unit of points.")
class TransferAllowance:
    least: Quantity = strawberry.field(description="The fewest at a time.")
    most: Quantity | None = strawberry.field(
        description="The most at a time. Null: there is no such limit."
    )
    limits: list[TransferLimit] = strawberry.field(
        description="The limits in time, as the definition has them."
    )

    @classmethod
    async def of(cls, context: Context, member: MemberId, unit: Unit) -> "TransferAllowance | None":
        if unit.transfers is None:
            return None
        at, calendar = context.at, context.program.rules.calendar
        given = given_of(member, unit, at, calendar)
        tallies = await context.loaders.tallies.load_many([key for _, key in given])
        return cls(
            least=Quantity(unit.transfers.least),
            most=None if unit.transfers.most is None else Quantity(unit.transfers.most),
            limits=[
                TransferLimit.of(allowance(limit, tally, at, calendar))
                for (limit, _), tally in zip(given, tallies, strict=True)
            ],
        )
