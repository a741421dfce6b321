"""Without this class each reader of the twin would find its program's tables by itself."""

from collections.abc import Mapping

from gamification.ids import ProgramId
from gamification.twin.tables import Tables


class TwinView:
    """What is committed in one program, whenever it is asked."""

    def __init__(self, programs: Mapping[ProgramId, Tables], program: ProgramId) -> None:
        self._programs = programs
        self._program = program

    @property
    def _tables(self) -> Tables:
        return self._programs[self._program]
