"""Different values: without this file nobody can be rewarded for visiting five stores.

Each value seen is a tally of its own (metric "stores#", subject ending in the value), so the
number of different values is a total of the values seen for the first time.
"""

from datetime import datetime

from gamification.quantity import SCALE
from gamification.state import Tally, TallyKey

SEPARATOR = "\x1f"
MARK = "#"


def element_key(counted: TallyKey, element: str) -> TallyKey:
    """The tally that counts how often one value was seen within `counted`'s window and subject."""
    subject = f"{counted.subject}{SEPARATOR}{element}"
    return TallyKey(counted.member, counted.metric + MARK, counted.window, subject)


def is_element(metric: str) -> bool:
    """Whether a tally's metric counts one value rather than the different ones."""
    return metric.endswith(MARK)


def seen(before: Tally | None, at: datetime) -> Tally:
    """The value seen once more; its time is that of the first sight."""
    if before is None:
        return Tally(SCALE, SCALE, at, 1)
    count = before.touches + 1
    return Tally(count * SCALE, count * SCALE, min(at, before.reached_at), count)


def takes_late(before: Tally | None, at: datetime) -> bool:
    """Not when the value was first seen later than `at`: then the number grew earlier."""
    return before is None or before.reached_at < at
