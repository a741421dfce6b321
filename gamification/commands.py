"""Commands: what a member or an operator asked for and the system accepted, kept as facts.

Without them spending points would leave no trace that a replay could follow: an accepted command
lies in the same log as activities do, with a type of its own, and is folded in the same order.
Whether it may be done is asked once, when it arrives (`accept`); from then on it is history.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from msgspec import Struct, field

from gamification.facts import Activity, NewActivity, Scalar

MARK = ":"
"""In the types of commands, and in no key of a definition."""


class CommandType(Enum):
    """The types of facts that no definition declares."""

    MEMBER_CHANGED = "member:changed"
    POINTS_ADJUSTED = "points:adjusted"
    PRIZE_WON = "prize:won"
    MEMBER_MOVED = "member:moved"
    STREAK_FREEZES_GRANTED = "streak:freezes_granted"
    STREAK_PAUSED = "streak:paused"
    STREAK_RESUMED = "streak:resumed"
    STREAK_RESTORED = "streak:restored"
    CHALLENGE_JOINED = "challenge:joined"
    CHALLENGE_LEFT = "challenge:left"
    CHALLENGE_INVITED = "challenge:invited"
    POINTS_SPENT = "points:spent"
    POINTS_EXPIRED = "points:expired"
    TIER_PLACED = "tier:placed"
    CHALLENGE_WON = "challenge:won"
    TEAM_JOINED = "team:joined"
    TEAM_LEFT = "team:left"
    POINTS_HELD = "points:held"
    POINTS_CAPTURED = "points:captured"
    POINTS_RELEASED = "points:released"
    POINTS_SENT = "points:sent"
    POINTS_RECEIVED = "points:received"
    POINTS_CONVERTED = "points:converted"


MEMBER_CHANGED = CommandType.MEMBER_CHANGED.value
"""Asked of every fact, so not looked up in the enumeration each time."""


class NewCommand(Struct, frozen=True, gc=False):
    """A command that has been checked against the rules, on its way to be recorded.

    `value` is in ten-thousandths; `key` None means that the sender does not retry.
    """

    member: str
    type: CommandType
    value: int
    properties: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    occurred_at: datetime | None = None
    key: str | None = None
    source: str | None = None


NewFact = NewActivity | NewCommand
"""What may be recorded."""


def counts_as_last(fact: Activity) -> bool:
    """Whether a member's later facts are ordered after this one. Changes of attributes are left
    out: they are told after the fact as a rule, and whatever reads them asks when they were."""
    return fact.type != MEMBER_CHANGED


def is_command(fact_type: str) -> bool:
    """Whether facts of this type are commands."""
    return MARK in fact_type
