"""What a member is told of their points when time or others did something."""

from datetime import datetime

from gamification.ids import MemberId
from gamification.outcomes import LotsChanged, Notice, NoticeKind, PointsEarned
from gamification.quantity import to_text
from gamification.rules.expiry import RULE as EXPIRY
from gamification.rules.transfer import RECEIVED


def notices_of(outcome: PointsEarned | LotsChanged) -> list[Notice]:
    """Expired points, points from others, and holds that have ended."""
    if isinstance(outcome, LotsChanged):
        return [_released(outcome, index) for index in range(len(outcome.ended))]
    key, posting = outcome.key, outcome.posting
    if key.rule == RECEIVED:
        kind, details = NoticeKind.POINTS_RECEIVED, {"amount": to_text(posting.granted)}
        return [Notice(0, kind, key.member, None, posting.occurred_at, False, key.unit, details)]
    if not key.rule.startswith(f"{EXPIRY}/"):
        return []
    at = posting.occurred_at
    return [_about(NoticeKind.POINTS_EXPIRED, key.member, key.unit, -posting.granted, at=at)]


def expiring(
    member: MemberId, unit: str, amount: int, *, at: datetime, expires_at: datetime
) -> Notice:
    """The warning that points are going to expire."""
    notice = _about(NoticeKind.POINTS_EXPIRING, member, unit, amount, at=expires_at)
    return notice._replace(at=at)


def _about(kind: NoticeKind, member: MemberId, unit: str, amount: int, *, at: datetime) -> Notice:
    """A notice about points that expire at a moment, told once."""
    details = {"amount": to_text(amount), "expiresAt": at.isoformat()}
    once = f"{kind.value}:{unit}:{at.isoformat()}"
    return Notice(0, kind, member, None, at, False, unit, details, once)


def _released(changed: LotsChanged, index: int) -> Notice:
    hold, key = changed.ended[index], changed.account_key
    details = {"hold": hold.key, "amount": to_text(hold.amount)}
    kind, once = NoticeKind.HOLD_RELEASED, f"{NoticeKind.HOLD_RELEASED.value}:{hold.key}"
    return Notice(0, kind, key.member, None, changed.at, False, key.unit, details, once)
