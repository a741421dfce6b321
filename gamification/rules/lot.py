"""Lots: what postings put into them and take out of them, within the rules of their unit."""

from datetime import datetime
from typing import NamedTuple, assert_never

from msgspec.structs import replace

from gamification import lots
from gamification.commands import is_command
from gamification.days import day_starts, plus_days
from gamification.definition.compiled import Negative, Unit
from gamification.draft import Draft, subject_text
from gamification.facts import Activity
from gamification.ledger import Granted, Room, capped, later
from gamification.lots import Lot, Lots, Moved, Portions
from gamification.quantity import add
from gamification.state import Account
from gamification.windows import Calendar, day_at

SHORTFALL = "shortfall"
"""What limited a posting that was to take more than there was."""


# ------------------------------------------------------------------------------------ reading


def are_kept(unit: Unit, account: Account) -> bool:
    """Whether the account consists of lots: by its unit's rules, or by those of an earlier
    version, whose promises are kept."""
    return unit.lots is not None or account.lots is not None


class AccountAt(NamedTuple):
    """What an account consists of at a moment; there are no `lots` where none are kept."""

    portions: Portions
    lots: Lots


def account_at(unit: Unit, account: Account | None, at: datetime, calendar: Calendar) -> AccountAt:
    """An account (None: not opened yet) as a moment finds it."""
    if account is None:
        return AccountAt(Portions(unit.start, 0, 0, 0), Lots())
    if not are_kept(unit, account):
        return AccountAt(Portions(account.balance, 0, 0, 0), Lots())
    kept = _lots_of(account)
    kept = lots.current(kept, at, disused_at=disused_at(unit, kept, calendar))
    return AccountAt(lots.portions(kept, at), kept)


def spendable_at(unit: Unit, account: Account | None, at: datetime, calendar: Calendar) -> int:
    """How much can be spent at a moment: nothing is spent on credit, or below the floor."""
    available = account_at(unit, account, at, calendar).portions.available
    return max(0, available - max(0, unit.minimum or 0))


def least_of(unit: Unit) -> int | None:
    """How far a balance may fall by what is taken; None where there is no end."""
    if unit.lots is None:
        return unit.minimum
    return None if unit.lots.negative is Negative.ALLOW else 0


def disused_at(unit: Unit, kept: Lots, calendar: Calendar) -> datetime | None:
    """When all points expire unless the account is used; None where that is not how they do."""
    expiry = None if unit.lots is None else unit.lots.expiry
    if expiry is None or not expiry.by_disuse or kept.used_at is None:
        return None
    return expiry.moment(kept.used_at, calendar)


# ---------------------------------------------------------------------------------- due by time


def due_by(unit: Unit, account: Account, now: datetime, calendar: Calendar) -> datetime | None:
    """The first moment since which something has expired or timed out that is not entered yet."""
    passed = [moment for moment in _endings(unit, account, calendar) if moment <= now]
    return min(passed, default=None)


def due_next(
    unit: Unit, account: Account, calendar: Calendar, *, warned_until: datetime | None = None
) -> datetime | None:
    """When a duty has to look at the account next; warnings up to a moment have been given."""
    warnings = [warns_at for warns_at, _ in _warnings(unit, account, calendar)]
    later = [each for each in warnings if warned_until is None or each > warned_until]
    return min([*later, *_endings(unit, account, calendar)], default=None)


def warned_by(
    unit: Unit, account: Account, now: datetime, calendar: Calendar
) -> list[tuple[datetime, int]]:
    """What is going to expire so soon that its member is to be told: moments and amounts."""
    kept = account_at(unit, account, now, calendar).lots
    return [
        (moment, sum(lot.amount for lot in kept.open if lot.expires_at == moment))
        for warns_at, moment in _warnings(unit, account, calendar)
        if warns_at <= now < moment
    ]


def _endings(unit: Unit, account: Account, calendar: Calendar) -> list[datetime]:
    """When lots expire and holds time out."""
    if account.lots is None:
        return []
    return [*_expiries(unit, account, calendar), *(hold.until for hold in account.lots.holds)]


def _warnings(unit: Unit, account: Account, calendar: Calendar) -> list[tuple[datetime, datetime]]:
    """When it is to be announced that lots expire, and when they do."""
    expiry = None if unit.lots is None else unit.lots.expiry
    if expiry is None or expiry.warn_days is None:
        return []
    days, zone = -expiry.warn_days, calendar.zone
    return [
        (day_starts(plus_days(day_at(moment, calendar), days), zone), moment)
        for moment in _expiries(unit, account, calendar)
    ]


def _expiries(unit: Unit, account: Account, calendar: Calendar) -> list[datetime]:
    if account.lots is None or not account.lots.open:
        return []
    disused = disused_at(unit, account.lots, calendar)
    moments = {lot.expires_at or disused for lot in account.lots.open}
    return sorted(moment for moment in moments if moment is not None)


# ------------------------------------------------------------------------------------ posting


def receive(
    draft: Draft, unit: Unit, account: Account, requested: int, rooms: tuple[Room, ...]
) -> Granted:
    """Add to an account within the caps, or take what an earning rule takes: what is available
    first, then what is pending."""
    granted, limited_by = capped(requested, rooms)
    if granted < 0:
        return take(draft, unit, account, -granted, pending_too=True)
    if not granted:
        return Granted(0, limited_by, account)
    kept = used(draft, unit, account)
    moved = lots.put_in(kept, _lot(draft, unit, granted))
    after = moved_to(draft, account, moved, has_fallen=kept.debt > 0)
    return Granted(granted, limited_by, after, moved.allocations)


def take(
    draft: Draft, unit: Unit, account: Account, amount: int, *, pending_too: bool = False
) -> Granted:
    """Take from an account, what expires soonest first. What is not there is owed, or let go."""
    paid = freed(draft, unit, account)
    out = lots.take_out(paid.lots, amount, draft.activity.occurred_at, pending_too=pending_too)
    moved = Moved(out.lots, (*paid.allocations, *out.allocations))
    return short(draft, unit, account, moved, missing=amount + moved.amount)


def short(draft: Draft, unit: Unit, account: Account, moved: Moved, *, missing: int) -> Granted:
    """What a posting that took points comes to, when some were not there."""
    limited_by = ""
    if missing:
        match _negative(unit):
            case Negative.ALLOW:
                moved = lots.into_debt(moved, missing)
            case Negative.WITHIN_BALANCE | Negative.ONLY_PENDING:
                limited_by = SHORTFALL
            case _ as never:
                assert_never(never)
    after = moved_to(draft, account, moved, has_fallen=True)
    return Granted(moved.amount, limited_by, after, moved.allocations)


def moved_to(draft: Draft, account: Account, moved: Moved, *, has_fallen: bool) -> Account:
    """The account after a movement. `has_fallen`: the order of what comes later matters."""
    at = draft.activity.occurred_at
    return Account(
        add(account.balance, moved.amount),
        later(account.debited_at, at) if has_fallen else account.debited_at,
        account.clamped_at,
        moved.lots,
    )


def used(draft: Draft, unit: Unit, account: Account) -> Lots:
    """The lots as a use of the account finds them, which is its last use from then on."""
    kept, at, calendar = _lots_of(account), draft.activity.occurred_at, draft.program.calendar
    rules = unit.lots
    if rules is None:
        return kept
    if rules.pending is not None and rules.pending.lasts is not None:
        kept = lots.matured(kept, at)
    if rules.expiry is None or not rules.expiry.by_disuse:
        return kept
    ends = disused_at(unit, kept, calendar)
    if ends is not None and ends <= at:
        return replace(lots.dated(kept, ends), used_from=at, used_at=at)
    return replace(kept, used_from=kept.used_from or at, used_at=later(kept.used_at, at))


def freed(draft: Draft, unit: Unit, account: Account) -> Moved:
    """The lots as something that takes from them finds them: with timed-out holds given up, and
    debts paid that could not be paid when they were made."""
    kept, at = used(draft, unit, account), draft.activity.occurred_at
    kept = lots.matured(kept, at)
    ended = lots.timed_out(kept, at)
    if ended:
        kept = lots.without_holds(kept, ended)
        draft.change_lots(unit.key, replace(account, lots=kept), ended=ended)
    return lots.pay_debt(kept, at) if kept.debt else Moved(kept, ())


def takes_late(unit: Unit, account: Account, activity: Activity, calendar: Calendar) -> bool:
    """Whether points that come late go into the lots as they would have in their turn."""
    kept, at = account.lots, activity.occurred_at
    if account.debited_at is not None and account.debited_at >= at:
        return False
    if unit.lots is None or kept is None:
        return kept is not None
    expiry, pending = unit.lots.expiry, unit.lots.pending
    if expiry is not None and expiry.by_disuse:
        # Within the running stretch of use: it neither begins one, nor joins two.
        return kept.used_from is not None and kept.used_from <= at
    # What has expired on its arrival, a sweep may have taken before: one that a retraction has
    # left without effect since has no trace in the account, and still its place in the order.
    if expiry is not None and _is_past(expiry.moment(at, calendar), activity):
        return False
    if pending is None:
        return True
    matures_at = pending.matures_at(at, calendar)
    return matures_at is not None and (kept.matured_at is None or kept.matured_at < matures_at)


# -------------------------------------------------------------------------------------- below


def _is_past(moment: datetime | None, activity: Activity) -> bool:
    return moment is not None and moment <= activity.received_at


def _lots_of(account: Account) -> Lots:
    return lots.opened(account.balance) if account.lots is None else account.lots


def _negative(unit: Unit) -> Negative:
    if unit.lots is not None:
        return unit.lots.negative
    return Negative.ALLOW if unit.minimum is None else Negative.WITHIN_BALANCE


def _lot(draft: Draft, unit: Unit, amount: int) -> Lot:
    """The lot of points that come because of the draft's activity.

    What a command gives is not pending: somebody has decided it.
    """
    rules, activity, calendar = unit.lots, draft.activity, draft.program.calendar
    if rules is None:
        return Lot(amount)
    at = activity.occurred_at
    expires_at = matures_at = None
    awaits = ""
    if rules.expiry is not None and not rules.expiry.by_disuse:
        expires_at = rules.expiry.moment(at, calendar)
    if rules.pending is not None and not is_command(activity.type):
        matures_at = rules.pending.matures_at(at, calendar)
        if rules.pending.until:
            awaits = subject_text(activity.properties.get(rules.pending.per)) or ""
    return Lot(amount, expires_at, matures_at, awaits)
