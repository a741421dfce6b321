"""What the app says about a member besides activity: a name to show, attributes for segments."""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec.structs import replace

from gamification.admission import EXTERNAL_ID_LENGTH_MAX, Admission, is_name
from gamification.commands import CommandType, NewCommand
from gamification.facts import Scalar, say_the_same
from gamification.live import Bus, Changes
from gamification.ports import Member, Store, Writing
from gamification.program import Program
from gamification.refusals import InvalidInput
from gamification.teams import TEAM, told_by_app
from gamification.use_cases.record_activities import Batch
from gamification.use_cases.settling import settle

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
    new_key: Callable[[], str],
) -> Member:
    """Set a member's display name and attributes, registering the member if they are new.

    None leaves a value as it is; attributes that are given are replaced one by one, and a null
    attribute is removed. What changes of the attributes is a fact: rules judge each activity by
    those of its time. Leaderboards among a segment follow at once. Raises `InvalidInput`.
    """
    _check(external_id, display_name, attributes)
    async with store.writing(program.record) as writing:
        member = (await writing.lock_members([external_id], now))[external_id]
        name = member.display_name if display_name is None else display_name or None
        if name != member.display_name:
            await writing.update_member(member.id, display_name=name, attributes=member.attributes)
            member = replace(member, display_name=name)
        changed = _changed(member, attributes or {})
        changes = Changes(program.id, frozenset({member.id}), _boards(program), ())
        if changed:
            command = NewCommand(external_id, CommandType.MEMBER_CHANGED, 0, changed)
            changes, member = await _record(
                writing, program, command, member, now=now, new_key=new_key
            )
    bus.publish(changes)
    return member


async def _record(
    writing: Writing,
    program: Program,
    command: NewCommand,
    member: Member,
    *,
    now: datetime,
    new_key: Callable[[], str],
) -> tuple[Changes, Member]:
    """Write the change of a locked member's attributes as a fact, with all that follows."""
    batch = Batch(Admission(program, now, new_key, is_import=False))
    batch.add(command)
    members = {member.external_id: member}
    budgets = await batch.budgets(writing, members)
    used = await writing.lock_shared(budgets) if budgets else {}
    judged = await batch.judge(writing, members, used)
    await writing.add_activities(judged.fresh)
    changes = (await settle(writing, judged.settlement, now=now, announce=True)).changes
    (after,) = (await writing.members([member.id])).values()
    return changes._replace(boards=_boards(program)), after


def _changed(member: Member, told: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """What is told and was not known. Raises `InvalidInput` where it would be too much to keep."""
    known = member.attributes
    changed = {
        name: value
        for name, value in told.items()
        if not say_the_same({name: value}, {name: known.get(name)})
    }
    kept = {**known, **changed}
    if sum(value is not None for value in told_by_app(kept).values()) > ATTRIBUTES_MAX:
        raise InvalidInput(_too_many(), field=("attributes",))
    return changed


def _boards(program: Program) -> frozenset[str]:
    """All leaderboards: the member's name stands on them, and a segment may have changed."""
    return frozenset(program.rules.boards)


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
        if name == TEAM:
            message = f"The name '{TEAM}' is reserved: use joinTeam and leaveTeam."
            raise InvalidInput(message, field=("attributes", name))
        fits = not isinstance(value, str) or len(value) <= ATTRIBUTE_LENGTH_MAX
        if not is_name(name, 64) or not fits:
            message = (
                "Attributes have names of 1 to 64 printable characters, and texts of at most "
                f"{ATTRIBUTE_LENGTH_MAX}."
            )
            raise InvalidInput(message, field=("attributes", name[:64]))


def _too_many() -> str:
    return f"A member has at most {ATTRIBUTES_MAX} attributes."
