"""Without this module running servers would notice some seconds later what a command has done."""

from server.live.messages import Message, channel_of, encoded
from server.redis import UNREACHABLE, opened_redis
from server.settings import Settings


async def announce(settings: Settings, message: Message) -> bool:
    """Tell all running servers. False if they could not be told: they will find out themselves."""
    async with opened_redis(settings) as redis:
        if redis is None:
            return False
        try:
            payload = encoded(b"", [message])
            await redis.publish(channel_of(settings.redis_prefix), payload)  # pyright: ignore[reportUnknownMemberType]
        except UNREACHABLE:
            return False
    return True
