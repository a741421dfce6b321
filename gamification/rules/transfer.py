"""Transfers: points that a member gives to another, and conversions into points of another unit.

Neither is earned. Points keep their expiry when they change hands: passing them around does not
make them live longer.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from gamification import lots
from gamification.definition.compiled import CompiledProgram, TransferLimit, Unit
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.ids import MemberId
from gamification.ledger import Granted, post
from gamification.lots import Allocation, Lot, Moved
from gamification.metrics import TOTAL
from gamification.quantity import parse, to_text
from gamification.refusals import LimitReached
from gamification.rules import spending
from gamification.rules.earning import enter, opened
from gamification.rules.lot import are_kept, moved_to, receive, used
from gamification.rules.spending import give_up, unit_of
from gamification.state import Account, State, Tally, TallyKey
from gamification.windows import Calendar, key_at, window_at

SENT = "transfer/sent"
RECEIVED = "transfer/received"


class Allowance(NamedTuple):
    """What a member may still give within one limit (`left`, never less than 0), until it begins
    anew."""

    limit: TransferLimit
    left: int
    renews_at: datetime


def given_of(
    member: MemberId, unit: Unit, at: datetime, calendar: Calendar
) -> list[tuple[TransferLimit, TallyKey]]:
    """The limits of a unit, each with the tally of what a member has given in its window."""
    limits = () if unit.transfers is None else unit.transfers.limits
    return [
        (limit, TallyKey(member, f"sent:{unit.key}", key_at(limit.per, at, calendar) or "", ""))
        for limit in limits
    ]


def allowance(
    limit: TransferLimit, given: Tally | None, at: datetime, calendar: Calendar
) -> Allowance:
    """What a limit leaves at a moment to a member who has given so much in its window."""
    window = window_at(limit.per, at, calendar)
    assert window is not None, "the calendar has no gaps"
    assert window.ends_at is not None, "units of the calendar end"
    left = limit.most - (0 if given is None else given.value)
    return Allowance(limit, max(0, left), window.ends_at)


def numbers_read(program: CompiledProgram, command: Activity) -> list[TallyKey]:
    """What the member has given so far, as the limits of the command's time ask for it."""
    unit = program.units.get(unit_of(command))
    if unit is None:
        return []
    found = given_of(command.member, unit, command.occurred_at, program.calendar)
    return list(dict.fromkeys(key for _, key in found))


def accept_sending(program: CompiledProgram, state: State, command: Activity) -> None:
    """Refuse to give more than is available, or than the limits leave."""
    spending.accept(program, state, command)
    at, calendar = command.occurred_at, program.calendar
    given = given_of(command.member, program.units[unit_of(command)], at, calendar)
    found = [allowance(limit, state.tallies.get(key), at, calendar) for limit, key in given]
    # Of those that leave as little, the one that lasts longest: until then there is no more.
    tightest = max(found, key=lambda each: (-each.left, each.renews_at), default=None)
    if tightest is None or command.value <= tightest.left:
        return
    limit, left, renews_at = tightest
    until = f"{renews_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    message = (
        f"{to_text(left)} can still be given before {until}, not {to_text(command.value)}: "
        f"at most {to_text(limit.most)} in a {limit.per.unit.value}."
    )
    raise LimitReached(message, field=("amount",))


def units_converted(command: Activity) -> tuple[str, str]:
    """The unit that a conversion takes from, and the one it gives to."""
    return unit_of(command), str(command.properties["to"])


def converted(amount: int, *, take: int, give: int) -> int:
    """What an amount comes to at so many for so many, rounded down to a ten-thousandth."""
    return amount * give // take


def send(draft: Draft) -> None:
    """Take from the one."""
    command = draft.activity
    give_up(draft, unit_of(command), command.value, rule=SENT)
    for key in numbers_read(draft.program, command):
        draft.count(key, TOTAL, command.value)


def receive_sent(draft: Draft) -> None:
    """Give to the other, in the lots in which they were taken."""
    command = draft.activity
    unit = draft.program.units.get(unit_of(command))
    if unit is None:
        return
    account = opened(draft, unit)
    if not are_kept(unit, account):
        result = post(account, command.value, at=command.occurred_at)
    else:
        moved, debt = Moved(used(draft, unit, account), ()), 0
        for lot in lots_in(str(command.properties["lots"])):
            debt = max(debt, moved.lots.debt)
            more = lots.put_in(moved.lots, lot)
            moved = Moved(more.lots, (*moved.allocations, *more.allocations))
        after: Account = moved_to(draft, account, moved, has_fallen=debt > 0)
        result = Granted(moved.amount, "", after, moved.allocations)
    enter(draft, unit, command.value, result, rule=RECEIVED)


def convert(draft: Draft) -> None:
    """Take of the one unit, and give of the other, at the rate that was agreed then."""
    command = draft.activity
    source, target = units_converted(command)
    take, give = (parse(str(command.properties[name])) for name in ("take", "give"))
    give_up(draft, source, command.value, rule=f"convert/{target}")
    unit, amount = draft.program.units.get(target), converted(command.value, take=take, give=give)
    if unit is None or not amount:
        return
    account = opened(draft, unit)
    if are_kept(unit, account):
        result = receive(draft, unit, account, amount, ())
    else:
        result = post(account, amount, at=command.occurred_at)
    enter(draft, unit, amount, result, rule=f"convert/{source}")


def lots_out(allocations: Iterable[Allocation], amount: int) -> str:
    """The lots that a spending took, as a command keeps them; one lot where none are kept.

    A debt that was paid on the way came out of the lots before.
    """
    parts: list[tuple[str, str | None]] = []
    left = amount
    for each in reversed(list(allocations)):
        part = 0 if each.is_debt else min(left, -each.amount)
        if part > 0:
            until = None if each.expires_at is None else each.expires_at.isoformat()
            parts.append((to_text(part), until))
            left -= part
    if left:
        parts.append((to_text(left), None))
    return json.dumps(parts[::-1])


def lots_in(text: str) -> list[Lot]:
    """What `lots_out` wrote."""
    return [
        Lot(parse(amount), None if until is None else datetime.fromisoformat(until))
        for amount, until in json.loads(text)
    ]
