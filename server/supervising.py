"""Without this module a server would use one core, and be gone when its process dies.

The parent listens, and forks workers that accept from the same socket. It does nothing else: it
has no event loop and no database, so that forking again is as safe as the first time. What comes
through a worker's pipe tells that it is up and that its event loop goes on, and the pipe's end that
it has died; the other way round, a pipe that ends tells the workers that the parent is gone.
"""

import contextlib
import faulthandler
import os
import selectors
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

import structlog

from server.pulses import End, Pulses
from server.serving import Parent, url_of

_log = structlog.stdlib.get_logger(__name__)

PAUSE_SECONDS = 0.5
PAUSE_SECONDS_MAX = 10.0
"""Before a worker that has died is replaced; longer each time, as long as they die young."""

YOUNG_SECONDS = 10.0

ABORTING_SECONDS_MAX = 5.0
"""How long a worker that has hung may take to write its stacks and end."""

_HINT = "it is ended; its stacks follow, and the main thread's shows what has held it up"

Serve = Callable[[Parent], int]
"""What a worker does, until it is told to stop; its exit status."""


@dataclass
class _Worker:
    number: int
    pid: int
    pipe: int
    born: float = field(default_factory=time.monotonic)
    is_up: bool = False
    is_hung: bool = False


class Supervisor:
    """Keeps so many workers at work. One that is silent for longer than `silence_seconds_max` is
    ended and replaced; 0: none is."""

    def __init__(
        self, listening: socket.socket, serve: Serve, *, count: int, silence_seconds_max: float
    ) -> None:
        self._listening = listening
        self._serve = serve
        self._count = count
        self._pulses = Pulses(silence_seconds_max)
        self._ended: Counter[tuple[int, End]] = Counter()
        self._workers: dict[int, _Worker] = {}
        self._selector = selectors.DefaultSelector()
        self._lifeline = os.pipe()
        self._is_stopping = False
        self._pause = PAUSE_SECONDS
        self._next_birth = 0.0
        self._was_complete = False
        self._status = 0

    def run(self) -> int:
        """Work until a signal comes and all workers have ended; the exit status.

        The first worker is alone until it is up: what keeps it from that would keep all from it,
        and ends the others' lives before they begin.
        """
        with self._signals() as waking:
            self._selector.register(waking, selectors.EVENT_READ)
            while self._workers or not self._is_stopping:
                self._replenish()
                ready = self._selector.select(self._seconds_to_wait())
                self._pulses.wake(time.monotonic())
                for key, _ in ready:
                    if key.data is None:
                        waking.recv(64)
                    else:
                        self._hear(key.data)
                self._end_who_hang()
        return self._status

    @contextmanager
    def _signals(self) -> Generator[socket.socket]:
        """What becomes readable with each signal. The first asks the workers to finish, the second
        not to wait."""
        waking, woken = socket.socketpair()
        for each in (waking, woken):
            each.setblocking(False)
        before = signal.set_wakeup_fd(woken.fileno())
        kept = {n: signal.signal(n, self._stop) for n in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield waking
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before)
            waking.close()
            woken.close()

    def _stop(self, number: int, _: FrameType | None) -> None:
        self._is_stopping = True
        for worker in self._workers.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGTERM)

    def _seconds_to_wait(self) -> float | None:
        """Until something may have to be done that nobody wakes us for; None: nothing."""
        look = self._pulses.beat_seconds
        if self._is_stopping or len(self._workers) >= self._wanted():
            return look
        birth = max(0.0, self._next_birth - time.monotonic())
        return birth if look is None else min(birth, look)

    def _wanted(self) -> int:
        is_any_up = self._was_complete or any(each.is_up for each in self._workers.values())
        return self._count if is_any_up else 1

    def _replenish(self) -> None:
        while (
            not self._is_stopping
            and len(self._workers) < self._wanted()
            and time.monotonic() >= self._next_birth
        ):
            self._bear()

    def _bear(self) -> None:
        number = min(set(range(self._count)) - {each.number for each in self._workers.values()})
        reading, writing = os.pipe()
        os.set_blocking(writing, False)  # a parent that does not listen holds nobody up
        if (pid := os.fork()) == 0:
            self._be_a_worker(number, writing)
        os.close(writing)
        worker = self._workers[pid] = _Worker(number, pid, reading)
        self._selector.register(reading, selectors.EVENT_READ, worker)
        if self._is_stopping:  # a signal came meanwhile
            self._stop(signal.SIGTERM, None)

    def _be_a_worker(self, number: int, pipe: int) -> None:
        """Live and die as a worker; nothing of the parent's is left open or done after this."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.setpgid(0, 0)  # Ctrl-C is the parent's: it asks us to stop
            for worker in self._workers.values():
                os.close(worker.pipe)
            self._selector.close()
            os.close(self._lifeline[1])
            faulthandler.enable()
            status = self._serve(self._parent_of(number, pipe))
        finally:
            os._exit(status)

    def _parent_of(self, number: int, pipe: int) -> Parent:
        return Parent(
            number,
            self._listening,
            pulse=pipe,
            beat_seconds=self._pulses.beat_seconds,
            lifeline=self._lifeline[0],
            predecessors={end: self._ended[number, end] for end in End},
        )

    def _hear(self, worker: _Worker) -> None:
        if not os.read(worker.pipe, 1024):
            self._bury(worker)
            return
        if not worker.is_hung:  # it may have beaten since, and is ended all the same
            self._pulses.beat(worker.pid)
        if not worker.is_up:
            worker.is_up = True
            self._welcome(worker)

    def _welcome(self, worker: _Worker) -> None:
        _log.info("worker up", pid=worker.pid)
        up_count = sum(each.is_up for each in self._workers.values())
        if not self._was_complete and up_count == self._count:
            self._was_complete = True
            _log.info("listening", url=url_of(self._listening), workers=self._count)

    def _end_who_hang(self) -> None:
        """A worker that hangs hears no request to stop. It is made to write its stacks and abort;
        one that does not even do that is killed."""
        for worker in self._workers.values():
            overdue = self._pulses.overdue(worker.pid)
            if overdue >= 0 and not worker.is_hung:
                worker.is_hung = True
                _log.error("worker hung", pid=worker.pid, hint=_HINT)
                os.kill(worker.pid, signal.SIGABRT)
                os.kill(worker.pid, signal.SIGCONT)  # one that was stopped would not hear of it
            elif worker.is_hung and overdue >= ABORTING_SECONDS_MAX:
                os.kill(worker.pid, signal.SIGKILL)

    def _bury(self, worker: _Worker) -> None:
        self._selector.unregister(worker.pipe)
        os.close(worker.pipe)
        del self._workers[worker.pid]
        self._pulses.forget(worker.pid)
        status = os.waitstatus_to_exitcode(os.waitpid(worker.pid, 0)[1])
        if self._is_stopping:
            self._status = self._status or abs(status)
            return
        if not self._was_complete and not worker.is_up:
            self._status = abs(status) or 1
            self._stop(signal.SIGTERM, None)
            return
        _log.error("worker died", pid=worker.pid, status=status)
        self._ended[worker.number, End.HUNG if worker.is_hung else End.DIED] += 1
        is_young = time.monotonic() - worker.born < YOUNG_SECONDS
        self._pause = min(self._pause * 2, PAUSE_SECONDS_MAX) if is_young else PAUSE_SECONDS
        self._next_birth = time.monotonic() + (self._pause if is_young else 0.0)
