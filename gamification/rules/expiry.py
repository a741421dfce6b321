"""Expiry: what time has done to an account, entered in the ledger. It changes no answer."""

from datetime import timedelta

from msgspec.structs import replace

from gamification import lots
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.outcomes import PointsEarned
from gamification.rules.lot import are_kept, disused_at, moved_to
from gamification.state import AccountKey, Posting, PostingKey
from gamification.windows import day_at

RULE = "expiry"
"""The first part of the rule named by such postings: "expiry/2026-06-30", the last day of use."""


def unit_of(command: Activity) -> str:
    """The unit of points whose account has come due."""
    return str(command.properties["unit"])


def expire(draft: Draft) -> None:
    """Take what has expired, each day's for itself and dated then; give up timed-out holds."""
    activity, calendar = draft.activity, draft.program.calendar
    at, unit = activity.occurred_at, draft.program.units.get(unit_of(activity))
    account = draft.account(AccountKey(activity.member, unit_of(activity)))
    if unit is None or account is None or not are_kept(unit, account) or account.lots is None:
        return
    kept = account.lots
    ended = lots.timed_out(kept, at)
    if ended:
        kept = lots.without_holds(kept, ended)
        account = replace(account, lots=kept)
        draft.change_lots(unit.key, account, ended=ended)
    ends = disused_at(unit, kept, calendar)
    if ends is not None and ends <= at:
        kept = lots.dated(kept, ends)
    for moment, moved in lots.take_expired(kept, at):
        account = moved_to(draft, account, moved, has_fallen=True)
        day = day_at(moment - timedelta(microseconds=1), calendar)
        version = draft.program.version
        posting = Posting(moved.amount, moved.amount, "", moment, version, moved.allocations)
        key = PostingKey(activity.member, unit.key, activity.key, f"{RULE}/{day}")
        draft.set_account(PointsEarned(key, posting, account))
