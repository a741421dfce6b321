"""What the engine knows of a member while it folds facts: tallies, accounts and awards.

Everything here can be computed again from the facts; the stored copies are caches. What is made a
dozen times for each activity is a msgspec Struct, which costs a fifth of a named tuple
(docs/decisions/0009-hot-values-are-structs.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Self

from msgspec import Struct

from gamification.facts import Scalar
from gamification.ids import MemberId
from gamification.lots import Allocation, Lots

ATTRIBUTE_CHANGES = "member:changes"
"""The tally that counts how often the attributes of a member changed; no metric has its name."""


class TallyKey(Struct, frozen=True, order=True, gc=False, cache_hash=True):
    """Names one number: whose, of which metric, about which window, about which subject.

    `window` is the key of a window ("" for all time, "w2017-08-21", "season:winter": windows.py);
    `subject` is what the number is about besides the member ("" for none).
    """

    member: MemberId
    metric: str
    window: str
    subject: str


class Tally(Struct, frozen=True, gc=False):
    """One number, in ten-thousandths.

    `peak` is at least as high as the value ever was; `reached_at` is the time of the activity that
    made the value; `touches` counts the facts that contributed: at 0 there is no tally.
    """

    value: int
    peak: int
    reached_at: datetime
    touches: int


class TallySpan(NamedTuple):
    """Asks for all tallies of a metric with `first <= window <= last`, whatever their subject."""

    member: MemberId
    metric: str
    first: str
    last: str


class AccountKey(Struct, frozen=True, order=True, gc=False):
    """Names a member's account in one unit of points."""

    member: MemberId
    unit: str


class Account(Struct, frozen=True, gc=False):
    """A balance in ten-thousandths, and when it last fell or met its floor (None: never).

    The two times let a late fact know whether the order of the entries since then mattered. Where
    something was taken from `lots`, or put aside, the first is the time of that, too.
    `lots` is what the balance consists of (None: the unit keeps none).
    """

    balance: int
    debited_at: datetime | None = None
    clamped_at: datetime | None = None
    lots: Lots | None = None


OF_CHALLENGE = "challenge:"
"""Begins what the awards for challenges have in the place of a badge's key."""


class AwardKey(Struct, frozen=True, order=True, gc=False):
    """Names one award for ever. `level` counts from 1; `window` and `subject` are "" if unused.

    An award for a completed challenge has "challenge:KEY" for a badge, and its run for a window.
    """

    member: MemberId
    badge: str
    level: int
    window: str
    subject: str

    @property
    def is_of_challenge(self) -> bool:
        """Whether it is for a challenge, and not for a badge."""
        return self.badge.startswith(OF_CHALLENGE)

    @property
    def challenge(self) -> str:
        """The key of the challenge that it is for."""
        return self.badge.removeprefix(OF_CHALLENGE)


class Evidence(NamedTuple):
    """One criterion as it stood when the award was made, in ten-thousandths."""

    criterion: str
    value: int
    at_least: int


@dataclass(frozen=True, slots=True)
class Award:
    """The record that a member earned a level of a badge.

    `cause` is the key of the activity that completed it, `subject` what that activity was about
    (also where the badge is earned once), `version` the definition's version that made it.
    """

    key: AwardKey
    earned_at: datetime
    cause: str
    subject: str
    evidence: tuple[Evidence, ...]
    version: int


class PostingKey(Struct, frozen=True, order=True, gc=False):
    """Names what the ledger says about one cause: which rule gave which unit because of what.

    `rule` is "earning/<key>", "badge/<key>/<level>/<window>/<subject>", "opening", or that of a
    command: "spend", "expiry/<day>"; `cause` is an activity's key, or "" for the opening balance.
    """

    member: MemberId
    unit: str
    cause: str
    rule: str


def budget_of(posting: PostingKey) -> str:
    """The shared number that counts what a campaign has added of a unit."""
    return f"{posting.rule}/{posting.unit}"


class Posting(Struct, frozen=True, gc=False):
    """What a posting came to: asked for, granted, and the cap or floor that made the difference.

    `allocations` says which lots it went into or came out of, where lots are kept.
    """

    requested: int
    granted: int
    limited_by: str
    occurred_at: datetime
    version: int
    allocations: tuple[Allocation, ...] = ()


class Entry(Struct, frozen=True, gc=False):
    """One line of the ledger: `amount` to the member's account and `-amount` to its contra account.

    Revision 0 is the original; higher revisions adjust it after late activity or a retraction.
    """

    posting: PostingKey
    revision: int
    amount: int
    requested: int
    limited_by: str
    occurred_at: datetime
    version: int
    allocations: tuple[Allocation, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadSet:
    """What must be loaded before a batch is folded."""

    tallies: set[TallyKey] = field(default_factory=set[TallyKey])
    spans: set[TallySpan] = field(default_factory=set[TallySpan])
    accounts: set[AccountKey] = field(default_factory=set[AccountKey])


@dataclass(slots=True)
class State:
    """The members' numbers and attributes, as far as they were loaded. Only `engine.evolve` changes
    one."""

    tallies: dict[TallyKey, Tally] = field(default_factory=dict[TallyKey, Tally])
    accounts: dict[AccountKey, Account] = field(default_factory=dict[AccountKey, Account])
    awards: dict[AwardKey, Award] = field(default_factory=dict[AwardKey, Award])
    attributes: dict[MemberId, Mapping[str, Scalar]] = field(
        default_factory=dict[MemberId, Mapping[str, Scalar]]
    )

    shared: dict[str, int] = field(default_factory=dict[str, int])
    """How much of each budget is used, by `budget_of`, as far as they were loaded."""
    granted: Mapping[PostingKey, Posting] = field(default_factory=dict[PostingKey, Posting])
    """What the ledger says already of the facts that are judged again: what a budget granted was
    decided once."""

    @classmethod
    def of(
        cls,
        tallies: Mapping[TallyKey, Tally],
        accounts: Mapping[AccountKey, Account],
        awards: Iterable[Award],
    ) -> Self:
        return cls(dict(tallies), dict(accounts), {award.key: award for award in awards})
