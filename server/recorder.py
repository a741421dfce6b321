"""Without the recorder each of a thousand concurrent mutations would pay for its own transaction.

No one waits for company: a batch is whatever arrived while the batch before it was being written.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Protocol

import structlog
from msgspec.structs import replace

from gamification.commands import NewFact
from gamification.ids import ProgramId
from gamification.program import Program
from gamification.refusals import Busy, Refusal
from gamification.use_cases.record_activities import Recorded
from server.retrying import retrying

_log = structlog.stdlib.get_logger(__name__)

Result = Recorded | Refusal


class Record(Protocol):
    """Records activities in one transaction: `record_activities` with its store and bus given."""

    async def __call__(
        self, program: Program, new: Sequence[NewFact], *, now: datetime
    ) -> Sequence[Result]: ...


@dataclass(slots=True, eq=False)
class _Waiting:
    """One mutation in the queue, with a key and the rules it came under."""

    program: Program
    new: NewFact
    result: "asyncio.Future[Result]"


@dataclass(slots=True)
class _Lane:
    """The queue of one program, and the task that empties it (None: nothing to do)."""

    queue: deque[_Waiting] = field(default_factory=deque[_Waiting])
    task: "asyncio.Task[None] | None" = None
    item_seconds: float = 0.001


class BatchingRecorder:
    """Gathers concurrent single mutations, for each program, into one transaction after another.

    Each caller gets its own result, and one caller's misfortune never touches another's. The work
    runs in tasks of its own: a caller that goes away takes nothing with it.
    """

    def __init__(
        self,
        record: Record,
        *,
        now: Callable[[], datetime],
        new_key: Callable[[], str],
        batch_size_max: int = 256,
        queue_size_max: int = 5000,
    ) -> None:
        self._record = record
        self._now = now
        self._new_key = new_key
        self._batch_size_max = batch_size_max
        self._queue_size_max = queue_size_max
        self._lanes: dict[ProgramId, _Lane] = {}
        self._is_stopping = False

    async def record(self, program: Program, new: NewFact) -> Result:
        """Record one activity or command, together with whatever else is waiting."""
        if self._is_stopping:
            return Busy("The server is shutting down: send the activity again in a few seconds")
        lane = self._lanes.setdefault(program.id, _Lane())
        if len(lane.queue) >= self._queue_size_max:
            seconds = max(1, ceil(len(lane.queue) * lane.item_seconds))
            return Busy(
                f"{len(lane.queue)} activities are waiting to be recorded: try again in {seconds} s"
            )
        result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(program, self._keyed(new), result)
        lane.queue.append(waiting)
        if lane.task is None:
            lane.task = asyncio.create_task(self._empty(program.id, lane))
        return _as_asked(new, await waiting.result)

    async def record_all(self, program: Program, new: Sequence[NewFact]) -> Sequence[Result]:
        """Record activities in a transaction of their own: one result for each, in order."""
        results = await self._write(program, [self._keyed(each) for each in new])
        return [_as_asked(*each) for each in zip(new, results, strict=True)]

    async def stop(self) -> None:
        """Take nothing more, and finish what is queued."""
        self._is_stopping = True
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        if tasks:
            await asyncio.wait(tasks)

    async def _empty(self, program: ProgramId, lane: _Lane) -> None:
        loop = asyncio.get_running_loop()
        while lane.queue:
            size = min(len(lane.queue), self._batch_size_max)
            batch = [lane.queue.popleft() for _ in range(size)]
            started = loop.time()
            await self._settle(batch)
            lane.item_seconds += ((loop.time() - started) / size - lane.item_seconds) / 8
        lane.task = None
        self._lanes.pop(program, None)

    async def _settle(self, batch: Sequence[_Waiting]) -> None:
        """Give every caller of the batch its result or its error."""
        try:
            program = max((waiting.program for waiting in batch), key=_version)
            results = await self._write(program, [waiting.new for waiting in batch])
        except Exception as error:  # noqa: BLE001 (the worker loop: an error belongs to its caller)
            if len(batch) == 1:
                if not batch[0].result.done():
                    batch[0].result.set_exception(error)
                return
            _log.warning("batch_failed", size=len(batch), exc_info=error)
            for waiting in batch:
                await self._settle([waiting])
        else:
            for waiting, result in zip(batch, results, strict=True):
                if not waiting.result.done():
                    waiting.result.set_result(result)

    async def _write(self, program: Program, new: Sequence[NewFact]) -> Sequence[Result]:
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
