"""Accounts: how much of what was asked is granted, and what that makes of the balance."""

from datetime import datetime

from msgspec import Struct

from gamification.lots import Allocation
from gamification.quantity import add
from gamification.state import Account


class Room(Struct, frozen=True, gc=False):
    """How much a cap, or a budget, still lets through, in ten-thousandths."""

    cap: str
    left: int
    kind: str = "cap"


class Granted(Struct, frozen=True, gc=False):
    """What a request came to. `limited_by` is "cap/<key>", "budget/<key>", "floor", "shortfall"
    (there was not so much to take), or "" for nothing."""

    amount: int
    limited_by: str
    account: Account
    allocations: tuple[Allocation, ...] = ()


def post(
    account: Account,
    requested: int,
    *,
    at: datetime,
    rooms: tuple[Room, ...] = (),
    minimum: int | None = None,
) -> Granted:
    """Add to an account (or take from it) within the caps and above the floor.

    Caps limit what is given and never what is taken; the floor limits what is taken. Raises
    `OutOfRange` when the balance would leave the range the system counts in.
    """
    granted, limited_by = capped(requested, rooms)
    if granted < 0 and minimum is not None and account.balance + granted < minimum:
        granted, limited_by = min(0, minimum - account.balance), "floor"
    return Granted(
        granted,
        limited_by,
        Account(
            add(account.balance, granted),
            later(account.debited_at, at) if requested < 0 else account.debited_at,
            later(account.clamped_at, at) if limited_by == "floor" else account.clamped_at,
        ),
    )


def capped(requested: int, rooms: tuple[Room, ...]) -> tuple[int, str]:
    """What the caps leave of a request, and the one that had the last say."""
    granted, limited_by = requested, ""
    for room in rooms:
        if requested > 0 and room.left < granted:
            granted, limited_by = max(0, room.left), f"{room.kind}/{room.cap}"
    return granted, limited_by


def later(known: datetime | None, at: datetime) -> datetime:
    """The later of two times, one of which may be unknown."""
    return at if known is None or at > known else known
