"""Placements: a level that an operator gives a member by hand, for a while or for good.

It never lowers what is earned: the higher of the two is held.
"""

from datetime import datetime

from gamification.draft import Draft
from gamification.facts import Activity
from gamification.names import number_of
from gamification.state import Tally, TallyKey
from gamification.tiers import FOR_EVER


def tier_of(command: Activity) -> str:
    """The key of the ladder that a command names."""
    return str(command.properties["tier"])


def place(draft: Draft) -> None:
    """Keep the level, by the number of its name, with the end of the placement as its time."""
    tier = draft.program.tiers.get(tier_of(draft.activity))
    if tier is None:
        return
    level, until = (draft.activity.properties.get(name) for name in ("level", "until"))
    number = 0 if level is None else number_of(str(level))
    ends = FOR_EVER if until is None else datetime.fromisoformat(str(until))
    key = TallyKey(draft.activity.member, tier.placed_metric, "", "")
    before = draft.tally(key)
    peak = number if before is None else max(before.peak, number)
    draft.set_tally(key, before, Tally(number, peak, ends, 1))
