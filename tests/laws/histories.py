"""Histories in which few members do similar things at few moments; where order matters most.

Many activities share their time to the microsecond, values lie near thresholds, and keys are not in
the order of anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hypothesis import strategies as st
from msgspec.structs import replace

from gamification.commands import CommandType, NewCommand, NewFact
from gamification.facts import NewActivity, Scalar
from gamification.quantity import parse, to_text

F = TypeVar("F", NewActivity, NewFact)

MEMBERS = ("anne", "Ben", "čeda")
POSTS = ("p", "q")
STORES = ("x", "y", "Z")

MOMENTS = (
    datetime(2026, 2, 27, 9, 0, tzinfo=UTC),
    datetime(2026, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 3, 2, 0, 0, tzinfo=UTC),
    datetime(2026, 3, 2, 0, 0, 0, 1, tzinfo=UTC),
    datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
    datetime(2026, 3, 2, 12, 0, tzinfo=UTC) + timedelta(milliseconds=3),
    datetime(2026, 3, 3, 2, 30, tzinfo=UTC),
    datetime(2026, 3, 4, 12, 0, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
    datetime(2026, 4, 1, 0, 0, tzinfo=UTC),
)
"""Ends of days, weeks, months, quarters, seasons, and a change to summer time among them."""

VALUES = ("1", "2", "3", "0.5", "0", "-1", "2.9999", "4")
NAMES = ("a", "B", "é", "_", "~")


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A retraction: of all (`amount` None), or of a part; the server got it `at` a time."""

    activity_key: str
    amount: str | None
    key: str
    at: datetime = MOMENTS[-1]


def done_by(members: Sequence[str] = MEMBERS) -> st.SearchStrategy[NewActivity]:
    """One activity, not yet with a key."""
    return st.builds(_activity, st.sampled_from(members), _type, _value, _moment, _traits)


def changes_of(members: Sequence[str] = MEMBERS) -> st.SearchStrategy[NewCommand]:
    """What the app tells of a member at some moment, not yet with a key."""
    told = st.dictionaries(
        st.sampled_from(["country", "born"]),
        st.sampled_from(["PT", "TR", "1990-03-02", "2000-02-29", 1, True, None]),
        min_size=1,
    )
    return st.builds(
        NewCommand,
        st.sampled_from(members),
        st.just(CommandType.MEMBER_CHANGED),
        st.just(0),
        told,
        _moment,
    )


def histories(
    *, most: int = 14, members: Sequence[str] = MEMBERS
) -> st.SearchStrategy[list[NewFact]]:
    """Activities and commands with keys whose order tells nothing of their times."""
    facts = st.tuples(
        st.lists(done_by(members), min_size=1, max_size=most),
        st.lists(changes_of(members), max_size=3),
    )
    return facts.map(lambda drawn: with_keys([*drawn[0], *drawn[1]]))


def with_keys(activities: Sequence[F], prefix: str = "") -> list[F]:
    return [
        replace(each, key=f"{prefix}{NAMES[index * 7 % len(NAMES)]}{index}")
        for index, each in enumerate(activities)
    ]


def in_order(activities: Sequence[NewFact]) -> list[NewFact]:
    """The order in which a member's facts count: time, then key."""
    return sorted(activities, key=lambda each: (each.occurred_at or MOMENTS[0], each.key or ""))


def left_of(activities: Sequence[NewFact], taken: Sequence[TakenBack]) -> list[NewFact]:
    """The facts as if what was taken back had never been sent."""
    left: list[NewFact] = []
    for each in activities:
        keys = {back.key: back for back in taken if back.activity_key == each.key}
        amounts = [back.amount for back in keys.values()]
        if None in amounts:
            continue
        if not amounts or isinstance(each, NewCommand):
            left.append(each)
            continue
        rest = parse(each.value or "1") - sum(parse(amount) for amount in amounts if amount)
        if rest > 0:
            left.append(replace(each, value=to_text(rest)))
    return left


def cut(items: Sequence[F], sizes: Sequence[int]) -> list[list[F]]:
    """The items in batches of these sizes, the last with the rest."""
    batches: list[list[F]] = []
    rest = list(items)
    for size in sizes:
        batches.append(rest[:size])
        rest = rest[size:]
    return [batch for batch in [*batches, rest] if batch]


_type = st.sampled_from(["buy", "buy", "up", "up", "down", "accepted", "weigh"])
_value = st.sampled_from(VALUES)
_moment = st.sampled_from(MOMENTS)
_traits = st.tuples(
    st.sampled_from(POSTS), st.sampled_from(STORES), st.booleans(), st.sampled_from(("k", "l"))
)


def _activity(
    member: str,
    type_: str,
    value: str,
    at: datetime,
    traits: tuple[str, str, bool, str],
) -> NewActivity:
    post, store, gift, by = traits
    properties: dict[str, dict[str, Scalar]] = {
        "buy": {"store": store, "gift": gift},
        "up": {"post": post, "by": by},
        "down": {"post": post, "by": by},
        "accepted": {"post": post},
        "weigh": {},
    }
    has_value = type_ in ("buy", "weigh")
    return NewActivity(
        member=member,
        type=type_,
        value=value if has_value else None,
        properties=properties[type_],
        occurred_at=at,
    )
