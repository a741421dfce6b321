"""Without the recorder each of a thousand concurrent mutations would pay for its own transaction.

No one waits for company: a batch is whatever arrived while the batch before it was being written.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Protocol, cast

import structlog
from msgspec.structs import replace

from gamification.commands import NewFact
from gamification.program import Program
from gamification.refusals import Busy
from gamification.use_cases.recorded import Recorded
from server.lanes import Kind, LaneKey, Lanes, Request, Result, shares
from server.retrying import retrying

_log = structlog.stdlib.get_logger(__name__)

STOPPING_SECONDS = 2
"""When to send again what a stopping server did not take: another one has taken over by then."""


class Record(Protocol):
    """Records activities in one transaction: `record_activities` with its store and bus given."""

    async def __call__(
        self, program: Program, new: Sequence[NewFact], *, now: datetime
    ) -> Sequence[Result]: ...


class RecorderObserver(Protocol):
    """Wants to know what the recorder does."""

    def asking(self) -> object:
        """What asks for a fact to be recorded, as the observer knows it; in the caller's task."""
        ...

    def batch(self, facts: int, asked_by: Sequence[object]) -> AbstractContextManager[None]:
        """So many facts are written in one transaction, as long as the block lasts, for all that
        have asked."""
        ...

    def busy(self) -> None:
        """A request was refused with `BUSY`."""
        ...


class _Unobserved:
    """Nobody wants to know."""

    def asking(self) -> object:
        return None

    def batch(self, facts: int, asked_by: Sequence[object]) -> AbstractContextManager[None]:
        return nullcontext()

    def busy(self) -> None: ...


_UNOBSERVED: RecorderObserver = _Unobserved()


class BatchingRecorder:
    """Gathers concurrent mutations, for each program, into one transaction after another.

    Each caller gets its own result, and one caller's misfortune never touches another's. At most
    `writers_max` transactions are under way, and programs take turns at them (`Lanes`). The work
    runs in tasks of its own: a caller that goes away takes nothing with it.
    """

    def __init__(
        self,
        record: Record,
        *,
        now: Callable[[], datetime],
        new_key: Callable[[], str],
        batch_size_max: int = 256,
        queue_size_max: int = 5_000,
        queues_size_max: int = 20_000,
        writers_max: int = 1,
        observer: RecorderObserver = _UNOBSERVED,
    ) -> None:
        self._observer = observer
        self._record = record
        self._now = now
        self._new_key = new_key
        self._writers_max = writers_max
        self._writers: set[asyncio.Task[None]] = set()
        self._is_stopping = False
        self._lanes = Lanes(
            batch_size_max=batch_size_max,
            queue_size_max=queue_size_max,
            queues_size_max=queues_size_max,
        )

    @property
    def waiting(self) -> int:
        """How many facts wait to be recorded."""
        return self._lanes.facts

    async def record(self, program: Program, new: NewFact) -> Result:
        """Record one activity or command, together with whatever else is waiting."""
        try:
            (result,) = await self._queued(program, [new], Kind.SINGLE)
        except Busy as busy:
            return busy
        return result

    async def record_all(self, program: Program, new: Sequence[NewFact]) -> Sequence[Result]:
        """Record activities together in one transaction: one result for each, in order. Raises
        `Busy`, with nothing recorded."""
        return await self._queued(program, new, Kind.MANY) if new else ()

    async def stop(self) -> None:
        """Take nothing more, and finish what is queued."""
        self._is_stopping = True
        if self._writers:
            await asyncio.wait(self._writers)

    async def _queued(
        self, program: Program, new: Sequence[NewFact], kind: Kind
    ) -> Sequence[Result]:
        results: asyncio.Future[Sequence[Result]] = asyncio.get_running_loop().create_future()
        keyed = [self._keyed(each) for each in new]
        request = Request(program, keyed, results, self._observer.asking())
        try:
            self._take(LaneKey(program.id, kind), request)
        except Busy:
            self._observer.busy()
            raise
        if len(self._writers) < self._writers_max and self._lanes.has_turn:
            self._writers.add(asyncio.create_task(self._write()))
        return [_as_asked(*each) for each in zip(new, await results, strict=True)]

    def _take(self, lane: LaneKey, request: Request) -> None:
        if self._is_stopping:
            raise Busy.for_seconds("The server is shutting down", STOPPING_SECONDS)
        self._lanes.add(lane, request, writers=self._writers_max)

    async def _write(self) -> None:
        """Write while there is something to write."""
        # What the log tells of a batch is not about the request of whoever came first.
        structlog.contextvars.clear_contextvars()
        try:
            await self._write_in_turn()
        finally:
            # At once, and not when the task is seen to be done: whoever comes between would wait
            # for a writer that writes no more.
            self._writers.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _write_in_turn(self) -> None:
        """Write one batch after the other, until no lane waits for its turn."""
        loop = asyncio.get_running_loop()
        while self._lanes.has_turn:
            lane, batch = self._lanes.take()
            started = loop.time()
            again = await self._settle(batch)
            self._lanes.done(lane, seconds=loop.time() - started, again=again)

    async def _settle(self, batch: Sequence[Request]) -> Sequence[Request]:
        """Give every caller of the batch its results, or its error if it is the only one; the
        requests that are to be tried again, without each other."""
        try:
            program = max((request.program for request in batch), key=_version)
            new = [each for request in batch for each in request.new]
            with self._observer.batch(len(new), [request.asked_by for request in batch]):
                results = await self._recorded(program, new)
        except Exception as error:  # noqa: BLE001 (the worker loop: an error belongs to its caller)
            if len(batch) > 1:
                _log.warning("batch_failed", size=len(batch), exc_info=error)
                return batch
            if not batch[0].results.done():
                batch[0].results.set_exception(error)
        else:
            for request, share in zip(batch, shares(batch, results), strict=True):
                if not request.results.done():
                    request.results.set_result(share)
        return ()

    async def _recorded(self, program: Program, new: Sequence[NewFact]) -> Sequence[Result]:
        now = self._now()  # the same at every attempt: a retry repeats, it does not happen later
        return await retrying(lambda: self._record(program, new, now=now))

    def _keyed(self, new: NewFact) -> NewFact:
        """With a key of our own every retry recognises what was stored before."""
        return new if new.key is not None else replace(new, key=self._new_key())


def _version(program: Program) -> int:
    return program.record.versions[-1].version


def _as_asked(new: NewFact, result: Result) -> Result:
    """A key of our own was stored by an attempt whose answer was lost: for the caller it is new."""
    if new.key is None and isinstance(result, Recorded) and result.replayed:
        return replace(result, replayed=False, answer_was_lost=True)
    return result
