"""Histories in which few members do similar things at few moments; where order matters most.

Many activities share their time to the microsecond, values lie near thresholds, and keys are not in
the order of anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from msgspec.structs import replace

from gamification.facts import NewActivity, Scalar
from gamification.quantity import parse, to_text

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
    """A retraction: of all (`amount` None), or of a part."""

    activity_key: str
    amount: str | None
    key: str


def done_by(members: Sequence[str] = MEMBERS) -> st.SearchStrategy[NewActivity]:
    """One activity, not yet with a key."""
    return st.builds(_activity, st.sampled_from(members), _type, _value, _moment, _traits)


def histories(
    *, most: int = 14, members: Sequence[str] = MEMBERS
) -> st.SearchStrategy[list[NewActivity]]:
    """Activities with keys whose order tells nothing of their times."""
    return st.lists(done_by(members), min_size=1, max_size=most).map(with_keys)


def with_keys(activities: Sequence[NewActivity], prefix: str = "") -> list[NewActivity]:
    return [
        replace(each, key=f"{prefix}{NAMES[index * 7 % len(NAMES)]}{index}")
        for index, each in enumerate(activities)
    ]


def in_order(activities: Sequence[NewActivity]) -> list[NewActivity]:
    """The order in which a member's facts count: time, then key."""
    return sorted(activities, key=lambda each: (each.occurred_at or MOMENTS[0], each.key or ""))


def left_of(activities: Sequence[NewActivity], taken: Sequence[TakenBack]) -> list[NewActivity]:
    """The activities as if what was taken back had never been sent."""
    left: list[NewActivity] = []
    for each in activities:
        keys = {back.key: back for back in taken if back.activity_key == each.key}
        amounts = [back.amount for back in keys.values()]
        if None in amounts:
            continue
        rest = parse(each.value or "1") - sum(parse(amount) for amount in amounts if amount)
        if not amounts:
            left.append(each)
        elif rest > 0:
            left.append(replace(each, value=to_text(rest)))
    return left


def cut(items: Sequence[NewActivity], sizes: Sequence[int]) -> list[list[NewActivity]]:
    """The items in batches of these sizes, the last with the rest."""
    batches: list[list[NewActivity]] = []
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
