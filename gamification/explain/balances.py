"""Why a balance is what it is: the sum of what each rule has entered, and of what adjusted it."""

from collections.abc import Iterable
from dataclasses import dataclass

from gamification.lots import Portions
from gamification.rules.earning import OPENING
from gamification.stored import RuleSum

RULES_MAX = 100
"""How many rules an explanation of a balance names."""


@dataclass(frozen=True, slots=True)
class BalanceExplained:
    """A balance as a sum, in ten-thousandths.

    `rules` are those with the most points, `others` what the rest of them comes to. What late
    activity and retractions made of earlier entries is in `adjusted`, and in no rule's `granted`.
    `portions` is what the sum consists of now.
    """

    opening: int
    rules: tuple[RuleSum, ...]
    others: int
    adjusted: int
    portions: Portions

    @property
    def total(self) -> int:
        granted = sum(rule.granted for rule in self.rules)
        return self.opening + granted + self.others + self.adjusted


def explain_balance(
    sums: Iterable[RuleSum], *, unopened: int, portions: Portions
) -> BalanceExplained:
    """The sum of an account's entries; `unopened` is what one without entries begins with."""
    by_rule: dict[str, RuleSum] = {}
    opening = unopened
    adjusted = 0
    for each in sums:
        adjusted += each.adjusted
        if each.rule == OPENING:
            opening += each.granted
            continue
        name = "/".join(each.rule.split("/")[:2])  # a badge's levels and subjects are one rule
        known = by_rule.get(name, RuleSum(name, 0, 0, 0, 0))
        by_rule[name] = RuleSum(
            name,
            known.entries + each.entries,
            known.granted + each.granted,
            known.adjustments + each.adjustments,
            known.adjusted + each.adjusted,
        )
    ordered = sorted(by_rule.values(), key=lambda rule: (-abs(rule.granted), rule.rule))
    others = sum(rule.granted for rule in ordered[RULES_MAX:])
    return BalanceExplained(opening, tuple(ordered[:RULES_MAX]), others, adjusted, portions)
