"""Release: an activity that makes points available which were pending until it."""

from msgspec.structs import replace

from gamification import lots
from gamification.draft import Draft
from gamification.state import AccountKey


def release(draft: Draft, unit: str, per: str) -> None:
    """Make those points available that came because of the same order, delivery, …"""
    subject = draft.subject_of(per)
    account = draft.account(AccountKey(draft.activity.member, unit))
    if not subject or account is None or account.lots is None:
        return
    after = lots.released(account.lots, subject)
    if after != account.lots:
        draft.change_lots(unit, replace(account, lots=after))
