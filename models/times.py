"""Times as the tables hold them: without this module rounding would decide who was first."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(at: datetime) -> int:
    """Microseconds since 1970 (UTC), exactly: no number with a fraction is involved."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_micros(micros: int) -> datetime:
    """The time so many microseconds after 1970, in UTC."""
    return _EPOCH + micros * _MICROSECOND


def to_micros_or_null(at: datetime | None) -> int | None:
    """As `to_micros`; None is NULL."""
    return None if at is None else to_micros(at)


def from_micros_or_null(micros: int | None) -> datetime | None:
    """As `from_micros`; NULL is None."""
    return None if micros is None else from_micros(micros)
