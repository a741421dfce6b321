"""Points: the units a program counts in, a member's accounts, and every entry of their ledger."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from gamification.definition.compiled import Unit
from gamification.explain.balances import explain_balance
from gamification.ids import MemberId
from gamification.lots import expired_unentered
from gamification.rules.lot import AccountAt, account_at
from gamification.state import Account, AccountKey, Entry, Posting, PostingKey
from gamification.stored import BalanceAsked, EntryRow
from gql.context import Context, Info
from gql.explain.balances import BalanceExplanation
from gql.pages import After, Connection, First, page, page_size, place_of
from gql.points.allowances import TransferAllowance
from gql.points.lots import Allocation, PointsExpiry, PointsHold, PointsLot, expiries_of
from gql.scalars import Quantity

if TYPE_CHECKING:
    from gql.activities.types import Activity


@strawberry.type(description="A unit of points: stars, XP, reputation.")
class PointsUnit:
    key: str = strawberry.field(description="Its name in the definition.")
    name: str = strawberry.field(description="What members read.")
    start: Quantity = strawberry.field(description="What every member begins with.")
    minimum: Quantity | None = strawberry.field(
        description="No balance falls below this. Null: there is no such floor."
    )

    @classmethod
    def of(cls, unit: Unit) -> "PointsUnit":
        return cls(key=unit.key, name=unit.name, start=Quantity(unit.start), minimum=_minimum(unit))


@strawberry.type(
    description="One entry of the ledger. Entries are never changed: what late activity or a "
    "retraction made of an earlier one is a new entry."
)
class PointsEntry:
    cause: strawberry.Private[str]
    unit: str = strawberry.field(description="The key of the unit of points.")
    granted: Quantity = strawberry.field(
        description="What was added to the account; less than 0 if points were taken."
    )
    requested: Quantity = strawberry.field(description="What the rule asked for.")
    limited_by: str | None = strawberry.field(
        description="What made the difference between the two: `cap/KEY`, `floor`, or `shortfall` "
        "(there were not so many to take)."
    )
    balance: Quantity | None = strawberry.field(
        description="The account's balance after the entry. Null in a payload's adjusting entries."
    )
    rule: str = strawberry.field(
        description="Which rule: `earning/KEY`, `badge/KEY/LEVEL/WINDOW/SUBJECT`, `opening`, or "
        "what else moved them: `adjustment`, `prize/BOARD/RUN`, `spend`, `capture`, "
        "`transfer/sent`, `transfer/received`, `convert/UNIT`, `expiry/DAY`."
    )
    is_adjustment: bool = strawberry.field(
        description="Whether it adjusts an earlier entry because history changed."
    )
    occurred_at: datetime = strawberry.field(description="When the activity behind it occurred.")
    version: int = strawberry.field(description="The version of the definition that made it.")
    allocations: list[Allocation] = strawberry.field(
        description="Which lots the points went into or came out of, all adjustments so far "
        "included. Empty where points never expire, mature or are held."
    )

    @strawberry.field(description="The activity behind it. Null for an opening balance.")
    async def activity(
        self, info: Info
    ) -> Annotated["Activity", strawberry.lazy("gql.activities.types")] | None:
        from gql.activities.types import Activity

        row = await info.context.loaders.activities.by_key.load(self.cause) if self.cause else None
        return Activity.of_row(row) if row else None

    @classmethod
    def of_posting(cls, key: PostingKey, posting: Posting, account: Account) -> "PointsEntry":
        return cls(
            cause=key.cause,
            unit=key.unit,
            granted=Quantity(posting.granted),
            requested=Quantity(posting.requested),
            limited_by=posting.limited_by or None,
            balance=Quantity(account.balance),
            rule=key.rule,
            is_adjustment=False,
            occurred_at=posting.occurred_at,
            version=posting.version,
            allocations=[Allocation.of(each) for each in posting.allocations],
        )

    @classmethod
    def of_row(cls, row: EntryRow) -> "PointsEntry":
        return cls.of_entry(row.entry, balance=row.balance_after)

    @classmethod
    def of_entry(cls, entry: Entry, *, balance: int | None) -> "PointsEntry":
        return cls(
            cause=entry.posting.cause,
            unit=entry.posting.unit,
            granted=Quantity(entry.amount),
            requested=Quantity(entry.requested),
            limited_by=entry.limited_by or None,
            balance=None if balance is None else Quantity(balance),
            rule=entry.posting.rule,
            is_adjustment=entry.revision > 0,
            occurred_at=entry.occurred_at,
            version=entry.version,
            allocations=[Allocation.of(each) for each in entry.allocations],
        )


@strawberry.type(description="What a member has of one unit of points.")
class PointsAccount:
    member_id: strawberry.Private[MemberId]
    account: strawberry.Private[Account | None]
    parts: strawberry.Private[AccountAt]
    at: strawberry.Private[datetime]
    unit: str = strawberry.field(description="The key of the unit.")
    name: str = strawberry.field(description="What members read.")
    balance: Quantity = strawberry.field(
        description="What the member has now: `available`, `pending` and `held` together."
    )
    available: Quantity = strawberry.field(
        description="What can be spent now. Less than 0 where more was taken than there was."
    )
    pending: Quantity = strawberry.field(description="What cannot be spent yet.")
    held: Quantity = strawberry.field(
        description="What is put aside until it is captured or released."
    )
    minimum: Quantity | None = strawberry.field(
        description="The balance never falls below this. Null: there is no such floor."
    )

    @strawberry.field(description="The account's entries, the newest first.")
    async def entries(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[PointsEntry]:
        size = page_size(first)
        before = int(place_of(after, "entry", int)[0]) if after is not None else None
        rows: list[EntryRow] = await info.context.reading.entries(
            self.member_id, self.unit, before=before, limit=size + 1
        )
        return page(
            rows,
            size,
            node=PointsEntry.of_row,
            place=lambda row: ("entry", row.id),
            follows=after is not None,
        )

    @strawberry.field(
        description="What the balance consists of, in the order it is spent in. "
        "Empty where points never expire, mature or are held."
    )
    def lots(self) -> list[PointsLot]:
        return [
            PointsLot.of(lot, self.at)
            for lot in self.parts.lots.open
            if not lot.is_expired(self.at)
        ]

    @strawberry.field(description="What is put aside, by the names of the holds.")
    def holds(self) -> list[PointsHold]:
        return [PointsHold.of(hold) for hold in self.parts.lots.holds]

    @strawberry.field(
        description="What the member had at a moment that has passed, by all that is known now: "
        "late activity and retractions included."
    )
    async def balance_at(
        self,
        info: Info,
        at: Annotated[
            datetime, strawberry.argument(description="The moment. In the future it is now.")
        ],
    ) -> Quantity:
        context = info.context
        if self.account is None:
            return self.balance
        moment = min(at, context.at)
        asked = BalanceAsked(AccountKey(self.member_id, self.unit), moment)
        entered = await context.loaders.balances_at.load(asked)
        return Quantity(entered - expired_unentered(self.parts.lots, moment))

    @strawberry.field(
        description="What the member may give to others now. Null: these points cannot be given."
    )
    async def transfers(self, info: Info) -> TransferAllowance | None:
        unit = info.context.program.rules.units[self.unit]
        return await TransferAllowance.of(info.context, self.member_id, unit)

    @strawberry.field(description="How many points expire when, the soonest first.")
    def expiries(self) -> list[PointsExpiry]:
        return expiries_of(self.parts.lots.open, self.at)

    @strawberry.field(description="Where the balance comes from: what each rule brought.")
    async def explanation(self, info: Info) -> BalanceExplanation:
        key = AccountKey(self.member_id, self.unit)
        sums = await info.context.loaders.rule_sums.load(key)
        start = info.context.program.rules.units[self.unit].start
        unopened = start if self.account is None else 0
        explained = explain_balance(sums, unopened=unopened, portions=self.parts.portions)
        return BalanceExplanation.of(explained)

    @classmethod
    def of(
        cls, member: MemberId, unit: Unit, account: Account | None, context: Context
    ) -> "PointsAccount":
        parts = account_at(unit, account, context.at, context.program.rules.calendar)
        return cls(
            member_id=member,
            account=account,
            parts=parts,
            at=context.at,
            unit=unit.key,
            name=unit.name,
            balance=Quantity(parts.portions.balance),
            available=Quantity(parts.portions.available),
            pending=Quantity(parts.portions.pending),
            held=Quantity(parts.portions.held),
            minimum=_minimum(unit),
        )

    @classmethod
    async def loaded(cls, context: Context, member: MemberId, unit: str) -> "PointsAccount | None":
        """A member's account, read now; None where the program has no such unit any more."""
        accounts = await context.loaders.accounts.load(member)
        rules = context.program.rules.units.get(unit)
        return None if rules is None else cls.of(member, rules, accounts.get(unit), context)


def _minimum(unit: Unit) -> Quantity | None:
    return None if unit.minimum is None else Quantity(unit.minimum)
