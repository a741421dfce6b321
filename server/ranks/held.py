"""Without this module a rank in the middle of a million is counted by the database each time.

An index is made of a board as soon as the store had to count far for it, while serving, and it is
asked only while it stands at the program's present data version: whatever goes wrong with it, the
store answers, and it is made again. So it is a cache in the strictest sense: dropping all of it at
any moment changes no answer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog

from gamification.ids import ProgramId
from gamification.ports import Board, Committed, ProgramRecord, Standing, Store
from gamification.ranks.asking import Ranking
from gamification.ranks.fed import FedIndex, Moves, moves_of
from server.ranks.counted import Counted
from server.ranks.following import Held
from server.ranks.pace import Pace

_log = structlog.stdlib.get_logger(__name__)

WORTH_FROM = 2_000
"""From how many that the database had to count on a board is worth an index."""
PAGE = 4_000
"""Standings read at once: a busy database lets every read wait."""
SLICE = 400
"""Standings entered at once: some milliseconds of the loop's time."""
TOO_LARGE_SECONDS = 3600.0
"""For how long a board is left alone that is larger than all indexes together may be."""
UNASKED_SECONDS_MAX = 3600.0
"""For how long an index is kept that nobody asks, such as that of a week that is over."""


class _Key(NamedTuple):
    program: ProgramId
    board: Board


class HeldRanks:
    """Fulfils `gamification.ranks.asking.Ranks` with the indexes of this process."""

    def __init__(
        self,
        store: Store,
        version_of: Callable[[ProgramId], Awaitable[int]],
        *,
        members_max: int,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._version_of = version_of
        self._members_max = members_max
        self._clock = clock
        self._held: dict[_Key, Held] = {}
        self._wanted: dict[_Key, ProgramRecord] = {}
        self._pace: Pace[_Key] = Pace(clock)
        self._building: asyncio.Task[None] | None = None
        self.answers = 0
        """How many questions an index answered."""
        self.behind = 0
        """How many the store had to answer because an index lacked a commit."""
        self.builds = 0
        """How many indexes were begun, for the first time or again."""
        self.drops = 0
        """How many were given up: in doubt, unasked, or for want of room."""
        if members_max:
            store.watch(self._committed)

    @property
    def members_held(self) -> int:
        """How many standings all indexes hold together."""
        return sum(len(held.fed.index) for held in self._held.values())

    @property
    def boards_held(self) -> int:
        """How many boards have an index, or are getting one."""
        return len(self._held)

    @property
    def built(self) -> list[Held]:
        """The indexes that may be asked."""
        return [each for each in self._held.values() if each.fed.is_built]

    async def ranking(self, program: ProgramRecord, board: Board, stored: Ranking) -> Ranking:
        """The board's index where it stands at the present data version; else `stored`."""
        if not self._members_max or len(board.windows) != 1:
            return stored  # the sum of several windows is no tally, and moves as time passes
        key = _Key(program.id, board)
        held = self._held.get(key)
        if held is None:
            return Counted(stored, lambda position: self._counted(key, program, position))
        held.asked_at = self._clock()
        if not held.fed.is_built:
            return stored
        known = held.fed.version
        version = await self._version_of(program.id)
        if version < known:
            self.drop(held, why="the database has not got that far")
        elif await held.comes_to(version):
            self.answers += 1
            return held.fed.index
        self.behind += 1
        if held.is_late:
            self.drop(held, why="behind")
        return stored

    def hear(self, moves: Moves) -> None:
        """Another process has made a commit."""
        for key, held in list(self._held.items()):
            if key.program == moves.program:
                held.hear(moves)
                if held.fed.is_in_doubt:
                    self._drop(key, why="in doubt")
                elif held.is_late:
                    self._drop(key, why="behind")

    def drop(self, held: Held, *, why: str) -> None:
        """Give an index up. It may be wanted again at once."""
        key = _Key(held.program.id, held.fed.index.board)
        if self._held.get(key) is held:
            self._drop(key, why=why)

    def drop_unasked(self) -> None:
        """Give up what nobody has asked for long."""
        limit = self._clock() - UNASKED_SECONDS_MAX
        for key in [key for key, held in self._held.items() if held.asked_at < limit]:
            self._drop(key, why="unasked")

    async def built_all(self) -> None:
        """Wait until all that is wanted now is built, or given up."""
        while self._building is not None:
            await asyncio.wait([self._building])

    async def stop(self) -> None:
        """Give everything up."""
        self._members_max = 0
        self._wanted.clear()
        if self._building is not None:
            self._building.cancel()
            await asyncio.wait([self._building])
        self._held.clear()

    def _committed(self, committed: Committed) -> None:
        if any(key.program == committed.program for key in self._held):
            self.hear(moves_of(committed))

    def _counted(self, key: _Key, program: ProgramRecord, position: int) -> None:
        """The store had to count up to a position of a board without an index."""
        if position <= WORTH_FROM or not self._members_max or key in self._held:
            return
        if not self._pace.may_build(key):
            return
        self._wanted[key] = program
        if self._building is None:
            self._building = asyncio.create_task(self._build_wanted())

    def _drop(self, key: _Key, *, why: str, rest: float = 0.0) -> None:
        held = self._held.pop(key)
        held.let_go()
        self.drops += 1
        if rest:
            self._pace.rest(key, rest)
        _log.info(
            "rank_index_dropped",
            why=why,
            program=held.program.key,
            metric=key.board.metric,
            window=key.board.windows[0],
            members=len(held.fed.index),
        )

    async def _build_wanted(self) -> None:
        """Build one after the other: they are read from a database that has other work to do."""
        try:
            while self._wanted:
                key = next(iter(self._wanted))
                program = self._wanted.pop(key)
                if not self._pace.may_build(key):
                    continue  # others have taken the time since
                began = self._clock()
                try:
                    await self._build(key, program)
                except Exception as error:  # noqa: BLE001 (the worker loop: the store answers)
                    _log.warning("rank_index_failed", program=program.key, exc_info=error)
                    if key in self._held:
                        self._drop(key, why="failed")
                finally:
                    self._pace.built(key, seconds=self._clock() - began)
        finally:
            self._building = None

    async def _build(self, key: _Key, program: ProgramRecord) -> None:
        held = Held(program, FedIndex(key.board), self._clock)
        self._held[key] = held  # it hears from now on
        self.builds += 1
        reading, fed, began = self._store.reading(program), held.fed, self._clock()
        fed.begin(await self._version_of(program.id))
        after: Standing | None = None
        while self._held.get(key) is held:
            page = await reading.standings(key.board, after=after, limit=PAGE)
            for start in range(0, len(page), SLICE):
                fed.load(page[start : start + SLICE])
                await asyncio.sleep(0)
            self._make_room(key)
            if len(page) < PAGE:
                fed.end(await self._version_of(program.id))
                break
            after = page[-1]
        if self._held.get(key) is held:
            _log.info(
                "rank_index_built",
                program=program.key,
                metric=key.board.metric,
                window=key.board.windows[0],
                members=len(fed.index),
                seconds=round(self._clock() - began, 3),
            )

    def _make_room(self, growing: _Key) -> None:
        """Let those go that were not asked for the longest time; at last the one that grows."""
        while self.members_held > self._members_max:
            others = [key for key in self._held if key != growing]
            if not others:
                if growing in self._held:
                    self._drop(growing, why="too large", rest=TOO_LARGE_SECONDS)
                return
            self._drop(min(others, key=lambda key: self._held[key].asked_at), why="no room")
