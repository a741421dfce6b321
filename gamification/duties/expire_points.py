"""What time does to points is entered in the ledger, and members are told of it, also before."""

from collections.abc import Sequence
from datetime import datetime

from gamification.commands import CommandType, NewCommand
from gamification.live import Bus, Changes
from gamification.outcomes import Notice, members_of
from gamification.point_notices import expiring
from gamification.ports import Store, Writing
from gamification.program import Program
from gamification.rules.lot import due_by, due_next, warned_by
from gamification.state import Account, AccountKey
from gamification.use_cases.record_activities import record_activities

PAGE = 500


async def expire_points(store: Store, bus: Bus, program: Program, *, now: datetime) -> int:
    """Look at every account that has come due; how many entries and warnings that brought.

    Expired points and timed-out holds are commands, whose keys name the moment that was due.
    Balances are the same before and after: what time does is worked out when they are read.
    """
    reading = store.reading(program.record)
    count, after = 0, None
    while page := await reading.due_accounts(now, after=after, limit=PAGE):
        keys = [place.account for place in page]
        count += await _enter(store, bus, program, keys, now)
        count += await _warn(store, bus, program, keys, now)
        after = page[-1]
        if len(page) < PAGE:
            break
    return count


async def _enter(
    store: Store, bus: Bus, program: Program, keys: Sequence[AccountKey], now: datetime
) -> int:
    """Record that something has expired or timed out, where it has."""
    reading = store.reading(program.record)
    ids = {key.member for key in keys}
    accounts, members = await reading.accounts(ids), await reading.members(ids)
    commands: list[NewCommand] = []
    for key in keys:
        due = _due(program, key, accounts.get(key), now)
        if due is not None:
            name = f"due {key.unit} {key.member} {due.isoformat()}"
            properties = {"unit": key.unit}
            commands.append(
                NewCommand(
                    members[key.member].external_id,
                    CommandType.POINTS_EXPIRED,
                    0,
                    properties,
                    key=name,
                )
            )
    if commands:
        await record_activities(store, bus, program, commands, now=now, new_key=_no_key)
    return len(commands)


def _due(
    program: Program, key: AccountKey, account: Account | None, now: datetime
) -> datetime | None:
    unit = program.rules.units.get(key.unit)
    if unit is None or account is None:
        return None
    return due_by(unit, account, now, program.rules.calendar)


async def _warn(
    store: Store, bus: Bus, program: Program, keys: Sequence[AccountKey], now: datetime
) -> int:
    """Tell whose points are going to expire soon, and note when to look at each account next."""
    async with store.writing(program.record) as writing:
        await writing.lock_members_by_id({key.member for key in keys})
        notices = await writing.add_notices(await _looked_at(writing, program, keys, now))
    if notices:
        told = members_of(notices)
        bus.publish(Changes(program.id, told, frozenset(), tuple(notices)))
    return len(notices)


async def _looked_at(
    writing: Writing, program: Program, keys: Sequence[AccountKey], now: datetime
) -> list[Notice]:
    calendar, accounts = program.rules.calendar, await writing.accounts(keys)
    due: dict[AccountKey, datetime | None] = {}
    notices: list[Notice] = []
    for key in keys:
        unit, account = program.rules.units.get(key.unit), accounts.get(key)
        if unit is None or account is None:  # a unit that the rules have dropped
            due[key] = None
            continue
        due[key] = due_next(unit, account, calendar, warned_until=now)
        for expires_at, amount in warned_by(unit, account, now, calendar):
            notices.append(expiring(key.member, key.unit, amount, at=now, expires_at=expires_at))
    await writing.put_due(due)
    return notices


def _no_key() -> str:
    raise AssertionError("what is due has a name")
