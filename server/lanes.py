"""Without the lanes one program's flood would be everybody's queue."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import ceil
from typing import NamedTuple

from gamification.commands import NewFact
from gamification.ids import ProgramId
from gamification.program import Program
from gamification.refusals import Busy, Refusal
from gamification.use_cases.recorded import Recorded

Result = Recorded | Refusal

TURN_SECONDS_BEFORE = 0.05
"""What a turn is taken to last while none has been measured."""

_SMOOTHING = 8
"""Over how many turns, roughly, the time of a turn is averaged."""


class Kind(Enum):
    """Facts that come one by one, and those that come many in a request, queue apart: neither waits
    for the other's whole queue."""

    SINGLE = "single"
    MANY = "many"


class LaneKey(NamedTuple):
    """Whose queue it is."""

    program: ProgramId
    kind: Kind


@dataclass(slots=True, eq=False)
class Request:
    """What one caller wants recorded, with keys and the rules it came under."""

    program: Program
    new: Sequence[NewFact]
    results: "asyncio.Future[Sequence[Result]]"
    asked_by: object = None
    """What asks, as the recorder's observer knows it."""
    is_alone: bool = False
    """Its company failed with it: whose fault that was shows when each is recorded by itself."""


@dataclass(slots=True)
class _Lane:
    """One queue. `facts` are how many facts its requests hold."""

    queue: deque[Request] = field(default_factory=deque[Request])
    facts: int = 0


class Lanes:
    """The queues of all programs: they take turns, and share one bound.

    A lane is in turn once, or has a batch under way: so whoever waits at the head of a lane waits
    for at most one batch of each other lane, however long the other queues are. A lane that has
    nothing is forgotten.
    """

    def __init__(self, *, batch_size_max: int, queue_size_max: int, queues_size_max: int) -> None:
        self._batch_size_max = batch_size_max
        self._queue_size_max = queue_size_max
        self._queues_size_max = queues_size_max
        self._lanes: dict[LaneKey, _Lane] = {}
        self._turns: deque[LaneKey] = deque()
        self._turn_seconds = TURN_SECONDS_BEFORE
        self.facts = 0
        """How many facts wait in all lanes."""

    @property
    def has_turn(self) -> bool:
        """Whether a lane waits for its turn."""
        return bool(self._turns)

    def add(self, key: LaneKey, request: Request, *, writers: int) -> None:
        """Let a request wait. Raises `Busy` if there is no room for it: `writers` take turns at a
        time."""
        lane = self._lanes.get(key)
        size = len(request.new)
        waiting = 0 if lane is None else lane.facts
        if self._is_full_for(waiting, size):
            raise self._busy(waiting, size, writers)
        if lane is None:
            lane = self._lanes[key] = _Lane()
            self._turns.append(key)
        lane.queue.append(request)
        lane.facts += size
        self.facts += size

    def take(self) -> tuple[LaneKey, list[Request]]:
        """The batch whose turn it is: as many requests of a lane as fit, in order, at least one."""
        key = self._turns.popleft()
        lane = self._lanes[key]
        batch: list[Request] = []
        room = self._batch_size_max
        while lane.queue and (not batch or _fits(batch[0], lane.queue[0], room)):
            request = lane.queue.popleft()
            batch.append(request)
            room -= len(request.new)
            self._count(lane, -len(request.new))
        return key, batch

    def done(self, key: LaneKey, *, seconds: float, again: Sequence[Request] = ()) -> None:
        """A batch has ended after so long, and its lane waits behind the others if it has more.

        What is to be recorded `again` comes first in its lane, each by itself and in a turn of its
        own.
        """
        self._turn_seconds += (seconds - self._turn_seconds) / _SMOOTHING
        lane = self._lanes[key]
        for request in reversed(again):
            request.is_alone = True
            lane.queue.appendleft(request)
            self._count(lane, len(request.new))
        if lane.queue:
            self._turns.append(key)
        else:
            del self._lanes[key]

    def _count(self, lane: _Lane, facts: int) -> None:
        lane.facts += facts
        self.facts += facts

    def _is_full_for(self, waiting: int, size: int) -> bool:
        """A lane may hold as much as is still free in all: so one flood leaves half of the room to
        others, two floods a third, and there is always room for who has nothing waiting yet."""
        if waiting + size > self._queues_size_max - self.facts:
            return True
        return waiting > 0 and waiting + size > self._queue_size_max

    def _busy(self, waiting: int, size: int, writers: int) -> Busy:
        rounds = ceil((waiting + size) / self._batch_size_max)
        seconds = rounds * self._turn_seconds * max(1, len(self._lanes) / writers)
        return Busy.for_seconds(f"{self.facts} activities are waiting to be recorded", seconds)


def _fits(first: Request, request: Request, room: int) -> bool:
    return not first.is_alone and not request.is_alone and len(request.new) <= room


def shares(batch: Sequence[Request], results: Sequence[Result]) -> Iterator[Sequence[Result]]:
    """What of a batch's results is each request's."""
    start = 0
    for request in batch:
        yield results[start : start + len(request.new)]
        start += len(request.new)
