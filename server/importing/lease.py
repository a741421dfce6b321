"""Without this module runs would become final with half of what an import brings."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from socket import gethostname

import structlog

from gamification.imports import lease_of_import
from gamification.ports import Store
from gamification.program import Program
from server.retrying import PASSING, retrying

_log = structlog.stdlib.get_logger(__name__)

LEASE_SECONDS = 300.0
"""How long nothing becomes final after an import broke off: longer than the largest batch takes,
and long enough to run it again."""

RENEWAL_SECONDS = 60.0


class ImportLease:
    """Says, as long as an import is at work, that the program's past is not all in.

    It is renewed between batches, and not beside them: nothing runs beside a batch. Its holder is
    the file: an import that is run again goes on with the lease of the one that broke off.
    """

    def __init__(
        self,
        store: Store,
        program: Program,
        file: Path,
        *,
        clock: Callable[[], datetime],
        attempts_max: int,
    ) -> None:
        self._store = store
        self._program = program
        self._holder = f"{gethostname()}:{file.resolve()}"
        self._clock = clock
        self._attempts_max = attempts_max
        self._renew_at: datetime | None = None

    async def renew(self) -> None:
        """Take it, or say that the import is alive, if that has not been said for a while."""
        is_first = self._renew_at is None
        if self._renew_at is None or self._clock() >= self._renew_at:
            await retrying(self._take, attempts_max=self._attempts_max)
            self._renew_at = self._clock() + timedelta(seconds=RENEWAL_SECONDS)
        if is_first:
            await retrying(self._outlast, attempts_max=self._attempts_max)

    async def give_back(self) -> None:
        """All is in: what is over may become final."""
        name = lease_of_import(self._program.id, self._holder)
        try:
            await self._store.give_back_lease(name, self._holder)
        except PASSING as error:
            _log.warning("lease not given back: it expires", reason=type(error).__name__)

    async def _take(self) -> None:
        name, now = lease_of_import(self._program.id, self._holder), self._clock()
        until = now + timedelta(seconds=LEASE_SECONDS)
        is_held = await self._store.take_lease(name, self._holder, now=now, until=until)
        assert is_held, "the name is this import's own"

    async def _outlast(self) -> None:
        """Wait for the transactions under way: those that began before the lease was there may not
        have seen it."""
        async with self._store.writing(self._program.record) as writing:
            await writing.alone()
