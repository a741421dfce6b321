"""Without this module server processes would hear of each other's changes a second later.

They tell each other by Pub/Sub, which keeps nothing: who is not there hears nothing, and what is
lost is lost. That is enough, because nobody relies on having heard (hearing.py, watching.py).
"""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Callable, Collection
from typing import Any

import structlog
from redis.asyncio import Redis

from server.live.messages import (
    BYTES_MAX,
    ENVELOPE_BYTES_MAX,
    Message,
    alone,
    channel_of,
    decoded,
    together,
)
from server.redis import UNREACHABLE

_log = structlog.stdlib.get_logger(__name__)

WAITING_MAX = 1000
"""Messages that wait to be sent; more are dropped."""

WAITING_BYTES_MAX = 8 * BYTES_MAX
"""What these may take."""

SENT_TOGETHER_MAX = 100

PAUSE_SECONDS = 0.25
"""Between two attempts to reach Redis."""

SILENCE_SECONDS = 5.0
"""After so long without a message the connection is tried."""

GOODBYE_SECONDS_MAX = 1.0

ENDING_SECONDS = 0.1
"""How long a task may take to end until it is told so again."""


class Neighbours:
    """The other server processes of this deployment, reached over Redis."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis = redis
        self._channel = channel_of(prefix)
        self._name = secrets.token_bytes(8)
        self._waiting: deque[bytes] = deque()
        self._bytes_waiting = 0
        self._has_waiting = asyncio.Event()
        self._hears = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._away = asyncio.Event()
        self.on_message: Callable[[Message], None] = lambda _: None
        """Called with each message of another process. It may not wait, and may not fail."""
        self.sent = 0
        self.heard = 0
        self.dropped = 0
        """Messages that were not sent: Redis was away, or there were too many."""
        self.unreadable = 0
        """What came and was no message of ours."""

    @property
    def is_connected(self) -> bool:
        """Whether what others tell is heard now."""
        return self._hears.is_set()

    async def until_connected(self) -> None:
        """Wait until what others tell is heard."""
        await self._hears.wait()

    async def until_away(self) -> None:
        """Wait until Redis is found to be away."""
        await self._away.wait()

    def tell(self, message: Message) -> None:
        """Send soon, if that can be. Never waits."""
        payload = alone(message)
        size = len(payload)
        if (
            len(self._waiting) >= WAITING_MAX
            or self._bytes_waiting + size > WAITING_BYTES_MAX
            or size > BYTES_MAX - ENVELOPE_BYTES_MAX
        ):
            self.dropped += 1
            return
        self._waiting.append(payload)
        self._bytes_waiting += size
        self._has_waiting.set()

    def start(self) -> None:
        """Begin to tell and to hear."""
        self._tasks = [asyncio.create_task(self._send()), asyncio.create_task(self._listen())]

    async def stop(self) -> None:
        """Send what waits, if that is quick, and end."""
        with contextlib.suppress(TimeoutError, *UNREACHABLE):
            async with asyncio.timeout(GOODBYE_SECONDS_MAX):
                await self._send_waiting()
        await _ended(self._tasks)
        self._hears.clear()
        self._drop_waiting()

    async def _send(self) -> None:
        while True:
            await self._has_waiting.wait()
            try:
                await self._send_waiting()
            except UNREACHABLE as error:
                # What waits has become old: by the time Redis is back, everybody has looked.
                self._drop_waiting()
                self._lose(error)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _send_waiting(self) -> None:
        while self._waiting:
            messages = self._taken()
            payload = together(self._name, messages)
            try:
                await self._redis.publish(self._channel, payload)  # pyright: ignore[reportUnknownMemberType]
            except BaseException:
                self.dropped += len(messages)
                raise
            self.sent += len(messages)
        self._has_waiting.clear()

    def _taken(self) -> list[bytes]:
        """As many of those that wait as may be sent together."""
        taken: list[bytes] = []
        room = BYTES_MAX - ENVELOPE_BYTES_MAX
        while self._waiting and len(taken) < SENT_TOGETHER_MAX:
            room -= len(self._waiting[0])
            if room < 0:
                break
            taken.append(self._waiting.popleft())
            self._bytes_waiting -= len(taken[-1])
        return taken

    def _drop_waiting(self) -> None:
        self.dropped += len(self._waiting)
        self._waiting.clear()
        self._bytes_waiting = 0
        self._has_waiting.clear()

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except UNREACHABLE as error:
                self._lose(error)
            finally:
                self._hears.clear()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _listen_once(self) -> None:
        """Hear what is told, until the connection is lost."""
        pubsub: Any = self._redis.pubsub()  # pyright: ignore[reportUnknownMemberType]
        is_tried = False
        try:
            await pubsub.subscribe(self._channel)
            while True:
                received = await pubsub.get_message(timeout=SILENCE_SECONDS)
                if received is not None:
                    is_tried = False
                    self._receive(received)
                elif is_tried:
                    raise TimeoutError("Redis does not answer")
                else:
                    is_tried = True
                    await pubsub.ping()
        finally:
            await pubsub.aclose()

    def _receive(self, received: dict[str, Any]) -> None:
        if received["type"] == "subscribe":
            self._hears.set()
            if self._away.is_set():
                self._away.clear()
                _log.info("redis is back")
        elif received["type"] == "message":
            self._read(received["data"])

    def _read(self, payload: bytes) -> None:
        try:
            sender, messages = decoded(payload)
        except ValueError:
            self.unreadable += 1
            return
        if sender == self._name:
            return
        self.heard += len(messages)
        for message in messages:
            self.on_message(message)

    def _lose(self, error: BaseException) -> None:
        if not self._away.is_set():
            self._away.set()
            _log.warning("redis is away: others' changes are looked for", reason=repr(error))


async def _ended(tasks: Collection[asyncio.Task[None]]) -> None:
    """End tasks. More than once, if need be: while the client connects it may take a cancellation
    for the end of its own waiting, and then the task goes on."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=ENDING_SECONDS)
