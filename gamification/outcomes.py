"""What comes out: what a fact changed, in the past tense. Only the engine decides outcomes."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from msgspec import Struct

from gamification.facts import Scalar
from gamification.ids import MemberId
from gamification.lots import Hold
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


class TallyChanged(Struct, frozen=True, gc=False):
    """A number moved from `before` (None: it did not exist) to `after`."""

    key: TallyKey
    before: Tally | None
    after: Tally


class PointsEarned(Struct, frozen=True, gc=False):
    """A rule gave (or took) points; `account` is the account afterwards."""

    key: PostingKey
    posting: Posting
    account: Account

    @property
    def account_key(self) -> AccountKey:
        return AccountKey(self.key.member, self.key.unit)


class LotsChanged(Struct, frozen=True, gc=False):
    """What can be spent of an account changed, and its balance did not: points were put aside, or
    are not pending any more. `ended` are holds that were given up at a time."""

    account_key: AccountKey
    account: Account
    at: datetime
    ended: tuple[Hold, ...] = ()


class BadgeAwarded(NamedTuple):
    """A member earned a level of a badge."""

    award: Award


class BadgeRevoked(NamedTuple):
    """History changed, and the award does not hold in the new one."""

    award: Award


class ChallengeCompleted(NamedTuple):
    """A member completed a challenge in a run."""

    award: Award


class ChallengeReopened(NamedTuple):
    """History changed, and a challenge is not completed in the new one."""

    award: Award


class Participation(Enum):
    """What became of a member's part in a challenge."""

    INVITED = "invited"
    JOINED = "joined"
    LEFT = "left"


class ParticipationChanged(NamedTuple):
    """A member joined or left a run of a challenge, or was invited to it."""

    member: MemberId
    challenge: str
    run: str
    participation: Participation
    at: datetime


class TierReached(NamedTuple):
    """A member rose to a level of a ladder; both are named by their keys."""

    member: MemberId
    tier: str
    level: str
    at: datetime


class StreakReached(NamedTuple):
    """A streak came to one of its targets, in the period that begins on a day."""

    member: MemberId
    streak: str
    target: int
    day: date
    at: datetime


class PointsAdjusted(NamedTuple):
    """History changed, and the ledger was brought into line by a new entry."""

    entry: Entry


class AttributesChanged(NamedTuple):
    """What is known of a member became this."""

    member: MemberId
    attributes: Mapping[str, Scalar]


Outcome = (
    AttributesChanged
    | TallyChanged
    | PointsEarned
    | LotsChanged
    | BadgeAwarded
    | BadgeRevoked
    | ChallengeCompleted
    | ChallengeReopened
    | ParticipationChanged
    | TierReached
    | StreakReached
    | PointsAdjusted
)
"""The closed union: `match` with `assert_never` makes the type checker list every place."""


def made(award: Award) -> BadgeAwarded | ChallengeCompleted:
    """What it means that an award was made."""
    return ChallengeCompleted(award) if award.key.is_of_challenge else BadgeAwarded(award)


def taken_back(award: Award) -> BadgeRevoked | ChallengeReopened:
    """What it means that an award does not hold any more."""
    return ChallengeReopened(award) if award.key.is_of_challenge else BadgeRevoked(award)


NOTHING: Mapping[str, Scalar] = MappingProxyType({})


class NoticeKind(Enum):
    """What the system announces."""

    BADGE_AWARDED = "badge_awarded"
    BADGE_REVOKED = "badge_revoked"
    POINTS_EXPIRING = "points_expiring"
    POINTS_EXPIRED = "points_expired"
    HOLD_RELEASED = "hold_released"
    POINTS_RECEIVED = "points_received"
    CHALLENGE_INVITED = "challenge_invited"
    CHALLENGE_JOINED = "challenge_joined"
    CHALLENGE_COMPLETED = "challenge_completed"
    CHALLENGE_REOPENED = "challenge_reopened"
    STREAK_REACHED = "streak_reached"
    STREAK_AT_RISK = "streak_at_risk"
    FREEZE_USED = "freeze_used"
    STREAK_ENDED = "streak_ended"
    TIER_REACHED = "tier_reached"
    TIER_ENDING = "tier_ending"
    TIER_FALLEN = "tier_fallen"
    PERIOD_FINAL = "period_final"
    PRIZE_WON = "prize_won"
    LEAGUE_PROMOTED = "league_promoted"
    LEAGUE_DEMOTED = "league_demoted"
    CAMPAIGN_STARTED = "campaign_started"
    CAMPAIGN_ENDED = "campaign_ended"
    CAMPAIGN_BUDGET_SPENT = "campaign_budget_spent"


class Notice(NamedTuple):
    """What the system announces after a change; `is_public` ones appear in the program's feed.

    `member` is whom it is about (None: nobody, but the program).
    `award` is what a notice about a badge is about, `about` the key of the part of the definition
    that any other is about, with what there is to tell in `details`. Of notices with the same
    `once` a member, or the program, gets one, however often they are announced ("": no such bound).
    """

    id: int
    kind: NoticeKind
    member: MemberId | None
    award: AwardKey | None
    at: datetime
    is_public: bool
    about: str = ""
    details: Mapping[str, Scalar] = NOTHING
    once: str = ""


def members_of(notices: Iterable[Notice]) -> frozenset[MemberId]:
    """The members whom notices are about."""
    return frozenset(each.member for each in notices if each.member is not None)
