"""Without this module a page would show last week's board until somebody scores in this one.

Where a run of a leaderboard begins or ends, what is told of the board changes by itself: nothing is
written, and so no message and no data version says it.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import NamedTuple

from gamification.definition.compiled import CompiledProgram
from gamification.ids import ProgramId
from gamification.turns import Stretch, stretch_at
from server.programs import CachedPrograms


class _Known(NamedTuple):
    rules: CompiledProgram
    stretch: Stretch


class Turns:
    """Which programs' leaderboards have turned."""

    def __init__(self, programs: CachedPrograms, now: Callable[[], datetime]) -> None:
        self._programs = programs
        self._now = now
        self._known: dict[ProgramId, _Known] = {}

    def turned(self, programs: Collection[ProgramId]) -> set[ProgramId]:
        """Those of these programs of which a run of a leaderboard has begun or ended since this was
        asked last, and they were among them."""
        at, before = self._now(), self._known
        self._known = {
            program.id: _known_at(at, program.rules, before.get(program.id))
            for program in map(self._programs.held, programs)
            if program is not None
        }
        return {id for id in self._known if id in before and not before[id].stretch.holds(at)}


def _known_at(at: datetime, rules: CompiledProgram, before: _Known | None) -> _Known:
    """What was known before, while it holds: to find it anew takes a while."""
    if before is not None and before.rules is rules and before.stretch.holds(at):
        return before
    return _Known(rules, stretch_at(rules, at))
