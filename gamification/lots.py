"""Lots: which points of an account expire when, which are not available yet, and which are held.

Points that mature and expire at the same moments are interchangeable, so a lot is the sum of all
such points of an account. Nothing here changes by time alone: what has expired or matured at a
moment is asked with the moment (docs/decisions/0015-lots-are-part-of-the-account.md).
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

_FOREVER = datetime.max.replace(tzinfo=UTC)


class Lot(Struct, frozen=True, gc=False):
    """Points that expire together (None: never) and mature together (None: available at once).

    Points that `awaits` names something for are pending until an activity about it says otherwise.
    """

    amount: int
    expires_at: datetime | None = None
    matures_at: datetime | None = None
    awaits: str = ""

    def is_expired(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at

    def is_pending(self, at: datetime) -> bool:
        return bool(self.awaits) or (self.matures_at is not None and self.matures_at > at)

    def is_free(self, at: datetime) -> bool:
        """Whether it can be spent."""
        return not self.is_expired(at) and not self.is_pending(at)


class Hold(Struct, frozen=True, gc=False):
    """Points put aside until they are captured, released, or `until` has come.

    `short` is what could not be put aside, because history had become another one.
    """

    key: str
    until: datetime
    lots: tuple[Lot, ...]
    short: int = 0

    @property
    def amount(self) -> int:
        """What may be captured."""
        return _sum(self.lots) + self.short


class Lots(Struct, frozen=True, gc=False):
    """All lots of an account, in the order in which they are spent; no two alike, none empty.

    `debt` is what was taken and was not there: the balance is all lots less the debt.
    `matured_at` is up to when lots that matured have been joined with those that were available.
    `used_from` and `used_at` are the first and last use of the account without a break: only kept
    where points expire by disuse.
    """

    open: tuple[Lot, ...] = ()
    holds: tuple[Hold, ...] = ()
    debt: int = 0
    matured_at: datetime | None = None
    used_from: datetime | None = None
    used_at: datetime | None = None

    @property
    def balance(self) -> int:
        """The sum of it all, expired lots included as long as nobody has entered their expiry."""
        return _sum(self.open) + sum(_sum(hold.lots) for hold in self.holds) - self.debt


class Allocation(Struct, frozen=True, gc=False):
    """The part of an entry that went into a lot, or (below 0) came out of one.

    `is_debt`: it made a debt (below 0) or paid one.
    """

    amount: int
    expires_at: datetime | None = None
    is_debt: bool = False


class Moved(NamedTuple):
    """Lots after something went in or came out, and the allocations that tell what."""

    lots: Lots
    allocations: tuple[Allocation, ...]

    @property
    def amount(self) -> int:
        return sum(each.amount for each in self.allocations)


class Portions(NamedTuple):
    """A balance at a moment: `available` + `pending` + `held` is what the member has.

    `available` is less than 0 where a debt is larger than what could be spent. `expired` is what is
    still in the ledger though it has expired.
    """

    available: int
    pending: int
    held: int
    expired: int

    @property
    def balance(self) -> int:
        return self.available + self.pending + self.held


def opened(balance: int) -> Lots:
    """The lots of an account that had none: its balance, available, and never to expire."""
    if balance < 0:
        return Lots(debt=-balance)
    return Lots((Lot(balance),)) if balance else Lots()


def portions(lots: Lots, at: datetime) -> Portions:
    """What the account consists of at a moment, once `current` has been applied."""
    available = pending = expired = 0
    for lot in lots.open:
        if lot.is_expired(at):
            expired += lot.amount
        elif lot.is_pending(at):
            pending += lot.amount
        else:
            available += lot.amount
    held = sum(_sum(hold.lots) for hold in lots.holds)
    return Portions(available - lots.debt, pending, held, expired)


def expired_unentered(lots: Lots, at: datetime) -> int:
    """What had expired by a moment and is still there, because its expiry is not entered yet."""
    return sum(lot.amount for lot in lots.open if lot.is_expired(at))


# ------------------------------------------------------------------------------ what time does


def current(lots: Lots, at: datetime, *, disused_at: datetime | None = None) -> Lots:
    """The lots at a moment: holds that have timed out are free again, and lots without an expiry
    of their own expire when the account falls into disuse (None: they do not)."""
    if any(hold.until <= at for hold in lots.holds):
        lots = without_holds(lots, timed_out(lots, at))
    return lots if disused_at is None else dated(lots, disused_at)


def timed_out(lots: Lots, at: datetime) -> tuple[Hold, ...]:
    """The holds whose time is over."""
    return tuple(hold for hold in lots.holds if hold.until <= at)


def without_holds(lots: Lots, holds: Iterable[Hold]) -> Lots:
    """The lots once these holds are given up."""
    gone = {hold.key: hold for hold in holds}
    freed = [lot for hold in gone.values() for lot in hold.lots]
    kept = tuple(hold for hold in lots.holds if hold.key not in gone)
    return replace(lots, open=joined([*lots.open, *freed]), holds=kept)


def dated(lots: Lots, expires_at: datetime) -> Lots:
    """The lots, with an expiry for those that have none."""
    if all(lot.expires_at is not None for lot in lots.open):
        return lots
    found = [
        lot if lot.expires_at is not None else replace(lot, expires_at=expires_at)
        for lot in lots.open
    ]
    return replace(lots, open=joined(found))


def matured(lots: Lots, at: datetime) -> Lots:
    """The lots with those joined that are available by now: their beginnings mean nothing more."""
    until = at if lots.matured_at is None else max(at, lots.matured_at)
    found = [
        replace(lot, matures_at=None)
        if lot.matures_at is not None and lot.matures_at <= until
        else lot
        for lot in lots.open
    ]
    return replace(lots, open=joined(found), matured_at=until)


def released(lots: Lots, subject: str) -> Lots:
    """The lots with those available that waited for this."""
    found = [replace(lot, awaits="") if lot.awaits == subject else lot for lot in lots.open]
    return replace(lots, open=joined(found))


# ------------------------------------------------------------------------------- in and out


def put_in(lots: Lots, lot: Lot) -> Moved:
    """Add points. A debt is paid first."""
    paid = min(lots.debt, lot.amount)
    allocations: list[Allocation] = []
    if paid:
        lots = replace(lots, debt=lots.debt - paid)
        allocations.append(Allocation(paid, is_debt=True))
    if lot.amount > paid:
        rest = replace(lot, amount=lot.amount - paid)
        lots = replace(lots, open=joined([*lots.open, rest]))
        allocations.append(Allocation(rest.amount, lot.expires_at))
    return Moved(lots, tuple(allocations))


def take_out(lots: Lots, amount: int, at: datetime, *, pending_too: bool = False) -> Moved:
    """Take points, or as many as there are: what expires soonest first.

    `pending_too`: once nothing is available, also from what is pending.
    """
    chosen, _ = _chosen(lots.open, amount, at, pending_too=pending_too)
    return Moved(replace(lots, open=_less(lots.open, chosen)), _taken(chosen))


def pay_debt(lots: Lots, at: datetime) -> Moved:
    """Pay what is owed with what has become available since."""
    paid = take_out(lots, lots.debt, at)
    if not paid.amount:
        return Moved(lots, ())
    rest = replace(paid.lots, debt=lots.debt + paid.amount)
    return Moved(rest, (*paid.allocations, Allocation(-paid.amount, is_debt=True)))


def take_expired(lots: Lots, at: datetime) -> list[tuple[datetime, Moved]]:
    """Take what has expired, moment by moment; the lots of each are those after it."""
    found: list[tuple[datetime, Moved]] = []
    for moment in sorted({lot.expires_at for lot in lots.open if lot.expires_at is not None}):
        if moment > at:
            break
        gone = [lot for lot in lots.open if lot.expires_at == moment]
        lots = replace(lots, open=tuple(lot for lot in lots.open if lot.expires_at != moment))
        found.append((moment, Moved(lots, (Allocation(-_sum(gone), moment),))))
    return found


def into_debt(moved: Moved, amount: int) -> Moved:
    """What is missing is owed."""
    lots = replace(moved.lots, debt=moved.lots.debt + amount)
    return Moved(lots, (*moved.allocations, Allocation(-amount, is_debt=True)))


# ------------------------------------------------------------------------------------- holds


def put_aside(lots: Lots, hold: str, amount: int, *, at: datetime, until: datetime) -> Lots:
    """Hold points back, what expires soonest first, or as many as there are."""
    chosen, short = _chosen(lots.open, amount, at, pending_too=False)
    held = Hold(hold, until, joined(chosen), short)
    kept = tuple(sorted((*lots.holds, held), key=lambda each: each.key))
    return replace(lots, open=_less(lots.open, chosen), holds=kept)


def hold_of(lots: Lots, key: str) -> Hold | None:
    """The hold of that name, if there is one."""
    return next((hold for hold in lots.holds if hold.key == key), None)


def take_held(lots: Lots, hold: Hold, amount: int) -> tuple[Moved, int]:
    """Take points that are held; how many of them were never there comes with it.

    The rest stays held; a hold of which nothing is left ends.
    """
    chosen, missing = _chosen(hold.lots, amount, None, pending_too=False)
    rest = replace(hold, lots=_less(hold.lots, chosen), short=hold.short - missing)
    kept = tuple(
        rest if each.key == hold.key else each
        for each in lots.holds
        if each.key != hold.key or rest.amount
    )
    return Moved(replace(lots, holds=kept), _taken(chosen)), missing


# ------------------------------------------------------------------------------------- below


def joined(lots: Iterable[Lot]) -> tuple[Lot, ...]:
    """Lots in the order in which they are spent, like ones made one."""
    sums: dict[tuple[datetime, datetime | None, str], int] = {}
    for lot in lots:
        name = lot.expires_at or _FOREVER, lot.matures_at, lot.awaits
        sums[name] = sums.get(name, 0) + lot.amount
    return tuple(
        Lot(amount, None if expires_at is _FOREVER else expires_at, matures_at, awaits)
        for (expires_at, matures_at, awaits), amount in sorted(sums.items(), key=_spent_order)
        if amount
    )


def _spent_order(
    item: tuple[tuple[datetime, datetime | None, str], int],
) -> tuple[datetime, str, bool, datetime]:
    (expires_at, matures_at, awaits), _ = item
    return expires_at, awaits, matures_at is not None, matures_at or _FOREVER


def _chosen(
    lots: Iterable[Lot], amount: int, at: datetime | None, *, pending_too: bool
) -> tuple[list[Lot], int]:
    """Parts of lots that together come to the amount, and what is missing.

    `at` None: whatever has become of them.
    """
    there = list(lots)
    ways = [there] if at is None else [[lot for lot in there if lot.is_free(at)]]
    if pending_too and at is not None:
        ways.append([lot for lot in there if lot.is_pending(at) and not lot.is_expired(at)])
    chosen: list[Lot] = []
    for lot in (lot for way in ways for lot in way):
        part = min(lot.amount, amount)
        if part > 0:
            chosen.append(replace(lot, amount=part))
            amount -= part
    return chosen, amount


def _less(lots: Iterable[Lot], taken: Iterable[Lot]) -> tuple[Lot, ...]:
    return joined([*lots, *(replace(lot, amount=-lot.amount) for lot in taken)])


def _taken(chosen: Iterable[Lot]) -> tuple[Allocation, ...]:
    """What came out, by expiry."""
    sums: dict[datetime | None, int] = {}
    for lot in chosen:
        sums[lot.expires_at] = sums.get(lot.expires_at, 0) - lot.amount
    return tuple(Allocation(amount, expires_at) for expires_at, amount in sums.items())


def _sum(lots: Iterable[Lot]) -> int:
    return sum(lot.amount for lot in lots)
