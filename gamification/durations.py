"""Lengths of time in words people write: "14 days", "6 months". Counted on the calendar."""

import re
from calendar import monthrange
from datetime import date
from typing import NamedTuple

from gamification.days import plus_days, plus_months

FORM = r"^[1-9]\d{0,3} (?:day|week|month|year)s?$"
"""How a duration is written, as a regular expression for the definition's schema."""


class Duration(NamedTuple):
    """So many months, then so many days; fewer than none for a time before."""

    months: int
    days: int

    def after(self, day: date) -> date:
        """The day so long after another; a month without that day ends it on its last one."""
        if self.months:
            first = plus_months(day.replace(day=1), self.months)
            day = first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))
        return plus_days(day, self.days)


def duration(words: str) -> Duration:
    """The duration that words such as "6 months" name."""
    if not re.fullmatch(FORM, words):
        raise ValueError(f"{words[:40]!r} is not a length of time: write '14 days' or '6 months'")
    number, unit = words.split()
    count = int(number)
    match unit.removesuffix("s"):
        case "day":
            return Duration(0, count)
        case "week":
            return Duration(0, 7 * count)
        case "month":
            return Duration(count, 0)
        case _:
            return Duration(12 * count, 0)
