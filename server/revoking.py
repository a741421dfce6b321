"""Without this module a key that is revoked would still be good for the sockets and event streams
that were opened with it.

The keys of those who are connected are compared with the stored ones as often as those of requests
are, and at once where another process tells of a revocation.
"""

import asyncio
import contextlib

import structlog

from gamification.ids import ProgramId
from gamification.ports import ApiKey, Store
from gql.connected import Connected
from server.background import Background
from server.credentials import ApiKeys
from server.retrying import PASSING

_log = structlog.stdlib.get_logger(__name__)

SECONDS_MIN = 1.0
"""From one look to the next, if keys are trusted for less."""


class Revoking:
    """Sends away those whose key is revoked while they are connected."""

    def __init__(
        self, store: Store, api_keys: ApiKeys, connected: Connected, *, seconds: float
    ) -> None:
        self._store = store
        self._api_keys = api_keys
        self._connected = connected
        self._seconds = max(SECONDS_MIN, seconds)
        self._has_heard = asyncio.Event()
        self._looking = Background(self._run)

    def start(self) -> None:
        """Begin to look."""
        self._looking.start()

    async def stop(self) -> None:
        """Look no longer."""
        await self._looking.stop()

    def hear(self, program: ProgramId) -> None:
        """One of a program's keys was revoked."""
        self._api_keys.distrust(program)
        self._has_heard.set()

    async def look(self) -> None:
        """Look once, and send away whose key is not stored any more."""
        self._has_heard.clear()
        shown = {key for key in self._connected.credentials if isinstance(key, ApiKey)}
        for program in {key.program for key in shown}:
            stored = set(await self._store.api_keys(program))
            for key in shown - stored:
                if key.program == program and (sent := self._connected.send_away(key)):
                    _log.info("sent away", key=key.id, program=program, connections=sent)

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._has_heard.wait()
            try:
                await self.look()
            except PASSING as error:
                _log.warning("keys not read", reason=type(error).__name__)
            except Exception as error:  # noqa: BLE001 (the worker loop: it looks again)
                _log.error("keys not read", exc_info=error)
