"""Without this module two processes would do what one is to do."""

from datetime import datetime

from models.mapping import to_micros
from models.session import Session
from models.statement import Statement

# One statement asks and takes: of several that come at once, the row lets one through, and the
# others then see its holder.
_TAKE = Statement(
    """
    INSERT INTO lease AS l (name, holder, until) VALUES ($1, $2, $4)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE l.holder = excluded.holder OR l.until <= $3
    RETURNING 1
    """
)
_GIVE_BACK = Statement("DELETE FROM lease WHERE name = $1 AND holder = $2")
_DROP_EXPIRED = Statement("DELETE FROM lease WHERE until <= $1")
_ANY = Statement("SELECT 1 FROM lease WHERE name >= $1 AND name < $2 LIMIT 1")
_BEYOND_ALL_NAMES = "\U0010ffff"


async def take(session: Session, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
    """Take a free, an expired or one's own lease; False while somebody else holds it."""
    return bool(await session.fetch(_TAKE, name, holder, to_micros(now), to_micros(until)))


async def give_back(session: Session, name: str, holder: str) -> None:
    """Free a lease, if this is its holder."""
    await session.fetch(_GIVE_BACK, name, holder)


async def drop_expired(session: Session, *, now: datetime) -> None:
    """Forget leases that were not renewed in time."""
    await session.fetch(_DROP_EXPIRED, to_micros(now))


async def is_any(session: Session, beginning: str) -> bool:
    """Whether there is a lease whose name begins so."""
    return bool(await session.fetch(_ANY, beginning, beginning + _BEYOND_ALL_NAMES))
