"""The one clock of the server: the core takes the time as an argument, and here it comes from."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)
