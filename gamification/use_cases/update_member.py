"""What the app says about a member besides activity: a name to show, attributes for segments."""

from collections.abc import Mapping
from datetime import datetime

from gamification.admission import EXTERNAL_ID_LENGTH_MAX, is_name
from gamification.facts import Scalar
from gamification.ports import Bus, Changes, Member, Store
from gamification.program import Program
from gamification.refusals import InvalidInput

NAME_LENGTH_MAX = 100
ATTRIBUTES_MAX = 50
ATTRIBUTE_LENGTH_MAX = 256


async def update_member(
    store: Store,
    bus: Bus,
    program: Program,
    *,
    external_id: str,
    display_name: str | None,
    attributes: Mapping[str, Scalar] | None,
    now: datetime,
) -> Member:
    """Set a member's display name and attributes, registering the member if they are new.

    None leaves a value as it is; attributes that are given are replaced one by one, and a null
    attribute is removed. Leaderboards among a segment follow at once. Raises `InvalidInput`.
    """
    _check(external_id, display_name, attributes)
    rules = program.rules
    async with store.writing(program.record) as writing:
        member = (await writing.lock_members([external_id], now))[external_id]
        merged = {**member.attributes, **(attributes or {})}
        merged = {name: value for name, value in merged.items() if value is not None}
        if len(merged) > ATTRIBUTES_MAX:
            raise InvalidInput(_too_many(), field=("attributes",))
        name = member.display_name if display_name is None else display_name or None
        await writing.update_member(member.id, display_name=name, attributes=merged)
        ranked = {metric: rules.ranks(metric, merged) for metric in rules.segments}
        if ranked:
            await writing.set_ranked(member.id, ranked)
    boards = frozenset(board.key for board in rules.boards.values())
    bus.publish(Changes(program.id, frozenset({member.id}), boards, ()))
    return Member(member.id, external_id, name, merged, member.registered_at, member.last)


def _check(
    external_id: str, display_name: str | None, attributes: Mapping[str, Scalar] | None
) -> None:
    if not is_name(external_id, EXTERNAL_ID_LENGTH_MAX):
        message = f"externalId must be 1 to {EXTERNAL_ID_LENGTH_MAX} printable characters."
        raise InvalidInput(message, field=("externalId",))
    if display_name and not is_name(display_name, NAME_LENGTH_MAX):
        message = f"displayName may have at most {NAME_LENGTH_MAX} printable characters."
        raise InvalidInput(message, field=("displayName",))
    if attributes is not None and len(attributes) > ATTRIBUTES_MAX:
        raise InvalidInput(_too_many(), field=("attributes",))
    for name, value in (attributes or {}).items():
        fits = not isinstance(value, str) or len(value) <= ATTRIBUTE_LENGTH_MAX
        if not is_name(name, 64) or not fits:
            message = (
                "Attributes have names of 1 to 64 printable characters, and texts of at most "
                f"{ATTRIBUTE_LENGTH_MAX}."
            )
            raise InvalidInput(message, field=("attributes", name[:64]))


def _too_many() -> str:
    return f"A member has at most {ATTRIBUTES_MAX} attributes."
