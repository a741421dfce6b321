"""Without this module every part that speaks to Redis would connect, wait and give up its own way.

Redis is never the only place where something is: who loses it is slower, and loses nothing.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import RedisError

from server.settings import Settings

SECONDS_MAX = 2.0
"""How long connecting, or an answer, may take before Redis counts as away."""

CONNECTIONS_MAX = 64
"""Connections one process opens at most; while all are in use, Redis counts as away for others."""

UNREACHABLE = (RedisError, OSError)
"""What a command raises when Redis is away, restarts, or answers nonsense."""


@asynccontextmanager
async def opened_redis(settings: Settings) -> AsyncGenerator[Redis | None]:
    """The client that all parts of this process share; None where no Redis is set.

    It connects when it is first used, and again whenever it has lost a connection: opening succeeds
    while Redis is away. Replies are bytes. Closed at the end.
    """
    if settings.redis_url is None:
        yield None
        return
    redis = redis_at(settings.redis_url.get_secret_value())
    try:
        yield redis
    finally:
        await redis.aclose()


def redis_at(url: str) -> Redis:
    """A client that gives up soon. A command is tried twice, because the first try is how one
    learns that a connection which was kept has been lost."""
    return Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
        url,
        protocol=2,
        socket_connect_timeout=SECONDS_MAX,
        socket_timeout=SECONDS_MAX,
        max_connections=CONNECTIONS_MAX,
        retry=Retry(NoBackoff(), 1, supported_errors=(Disconnected,)),
    )
