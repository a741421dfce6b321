"""What windows a number may have, and the words that people write for them.

Where a window begins and ends is in windows.py, which has these names, too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from gamification.days import Unit, plus_days
from gamification.durations import Duration

ROLLING_DAYS_MAX = 366
ROLLING_MONTHS_MAX = 12
SEASONS_MAX = 400
_FORMS = (
    '"all time", "day", "week", "month", "quarter", "half year", "year", "30 days" or "3 months"'
)


@dataclass(frozen=True, slots=True)
class AllTime:
    """One window without bounds."""

    text: str = field(init=False, repr=False, compare=False, default="all time")


@dataclass(frozen=True, slots=True)
class Every:
    """Each day, week, month, quarter, half year or year."""

    unit: Unit
    text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.unit.value)


@dataclass(frozen=True, slots=True)
class Rolling:
    """The last `days` local days, today included, or those of the last `months`.

    The months to the end of a day begin so many months before the day after it; where that month
    is too short, on its last day. So to the end of March the last month is March.
    """

    days: int = 0
    months: int = 0
    text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        number, unit = (self.months, "months") if self.months else (self.days, "days")
        limit = ROLLING_MONTHS_MAX if self.months else ROLLING_DAYS_MAX
        if self.months and self.days:
            raise ValueError("a rolling window has days or months, not both")
        if not 1 <= number <= limit:
            raise ValueError(f"a rolling window has 1 to {limit} {unit}, not {number}")
        object.__setattr__(self, "text", f"{number} {unit}")

    def first(self, last: date) -> date:
        """The first day of the window whose last day is given."""
        if self.months:
            return Duration(-self.months, 0).after(plus_days(last, 1))
        return plus_days(last, 1 - self.days)

    @property
    def days_max(self) -> int:
        """How many days it has at most."""
        return self.days or min(31 * self.months, ROLLING_DAYS_MAX)


@dataclass(frozen=True, slots=True)
class Season:
    """A named run of local days `[starts, ends)`."""

    name: str
    starts: date
    ends: date

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", self.name):
            raise ValueError(
                f"season {self.name[:80]!r}: a name has 1 to 64 letters, digits, - or _"
            )
        if self.starts >= self.ends:
            raise ValueError(f"season {self.name!r} ends on {self.ends}, before it has begun")


@dataclass(frozen=True, slots=True)
class Seasons:
    """Named seasons in the order of time, which do not overlap."""

    ranges: tuple[Season, ...]
    text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 1 <= len(self.ranges) <= SEASONS_MAX:
            raise ValueError(f"there are 1 to {SEASONS_MAX} seasons, not {len(self.ranges)}")
        if len({season.name for season in self.ranges}) < len(self.ranges):
            raise ValueError("two seasons have the same name")
        ranges = tuple(sorted(self.ranges, key=lambda season: season.starts))
        for earlier, later in pairwise(ranges):
            if later.starts < earlier.ends:
                raise ValueError(f"seasons {earlier.name!r} and {later.name!r} overlap")
        object.__setattr__(self, "ranges", ranges)
        words = ", ".join(f"{each.name} {each.starts}/{each.ends}" for each in ranges)
        object.__setattr__(self, "text", f"seasons {words}")


Spec = AllTime | Every | Rolling | Seasons
"""What windows a number has. `text` names it in words; equal specs have equal texts."""


# ---------------------------------------------------------------------------- what people write


def parse(text: str) -> Spec:
    """The spec that words such as "all time", "week" or "30 days" name."""
    words = " ".join(text.lower().split())
    if words == "all time":
        return AllTime()
    for unit in Unit:
        if words == unit.value:
            return Every(unit)
    if match := re.fullmatch(r"(?:rolling )?([0-9]{1,4}) (day|month)s?", words):
        number = int(match[1])
        return Rolling(number) if match[2] == "day" else Rolling(months=number)
    raise ValueError(f"{text[:40]!r} is not a window of time: write {_FORMS}")


def seasons(ranges: Mapping[str, str]) -> Seasons:
    """Seasons from `{"winter": "2026-12-01/2027-03-01"}`: local dates, the end excluded."""
    return Seasons(tuple(_season(name, text) for name, text in ranges.items()))


def _season(name: str, text: str) -> Season:
    match = re.fullmatch(r"(\d{4}-\d{2}-\d{2}) ?/ ?(\d{4}-\d{2}-\d{2})", text, re.ASCII)
    try:
        starts, ends = map(date.fromisoformat, match.groups() if match else ())
    except ValueError:
        raise ValueError(
            f"season {name[:64]!r}: {text[:64]!r} is not a range of dates: "
            'write "2026-12-01/2027-03-01", the end excluded'
        ) from None
    return Season(name, starts, ends)
