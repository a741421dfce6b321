"""Server processes as tests of several need them: each with its own store and hub, on one database.

They are whole but for the operating system's part: what one does the other knows only from the
database and from Redis.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from gamification.facts import NewActivity
from gamification.live import Changes
from gamification.program import Program
from gamification.use_cases.record_activities import record_activities
from gamification.use_cases.recorded import Recorded
from models.store import SqlStore, open_store
from server import clock
from server.database import program_named
from server.fresh_key import fresh_key
from server.live.hub import Ear
from server.redis import opened_redis
from server.services import Services
from server.settings import Settings, read_settings
from tests.builders import NOON

SECONDS_MAX = 20


@dataclass
class Process:
    """One process. Its scheduler does not run."""

    services: Services
    store: SqlStore

    async def program(self, key: str = "club") -> Program:
        return await program_named(self.store, key)

    async def visit(self, member: str = "anne") -> None:
        """Record a visit here."""
        (result,) = await record_activities(
            self.store,
            self.services.hub,
            await self.program(),
            [NewActivity(member=member, type="visit")],
            now=NOON,
            new_key=fresh_key,
        )
        assert isinstance(result, Recorded)

    async def until_connected(self) -> None:
        """Wait until what others tell is heard."""
        assert self.services.live.neighbours is not None
        async with asyncio.timeout(SECONDS_MAX):
            await self.services.live.neighbours.until_connected()

    async def until_disconnected(self) -> None:
        """Wait until Redis is found to be away."""
        assert self.services.live.neighbours is not None
        async with asyncio.timeout(SECONDS_MAX):
            await self.services.live.neighbours.until_away()


@asynccontextmanager
async def process(
    database_url: str,
    *,
    redis_url: str | None = None,
    redis_prefix: str = "gamification",
    runs: bool = True,
    now: Callable[[], datetime] = clock.now,
    new_key: Callable[[], str] = fresh_key,
) -> AsyncGenerator[Process]:
    """A process. Unless it `runs`, nothing happens in it that nobody asks for."""
    settings: Settings = read_settings(
        database_url=database_url,
        redis_url=redis_url,
        redis_prefix=redis_prefix,
        scheduler_seconds=0,
    )
    async with open_store(database_url) as store, opened_redis(settings) as redis:
        services = Services.of(settings, store, redis, now=now, new_key=new_key)
        if runs:
            services.start()
        try:
            yield Process(services, store)
        finally:
            await services.stop()


async def heard(ear: Ear) -> Changes:
    """What somebody hears next."""
    async with asyncio.timeout(SECONDS_MAX):
        return await ear.changed()
