"""The demo's course: a program, members with a past, and a present that goes on for a while."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import structlog

from gamification.program import Program
from gamification.refusals import Busy, Refusal
from gamification.use_cases.apply_definition import apply_definition
from gamification.use_cases.record_activities import record_activities
from gamification.use_cases.update_member import update_member
from server.clock import now
from server.credentials import SCOPES, create_api_key
from server.demo.club import MEMBERS, Club
from server.fresh_key import fresh_key
from server.services import Services

HISTORY_DAYS = 24
HISTORY_SIZE = 1500
ACTIVITIES_MAX = 10_000
PER_SECOND = 3.0
_KEY_NAMES = ("demo page", "demo")

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Show:
    """A demo that is ready to begin. `page_key` may only read, `key` may do everything."""

    services: Services
    program: Program
    club: Club
    page_key: str
    key: str

    @property
    def name(self) -> str:
        return self.program.rules.definition.name

    async def play(self, *, seconds: float) -> None:
        """Let the members be active, until the time is over or they have done enough."""
        chance = Random()  # noqa: S311 (a rhythm, not a secret)
        try:
            async with asyncio.timeout(seconds):
                for _ in range(ACTIVITIES_MAX):
                    await asyncio.sleep(chance.expovariate(PER_SECOND))
                    activity = self.club.next_activity(now())
                    result = await self.services.recorder.record(self.program, activity)
                    if isinstance(result, Busy):
                        break
        except TimeoutError:
            _log.warning("the members have gone home; the server stays open")


async def prepared(services: Services, document: str) -> Show:
    """Apply the definition, tell the past if there is none yet, and make the keys."""
    applied = await apply_definition(services.store, document, now=now())
    program = applied.program
    assert program is not None, "only a dry run leaves a new program out"
    club = Club()
    if applied.is_new:
        await _tell_the_past(services, program, club)
    page_key, key = await _new_keys(services, program)
    return Show(services, program, club, page_key, key)


async def _tell_the_past(services: Services, program: Program, club: Club) -> None:
    begin = now() - timedelta(days=HISTORY_DAYS)
    history = list(club.history(begin, now(), size=HISTORY_SIZE))
    results = await record_activities(
        services.store,
        services.hub,
        program,
        history,
        now=now(),
        new_key=fresh_key,
        imported=True,
    )
    refused = [each for each in results if isinstance(each, Refusal)]
    assert not refused, f"the example definition refuses its own members: {refused[0]}"
    for name in MEMBERS:
        await update_member(
            services.store,
            services.hub,
            program,
            external_id=name.lower(),
            display_name=name,
            attributes=None,
            now=now(),
            new_key=fresh_key,
        )


async def _new_keys(services: Services, program: Program) -> tuple[str, str]:
    """Fresh keys for the page and for playing; those of an earlier demo end here."""
    for old in await services.store.api_keys(program.id):
        if old.name in _KEY_NAMES:
            await services.store.revoke_api_key(program.id, old.id)
    page, playing = _KEY_NAMES
    scopes = {page: frozenset({"read"}), playing: frozenset(SCOPES)}
    made = [
        await create_api_key(services.store, program.id, name=name, scopes=scopes[name], now=now())
        for name in (page, playing)
    ]
    return made[0].secret, made[1].secret
