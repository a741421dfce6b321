"""What is stored, as values: without them the ports would speak of rows and columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from gamification.facts import Activity, Order, Retraction, Scalar
from gamification.ids import MemberId, ProgramId
from gamification.state import (
    Account,
    AccountKey,
    Award,
    AwardKey,
    Entry,
    Posting,
    PostingKey,
    Tally,
    TallyKey,
)


class Member(Struct, frozen=True, gc=False):
    """A person in a program. `last` is the place of their latest fact (None: they have none);
    changes of attributes are left out of it."""

    id: MemberId
    external_id: str
    display_name: str | None
    attributes: Mapping[str, Scalar]
    registered_at: datetime
    last: Order | None


@dataclass(frozen=True, slots=True)
class DefinitionVersion:
    """One version of a program's rules. It judges facts that occurred from `effective_from` on.

    `effective_from` None: from the beginning of time. `document` is the definition as JSON text.
    """

    version: int
    effective_from: datetime | None
    applied_at: datetime
    document: str


@dataclass(frozen=True, slots=True)
class ProgramRecord:
    """A program as stored, with every version of its definition, oldest first."""

    id: ProgramId
    key: str
    versions: tuple[DefinitionVersion, ...]


class Ranked(Struct, frozen=True, gc=False):
    """Tallies to write. `ranked` ones stand on a leaderboard and are found by score."""

    key: TallyKey
    tally: Tally
    ranked: bool


class Committed(NamedTuple):
    """What one transaction did to a program, as the store that committed it knows.

    `version` is the program's data version from then on. `tallies` is how each one that was written
    is now (None: deleted); with `moves_boards`, members came onto boards or left them beyond that.
    """

    program: ProgramId
    version: int
    tallies: Mapping[TallyKey, Ranked | None]
    moves_boards: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """All that is derived for one member, as it is stored. What a replay is compared with.

    `postings` holds, for each posting, the sum of its entries' amounts (as `granted`), the latest
    entry's other columns, and under the same key in `revisions` the highest revision so far.
    """

    tallies: dict[TallyKey, Tally]
    ranked: set[TallyKey]
    accounts: dict[AccountKey, Account]
    awards: dict[AwardKey, Award]
    postings: dict[PostingKey, Posting]
    revisions: dict[PostingKey, int]


class Board(NamedTuple):
    """The tallies one ranking is made of: those of `metric` whose window is one of `windows`.

    With one window the score is the tally; with several (rolling boards) it is their sum, and
    `reached_at` the latest of theirs. Only tallies marked as ranked take part.
    """

    metric: str
    windows: tuple[str, ...]


class SubjectBound(NamedTuple):
    """Asks for subjects whose tally of (metric, window) is still below `below` ten-thousandths."""

    metric: str
    window: str
    below: int


class Standing(Struct, frozen=True, gc=False):
    """One member's score on a board. Order of a board: score down, reached_at up, member up."""

    member: MemberId
    score: int
    reached_at: datetime


class Ahead(NamedTuple):
    """How many stand before a standing: in the board's order, with a higher score, how many
    different higher scores there are; and how many others have the same score."""

    before: int
    higher: int
    higher_scores: int
    tied: int


class AwardRow(NamedTuple):
    """An award and its place in the listing; pages go from the newest `id` down."""

    id: int
    award: Award


class EntryRow(NamedTuple):
    """A ledger entry, its place in the listing, and the balance of the account after it."""

    id: int
    entry: Entry
    balance_after: int


class DuePlace(NamedTuple):
    """An account that a duty has to look at, and since when. In the order of these."""

    due_at: datetime
    account: AccountKey


class BalanceAsked(NamedTuple):
    """Asks for what an account's entries up to a moment come to."""

    account: AccountKey
    at: datetime


class RuleSum(NamedTuple):
    """What one rule has entered in an account: its first entries, and what adjusted them since."""

    rule: str
    entries: int
    granted: int
    adjustments: int
    adjusted: int


class ActivityRow(NamedTuple):
    """An activity, its place in the listing, and what has been taken back of it."""

    id: int
    activity: Activity
    retractions: tuple[Retraction, ...]


class ApiKey(NamedTuple):
    """A credential as stored: never the secret, only its SHA-256."""

    id: int
    program: ProgramId
    name: str
    scopes: frozenset[str]
    created_at: datetime
