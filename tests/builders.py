"""Small values for tests, with defaults that can be seen; without them every test would spell all.

`ANNE` and `BEN` are members, `NOON` is a moment on a Monday. Numbers in words and in units are the
outside's; `units` makes ten-thousandths of them.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from gamification.commands import NewCommand, NewFact
from gamification.definition.compiled import CompiledProgram
from gamification.definition.compiling import compile_program
from gamification.definition.reading import read_definition
from gamification.facts import Activity, NewActivity, Scalar
from gamification.ids import MemberId
from gamification.quantity import parse

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday: weeks begin with it."""

ANNE, BEN = MemberId(1), MemberId(2)


def units(number: str | int) -> int:
    """Ten-thousandths of a number in words: "1.5" is 15,000."""
    return parse(str(number))


def moment(text: str) -> datetime:
    """A time as people write it: "2026-03-02 12:00", in UTC; a date alone is its noon."""
    if len(text) == len("2026-03-02"):
        text += " 12:00"
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def after(*, days: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
    """A moment after noon of the first Monday, or before it."""
    return NOON + timedelta(days=days, minutes=minutes, seconds=seconds)


def definition(**parts: Any) -> str:
    """A definition with one type of activity, `visit`, unless `activities` says otherwise."""
    whole: dict[str, Any] = {"key": "club", "name": "Club", "activities": {"visit": {}}, **parts}
    return json.dumps(whole)


def rules(**parts: Any) -> CompiledProgram:
    """The compiled program of such a definition."""
    return compile_program(read_definition(definition(**parts)))[0]


def activity(
    type: str = "visit",
    *,
    key: str = "a1",
    member: MemberId = ANNE,
    value: str = "1",
    at: datetime = NOON,
    source: str | None = None,
    **properties: Scalar,
) -> Activity:
    """An activity that has been admitted."""
    return Activity(
        key=key,
        member=member,
        type=type,
        value=units(value),
        properties=properties,
        occurred_at=at,
        received_at=at,
        source=source,
    )


def sent(
    type: str = "visit",
    *,
    member: str = "anne",
    value: str | None = None,
    at: datetime | None = NOON,
    key: str | None = None,
    source: str | None = None,
    **properties: Scalar,
) -> NewActivity:
    """An activity as its sender words it."""
    return NewActivity(
        member=member,
        type=type,
        value=value,
        properties=properties,
        occurred_at=at,
        key=key,
        source=source,
    )


def admitted(new: NewFact, *, member: MemberId = ANNE, key: str | None = None) -> Activity:
    """What the gate makes of a fact that names its time, where nothing is to be mended."""
    assert new.occurred_at is not None
    is_command = isinstance(new, NewCommand)
    return Activity(
        key=key or new.key or "a1",
        member=member,
        type=new.type.value if is_command else new.type,
        value=new.value if is_command else units(new.value or "1"),
        properties=new.properties,
        occurred_at=new.occurred_at,
        received_at=new.occurred_at,
        source=new.source,
    )


def numbered_keys(prefix: str = "key") -> Callable[[], str]:
    """Makes key-1, key-2, …: what a server draws at random for senders that name no key."""
    numbers = count(1)
    return lambda: f"{prefix}-{next(numbers)}"
