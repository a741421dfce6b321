"""A member gives points to another: two facts in one transaction, both or none."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from gamification.admission import Admission, check_unit
from gamification.commands import CommandType, NewCommand
from gamification.live import Bus, Changes
from gamification.outcomes import PointsEarned
from gamification.ports import Member, Store, Writing
from gamification.program import Program
from gamification.quantity import to_text
from gamification.refusals import Inapplicable, InvalidInput, NotFound, Refusal
from gamification.rules.transfer import SENT, lots_out
from gamification.use_cases.record_activities import Batch
from gamification.use_cases.recorded import Recorded
from gamification.use_cases.settling import settle
from gamification.use_cases.spend_points import positive, reasoned

KEY_LENGTH_MAX = 180
"""Of a transfer's key: that of the other fact is longer by a few letters."""


class Transfer(NamedTuple):
    """A checked wish to give points."""

    sender: str
    receiver: str
    unit: str
    amount: int
    reason: dict[str, str]
    key: str


class Transferred(NamedTuple):
    """What was recorded of the one who gave and of the one who got."""

    sent: Recorded
    received: Recorded


def transfer(
    program: Program,
    *,
    sender: str,
    receiver: str,
    unit: str,
    amount: str,
    reason: str | None,
    key: str,
) -> Transfer:
    """Check a wish. Raises `NotFound`, `Inapplicable` or `InvalidInput`."""
    check_unit(program, unit)
    quantity = positive(amount)
    rules = program.rules.units[unit].transfers
    if rules is None:
        raise Inapplicable("These points cannot be given to others.", field=("unit",))
    if quantity < rules.least:
        raise InvalidInput(f"Give at least {to_text(rules.least)}.", field=("amount",))
    if rules.most is not None and quantity > rules.most:
        message = f"Give at most {to_text(rules.most)} at a time."
        raise InvalidInput(message, field=("amount",))
    if sender == receiver:
        raise InvalidInput("Both are the same member.", field=("receiver",))
    if len(key) > KEY_LENGTH_MAX:
        message = f"The key of a transfer has at most {KEY_LENGTH_MAX} characters."
        raise InvalidInput(message, field=("key",))
    return Transfer(sender, receiver, unit, quantity, reasoned(reason), key)


async def transfer_points(
    store: Store,
    bus: Bus,
    program: Program,
    wish: Transfer,
    *,
    now: datetime,
    new_key: Callable[[], str],
) -> Transferred:
    """Give the points. Raises the `Refusal` of either side, and then nothing was written."""
    admission = Admission(program, now, new_key, False)
    async with store.writing(program.record) as writing:
        if wish.receiver not in await writing.members_by_external_id([wish.receiver]):
            raise NotFound(f"There is no member '{wish.receiver}'.", field=("receiver",))
        members = await writing.lock_members({wish.sender, wish.receiver}, now)
        sent, told = await _record(writing, admission, members, _sent(wish))
        other = _received(wish, sent)
        if sent.replayed:  # the lots are those of the first time
            stored = await writing.activities([other.key or ""])
            other = replace(other, properties=stored[other.key or ""].properties)
        received, heard = await _record(writing, admission, members, other)
    for changes in (told, heard):
        bus.publish(changes)
    return Transferred(sent, received)


async def _record(
    writing: Writing, admission: Admission, members: dict[str, Member], command: NewCommand
) -> tuple[Recorded, Changes]:
    batch = Batch(admission)
    batch.add(command)
    mine = {command.member: members[command.member]}
    budgets = await batch.budgets(writing, mine)
    used = await writing.lock_shared(budgets) if budgets else {}
    judged = await batch.judge(writing, mine, used)
    (result,) = judged.results
    if isinstance(result, Refusal):
        raise result
    await writing.add_activities(judged.fresh)
    settled = await settle(writing, judged.settlement, now=admission.now, announce=True)
    return result, settled.changes


def _sent(wish: Transfer) -> NewCommand:
    properties = {"unit": wish.unit, "to": wish.receiver, **wish.reason}
    type_, source = CommandType.POINTS_SENT, f"transfer {wish.key}"
    return NewCommand(wish.sender, type_, wish.amount, properties, None, wish.key, source)


def _received(wish: Transfer, sent: Recorded) -> NewCommand:
    """The other side, with the lots as they were taken."""
    posting = next(
        (
            each.posting
            for each in sent.outcomes
            if isinstance(each, PointsEarned) and each.key.rule == SENT
        ),
        None,
    )
    if posting is None and not sent.replayed:
        raise Inapplicable("It was taken back before it came.", field=("key",))
    allocations = () if posting is None else posting.allocations
    properties = {
        "unit": wish.unit,
        "from": wish.sender,
        "lots": lots_out(allocations, wish.amount),
        **wish.reason,
    }
    type_, source = CommandType.POINTS_RECEIVED, f"transfer {wish.key}"
    key = f"{wish.key} (received)"
    return NewCommand(wish.receiver, type_, wish.amount, properties, None, key, source)
