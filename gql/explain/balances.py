"""Balances explained: which rules they come from, and that the sum is what the member has."""

import strawberry

from gamification.explain.balances import RULES_MAX, BalanceExplained
from gamification.stored import RuleSum
from gql.scalars import Quantity


@strawberry.type(description="What one rule has entered in an account.")
class RuleContribution:
    rule: str = strawberry.field(
        description="Which: `earning/KEY`, `badge/KEY` for all levels of a badge together, or what "
        "else moved points: `adjustment`, `prize/BOARD`, `spend`, `expiry/DAY`."
    )
    entries: int = strawberry.field(description="How many first entries it has made.")
    granted: Quantity = strawberry.field(description="What those came to.")
    adjustments: int = strawberry.field(
        description="How many entries adjusted them, after late activity or a retraction."
    )
    adjusted: Quantity = strawberry.field(description="What the adjustments came to.")

    @classmethod
    def of(cls, each: RuleSum) -> "RuleContribution":
        return cls(
            rule=each.rule,
            entries=each.entries,
            granted=Quantity(each.granted),
            adjustments=each.adjustments,
            adjusted=Quantity(each.adjusted),
        )


@strawberry.type(
    description="A balance as a sum: `opening`, what `rules` and `others` granted, and `adjusted`, "
    "less what has `expired` since."
)
class BalanceExplanation:
    opening: Quantity = strawberry.field(description="What the account began with.")
    rules: list[RuleContribution] = strawberry.field(
        description=f"What each rule brought, the largest sums first: at most {RULES_MAX}."
    )
    others: Quantity = strawberry.field(
        description="What the rules granted for which there is no room in `rules`."
    )
    adjusted: Quantity = strawberry.field(
        description="What late activity and retractions made of earlier entries, of all rules."
    )
    total: Quantity = strawberry.field(description="The sum of it all.")
    expired: Quantity = strawberry.field(
        description="What has expired of it and is not entered in the ledger yet: a duty of the "
        "scheduler enters it, with the rule `expiry/DAY`."
    )
    available: Quantity = strawberry.field(description="What of the balance can be spent.")
    pending: Quantity = strawberry.field(description="What of it cannot be spent yet.")
    held: Quantity = strawberry.field(description="What of it is put aside by holds.")
    balance: Quantity = strawberry.field(
        description="What the account holds: `available`, `pending` and `held` together."
    )
    is_balanced: bool = strawberry.field(
        description="Whether the total less what has expired is the balance. If not, the account "
        "has moved between two readings, or `gamification verify` has something to tell."
    )

    @classmethod
    def of(cls, explained: BalanceExplained) -> "BalanceExplanation":
        portions = explained.portions
        return cls(
            opening=Quantity(explained.opening),
            rules=[RuleContribution.of(each) for each in explained.rules],
            others=Quantity(explained.others),
            adjusted=Quantity(explained.adjusted),
            total=Quantity(explained.total),
            expired=Quantity(portions.expired),
            available=Quantity(portions.available),
            pending=Quantity(portions.pending),
            held=Quantity(portions.held),
            balance=Quantity(portions.balance),
            is_balanced=explained.total - portions.expired == portions.balance,
        )
