"""Joining: the day of a member's first activity, from which years of joining are counted."""

from gamification.definition.compiled.tiers import JOINED_METRIC
from gamification.draft import Draft
from gamification.quantity import SCALE
from gamification.state import Tally, TallyKey


def join(draft: Draft) -> None:
    """Keep the time of the draft's activity, if it is the member's first."""
    key = TallyKey(draft.activity.member, JOINED_METRIC, "", "")
    if draft.tally(key) is None:
        draft.set_tally(key, None, Tally(SCALE, SCALE, draft.activity.occurred_at, 1))
