"""Commands as members and operators send them, at the moments at which the histories happen."""

import json
from collections.abc import Sequence
from datetime import datetime

from hypothesis import strategies as st
from msgspec.structs import replace

from gamification.commands import CommandType, NewCommand
from gamification.facts import Scalar
from gamification.quantity import SCALE
from tests.laws.histories import MEMBERS, MOMENTS

STREAKS = ("daily", "spending", "workdays", "dropped")
UNITS = ("stars", "reputation", "debt")
HOLDS = ("!0", "~1", "!2")
"""Keys that `keyed` gives: some of them are holds."""

ZONES = ("UTC", "Asia/Tokyo", "Pacific/Pago_Pago", "Pacific/Kiritimati", "America/Sao_Paulo")


def commands(members: Sequence[str] = MEMBERS) -> st.SearchStrategy[NewCommand]:
    """One command, not yet with a key. Many cannot be done, and are refused."""
    return st.builds(
        _command, st.sampled_from(members), _KINDS, st.sampled_from(MOMENTS), st.integers(1, 3)
    )


def keyed(drawn: Sequence[NewCommand]) -> list[NewCommand]:
    """Commands with keys that lie before and behind those of activities."""
    return [replace(each, key=f"{'!~'[index % 2]}{index}") for index, each in enumerate(drawn)]


Kind = tuple[CommandType, dict[str, Scalar]]


def _moved(zone: str) -> Kind:
    return CommandType.MEMBER_MOVED, {"zone": zone}


def _of_streak(type_: CommandType, streak: str) -> Kind:
    return type_, {"streak": streak}


def _of_points(type_: CommandType, unit: str) -> Kind:
    return type_, {"unit": unit}


def _of_hold(type_: CommandType, unit: str, hold: str, is_last: bool) -> Kind:
    return type_, {"unit": unit, "hold": hold, "release_rest": is_last}


def _converted(unit: str, to: str) -> Kind:
    return CommandType.POINTS_CONVERTED, {"unit": unit, "to": to, "take": "2", "give": "3"}


def _sent(unit: str, receiver: str) -> Kind:
    return CommandType.POINTS_SENT, {"unit": unit, "to": receiver}


def _received(unit: str, sender: str, lots: tuple[tuple[str, str | None], ...]) -> Kind:
    type_ = CommandType.POINTS_RECEIVED
    return type_, {"unit": unit, "from": sender, "lots": json.dumps(lots)}


def _is_of_two_units(kind: Kind) -> bool:
    return kind[1]["unit"] != kind[1]["to"]


def _restored(streak: str, unit: str) -> Kind:
    return CommandType.STREAK_RESTORED, {"streak": streak, "unit": unit}


def _placed(tier: str, level: str, until: datetime | None) -> Kind:
    ends = None if until is None else until.isoformat()
    return CommandType.TIER_PLACED, {"tier": tier, "level": level, "until": ends}


_KINDS: st.SearchStrategy[Kind] = st.one_of(
    st.builds(_moved, st.sampled_from(ZONES)),
    st.builds(
        _of_streak,
        st.sampled_from(
            (
                CommandType.STREAK_FREEZES_GRANTED,
                CommandType.STREAK_PAUSED,
                CommandType.STREAK_RESUMED,
            )
        ),
        st.sampled_from(STREAKS),
    ),
    st.builds(
        _of_points,
        st.sampled_from(
            (CommandType.POINTS_SPENT, CommandType.POINTS_HELD, CommandType.POINTS_EXPIRED)
        ),
        st.sampled_from(UNITS),
    ),
    st.builds(
        _placed,
        st.sampled_from(("status", "travel", "dropped")),
        st.sampled_from(("a", "b", "none")),
        st.sampled_from((None, *MOMENTS[-3:])),
    ),
    st.builds(
        _of_hold,
        st.sampled_from((CommandType.POINTS_CAPTURED, CommandType.POINTS_RELEASED)),
        st.sampled_from(UNITS),
        st.sampled_from(HOLDS),
        st.booleans(),
    ),
    st.builds(_converted, st.sampled_from(UNITS), st.sampled_from(UNITS)).filter(_is_of_two_units),
    st.builds(_sent, st.sampled_from(UNITS), st.sampled_from(MEMBERS)),
    st.builds(
        _received,
        st.sampled_from(UNITS),
        st.sampled_from(MEMBERS),
        st.sampled_from(((("1", None),), (("0.5", MOMENTS[-1].isoformat()), ("1.5", None)))),
    ),
    st.builds(_restored, st.sampled_from(STREAKS), st.sampled_from(UNITS)),
)


def _command(member: str, kind: Kind, at: datetime, number: int) -> NewCommand:
    type_, properties = kind
    return NewCommand(
        member=member,
        type=type_,
        value=number * SCALE,
        properties=properties,
        occurred_at=at,
    )
