"""Takes activity back: a fact of its own, after which history is judged as if it had not been."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gamification.admission import KEY_LENGTH_MAX, REASON_LENGTH_MAX, is_name, quantity_of
from gamification.commands import CommandType
from gamification.facts import Activity, Retraction
from gamification.live import Bus, Changes
from gamification.outcomes import Outcome, PointsAdjusted, made, taken_back
from gamification.ports import Store, Writing
from gamification.program import Program
from gamification.quantity import to_text
from gamification.refusals import IdempotencyConflict, InvalidInput, NotFound
from gamification.use_cases.rebuilding import rebuild
from gamification.use_cases.settling import settle

TRANSFERS = frozenset({CommandType.POINTS_SENT.value, CommandType.POINTS_RECEIVED.value})


@dataclass(frozen=True, slots=True)
class Retracted:
    """What was taken back, and what that changed.

    `is_waiting`: no activity has the key yet; it will be taken back when it arrives.
    `replayed`: the same retraction was recorded before, and nothing happened again.
    """

    activities: tuple[Activity, ...]
    is_waiting: bool
    replayed: bool
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class _Wish:
    """A checked request: what to take back, how much of it (None: all), under which key."""

    activity_key: str | None
    source: str | None
    amount: int | None
    reason: str
    key: str | None

    def retraction(self, activity_key: str, now: datetime) -> Retraction:
        key = self.key or f"retraction of {activity_key}"
        if self.key is not None and activity_key != self.activity_key:
            key = f"{self.key} of {activity_key}"
        return Retraction(key, activity_key, self.amount, self.reason, now)


async def retract_activity(
    store: Store,
    bus: Bus,
    program: Program,
    *,
    activity_key: str | None,
    source: str | None,
    amount: str | None,
    reason: str,
    key: str | None,
    now: datetime,
) -> Retracted:
    """Take back one activity (`activity_key`), or all of a business object (`source`).

    `amount` takes back only so much of one activity's value, and then needs a `key` of its own, so
    that a retry is told from a second refund. Raises `InvalidInput`, `IdempotencyConflict` or
    `NotFound` (nothing has that source).
    """
    wish = _checked(activity_key, source, amount=amount, reason=reason, key=key)
    async with store.writing(program.record) as writing:
        retracted, changes = await _write(writing, program, wish, now)
    if changes is not None:
        bus.publish(changes)
    return retracted


async def _write(
    writing: Writing, program: Program, wish: _Wish, now: datetime
) -> tuple[Retracted, Changes | None]:
    activities = await _found(writing, wish)
    members = await writing.lock_members_by_id({each.member for each in activities})
    keys = [each.key for each in activities] or [wish.activity_key or ""]
    known = await writing.retractions(keys)
    new: list[Retraction] = []
    for key in keys:
        retraction = wish.retraction(key, now)
        if not _is_known(retraction, known.get(key, ())):
            new.append(retraction)
    if not new:
        return Retracted(tuple(activities), not activities, True, ()), None
    for activity in activities:
        _check_amount(activity, wish, known.get(activity.key, ()))
    await writing.add_retractions(new)
    _check_stored(new, await writing.retractions([each.activity_key for each in new]))
    settlement, corrections = await rebuild(writing, program, members)
    settled = await settle(writing, settlement, now=now, announce=True)
    outcomes: list[Outcome] = []
    for correction in corrections:
        outcomes += [taken_back(award) for award in correction.lost_awards]
        outcomes += [made(award) for award in correction.new_awards]
        outcomes += [PointsAdjusted(entry) for entry, _ in correction.entries]
    for more in settled.outcomes.values():
        outcomes += more
    return Retracted(tuple(activities), not activities, False, tuple(outcomes)), settled.changes


async def _found(writing: Writing, wish: _Wish) -> list[Activity]:
    if wish.activity_key is not None:
        found = list((await writing.activities([wish.activity_key])).values())
        if not found:
            # The activity may be on its way in another transaction, which must not miss this.
            await writing.alone()
            found = list((await writing.activities([wish.activity_key])).values())
        return await _with_other_side(writing, wish, found)
    assert wish.source is not None
    found = await writing.activities_from(wish.source)
    if not found:
        raise NotFound(f"No activity has the source '{wish.source}'.", field=("source",))
    return found


async def _with_other_side(writing: Writing, wish: _Wish, found: list[Activity]) -> list[Activity]:
    """The facts, and that of the other member where points went from one to another: both are
    taken back, or none is."""
    sources = [each.source for each in found if each.type in TRANSFERS and each.source]
    if not sources:
        return found
    if wish.amount is not None:
        raise InvalidInput("A transfer is taken back as a whole.", field=("amount",))
    return await writing.activities_from(sources[0])


def _is_known(retraction: Retraction, known: Sequence[Retraction]) -> bool:
    """Whether the same was taken back before; a key used for something else is a conflict."""
    for each in known:
        if each.key == retraction.key:
            if each.amount != retraction.amount:
                message = (
                    f"The key '{retraction.key}' took back another amount before. "
                    "Send a new key for another refund."
                )
                raise IdempotencyConflict(message, field=("amount",))
            return True
    return False


def _check_stored(new: Sequence[Retraction], stored: Mapping[str, Sequence[Retraction]]) -> None:
    """A key that took back another activity before is a conflict: the store left ours out."""
    for each in new:
        if all(known.key != each.key for known in stored.get(each.activity_key, ())):
            message = (
                f"The key '{each.key}' took back another activity before. "
                "Send a new key for another retraction."
            )
            raise IdempotencyConflict(message, field=("key",))


def _check_amount(activity: Activity, wish: _Wish, known: Sequence[Retraction]) -> None:
    left = activity.less(tuple(known))
    if wish.amount is not None and (left is None or left.value < wish.amount):
        rest = to_text(left.value if left is not None else 0)
        message = f"Only {rest} of the activity's value is left to take back."
        raise InvalidInput(message, field=("amount",))


def _checked(
    activity_key: str | None,
    source: str | None,
    *,
    amount: str | None,
    reason: str,
    key: str | None,
) -> _Wish:
    if (activity_key is None) == (source is None):
        message = "Name either the key of one activity, or the source of several."
        raise InvalidInput(message, field=("activityKey",))
    for field, text in (("activityKey", activity_key), ("source", source), ("key", key)):
        if text is not None and not is_name(text, KEY_LENGTH_MAX):
            message = f"{field} must be 1 to {KEY_LENGTH_MAX} printable characters on one line."
            raise InvalidInput(message, field=(field,))
    if len(reason) > REASON_LENGTH_MAX:
        message = f"The reason may have at most {REASON_LENGTH_MAX} characters."
        raise InvalidInput(message, field=("reason",))
    if amount is None:
        return _Wish(activity_key, source, None, reason, key)
    if activity_key is None or key is None:
        message = "Taking back a part needs the activity's key, and a key of its own for retries."
        raise InvalidInput(message, field=("amount",))
    quantity = quantity_of(amount, "amount")
    if quantity <= 0:
        raise InvalidInput("The value to take back must be more than 0.", field=("amount",))
    return _Wish(activity_key, None, quantity, reason, key)
