"""The music shop's numbers worked out a second time, by loops that share nothing with the core.

One rule after the other, as a clerk would go through the receipts: the level held before a
purchase, points for it, a welcome back, the shelf, the week's prizes, and what has expired since.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from tests.proofs.music_shop import Purchase

UNIT = 10_000
LEVELS = (("listener", 0), ("collector", 50 * UNIT), ("connoisseur", 200 * UNIT))
RATES = {"listener": UNIT, "collector": 12_500, "connoisseur": 15_000}
SHELVES = ((10, 10), (50, 50), (200, 200))
QUIET_DAYS = 90


@dataclass
class Customer:
    """One customer's receipts, added up. Money and points are in ten-thousandths."""

    spent: dict[tuple[int, int], int] = field(
        default_factory=lambda: defaultdict[tuple[int, int], int](int)
    )
    cds: int = 0
    last: date | None = None
    points: list[tuple[date, int]] = field(default_factory=list[tuple[date, int]])
    welcomed: int = 0

    def level(self, day: date) -> str:
        """What this half year and the one before were enough for."""
        half = half_year(day)
        return max(
            (_level_for(self.spent[half]), _level_for(self.spent[_half_before(half)])),
            key=[name for name, _ in LEVELS].index,
        )

    def buys(self, purchase: Purchase) -> None:
        """One receipt."""
        day, dollars = purchase.day, _ten_thousandths(purchase.dollars)
        given = dollars * RATES[self.level(day)] // UNIT
        back = self.last is not None and (day - self.last).days > QUIET_DAYS
        self.welcomed += given if back else 0
        self.points.append((day, given * 2 if back else given))
        shelf = sum(
            points for least, points in SHELVES if self.cds < least <= self.cds + purchase.cds
        )
        self.points.append((day, shelf * UNIT))
        self.cds += purchase.cds
        self.spent[half_year(day)] += dollars
        self.last = day

    def balance(self, day: date) -> int:
        """What has not expired: six months, and on to the end of the month."""
        return sum(amount for earned, amount in self.points if expires_on(earned) > day)


def half_year(day: date) -> tuple[int, int]:
    return day.year, 1 if day.month <= 6 else 2


def expires_on(earned: date) -> date:
    """The first day on which points cannot be used any more."""
    months = earned.year * 12 + earned.month - 1 + 7
    return date(months // 12, months % 12 + 1, 1)


def customers(bought: Iterable[Purchase], *, until: date) -> dict[str, Customer]:
    """Every customer, with the prizes of the weeks that are final by a day."""
    found: dict[str, Customer] = defaultdict(Customer)
    receipts = list(bought)
    for purchase in receipts:
        found[purchase.customer].buys(purchase)
    for monday, winners in prizes(receipts).items():
        paid_on = monday + timedelta(days=8)  # the week's end, and a day for what comes late
        if paid_on <= until:
            for customer, points in winners.items():
                found[customer].points.append((paid_on, points * UNIT))
    return found


def prizes(bought: Iterable[Purchase]) -> dict[date, dict[str, int]]:
    """What each week's best have won, by its Monday: 100 for the first, 20 to the tenth rank."""
    won: dict[date, dict[str, int]] = {}
    for monday, week in groupby(bought, key=lambda each: each.day - timedelta(each.day.weekday())):
        scores: dict[str, int] = defaultdict(int)
        for each in week:
            scores[each.customer] += _ten_thousandths(each.dollars)
        won[monday] = {}
        for customer, score in scores.items():
            rank = 1 + sum(other > score for other in scores.values())
            if score and rank <= 10:
                won[monday][customer] = 100 if rank == 1 else 20
    return won


def _level_for(spent: int) -> str:
    return [name for name, least in LEVELS if spent >= least][-1]


def _half_before(half: tuple[int, int]) -> tuple[int, int]:
    year, number = half
    return (year, 1) if number == 2 else (year - 1, 2)


def _ten_thousandths(text: str) -> int:
    whole, _, rest = text.partition(".")
    return int(whole) * UNIT + int((rest + "0000")[:4])
