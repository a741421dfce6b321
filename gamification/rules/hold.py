"""Holds: points put aside for something under way, then captured, released, or free by time."""

from datetime import datetime
from typing import Literal, assert_never

from msgspec.structs import replace

from gamification import lots
from gamification.commands import CommandType
from gamification.days import day_starts, plus_days
from gamification.definition.compiled import CompiledProgram, Unit
from gamification.draft import Draft
from gamification.facts import Activity
from gamification.ledger import later
from gamification.lots import Hold, Moved
from gamification.quantity import to_text
from gamification.refusals import Inapplicable, InsufficientPoints, InvalidInput, NotFound
from gamification.rules.earning import enter, opened
from gamification.rules.lot import account_at, freed, short
from gamification.rules.spending import check_spendable, unit_of
from gamification.state import AccountKey, State
from gamification.windows import Calendar, day_at

RULE = "capture"
"""The rule named by the postings of held points that were taken."""


def until_of(unit: Unit, command: Activity, calendar: Calendar) -> datetime:
    """When a hold times out: as it says, or as late as the unit's rules let it."""
    until = command.properties.get("until")
    return datetime.fromisoformat(str(until)) if until else _latest(unit, command, calendar)


def carry_out(
    type_: Literal[
        CommandType.POINTS_HELD, CommandType.POINTS_CAPTURED, CommandType.POINTS_RELEASED
    ],
    draft: Draft,
) -> None:
    """Place, capture or release a hold."""
    match type_:
        case CommandType.POINTS_HELD:
            place(draft)
        case CommandType.POINTS_CAPTURED:
            capture(draft)
        case CommandType.POINTS_RELEASED:
            release_hold(draft)
        case _:
            assert_never(type_)


def accept_hold(program: CompiledProgram, state: State, command: Activity) -> None:
    """Refuse to hold what is not available, or longer than the unit's rules let it."""
    check_spendable(program, state, command, unit_of(command))
    unit = program.units[unit_of(command)]
    if unit.lots is None or unit.lots.holds is None:
        raise Inapplicable("These points cannot be held.", field=("unit",))
    latest = _latest(unit, command, program.calendar)
    if not command.occurred_at < until_of(unit, command, program.calendar) <= latest:
        message = f"A hold placed now ends later than now, and by {latest.isoformat()}."
        raise InvalidInput(message, field=("until",))


def place(draft: Draft) -> None:
    """Put the points aside. In a replay there may be fewer: the rest is missing at the capture."""
    command, unit = draft.activity, draft.program.units.get(unit_of(draft.activity))
    if unit is None or unit.lots is None:
        return
    at = command.occurred_at
    account = opened(draft, unit)
    kept = freed(draft, unit, account).lots
    until = until_of(unit, command, draft.program.calendar)
    kept = lots.put_aside(kept, command.key, command.value, at=at, until=until)
    fallen = later(account.debited_at, at)
    draft.change_lots(unit.key, replace(account, lots=kept, debited_at=fallen))


def accept_end(program: CompiledProgram, state: State, command: Activity) -> None:
    """Refuse to capture or release a hold that has ended, or more than it has."""
    hold = _held(program, state, command)
    if hold is None:
        message = "There is no such hold any more: it was captured, released, or has timed out."
        raise NotFound(message, field=("hold",))
    if not command.properties.get("all") and command.value > hold.amount:
        message = f"{to_text(hold.amount)} are held, not {to_text(command.value)}."
        raise InsufficientPoints(message, field=("amount",))


def capture(draft: Draft) -> None:
    """Take points that are held. The rest stays held, unless it is said to be released."""
    command, unit = draft.activity, draft.program.units.get(unit_of(draft.activity))
    if unit is None:
        return
    account = opened(draft, unit)
    paid = freed(draft, unit, account)
    hold = lots.hold_of(paid.lots, str(command.properties["hold"]))
    if hold is None:
        return
    amount = min(command.value, hold.amount)
    taken, missing = lots.take_held(paid.lots, hold, amount)
    moved = Moved(taken.lots, (*paid.allocations, *taken.allocations))
    result = short(draft, unit, account, moved, missing=missing)
    enter(draft, unit, -amount, result, rule=RULE)
    if command.properties.get("release_rest"):
        _give_up(draft, unit, hold.key)


def release_hold(draft: Draft) -> None:
    """Make the points available again."""
    unit = draft.program.units.get(unit_of(draft.activity))
    if unit is not None:
        _give_up(draft, unit, str(draft.activity.properties["hold"]))


def _give_up(draft: Draft, unit: Unit, key: str) -> None:
    account = draft.account(AccountKey(draft.activity.member, unit.key))
    hold = None if account is None or account.lots is None else lots.hold_of(account.lots, key)
    if account is not None and account.lots is not None and hold is not None:
        kept = lots.without_holds(account.lots, (hold,))
        draft.change_lots(unit.key, replace(account, lots=kept), ended=(hold,))


def _held(program: CompiledProgram, state: State, command: Activity) -> Hold | None:
    unit = program.units.get(unit_of(command))
    if unit is None:
        return None
    account = state.accounts.get(AccountKey(command.member, unit.key))
    now = account_at(unit, account, command.occurred_at, program.calendar)
    return lots.hold_of(now.lots, str(command.properties["hold"]))


def _latest(unit: Unit, command: Activity, calendar: Calendar) -> datetime:
    assert unit.lots is not None
    day = day_at(command.occurred_at, calendar)
    day = day if unit.lots.holds is None else unit.lots.holds.after(day)
    return day_starts(plus_days(day, 1), calendar.zone)
