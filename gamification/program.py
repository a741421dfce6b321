"""A program as the use cases hold it: the stored record together with its compiled rules."""

from dataclasses import dataclass

from gamification.definition.compiled import CompiledProgram, Timeline
from gamification.definition.compiling import compile_timeline
from gamification.ids import ProgramId
from gamification.ports import ProgramRecord


@dataclass(frozen=True, slots=True)
class Program:
    """One tenant: its record and the rules of all its versions."""

    record: ProgramRecord
    timeline: Timeline

    @property
    def id(self) -> ProgramId:
        return self.record.id

    @property
    def key(self) -> str:
        return self.record.key

    @property
    def rules(self) -> CompiledProgram:
        """The rules in force now."""
        return self.timeline.current


def program_of(record: ProgramRecord) -> Program:
    """Compile a stored program. Its versions were valid when they were applied."""
    return Program(
        record,
        compile_timeline(
            [(each.version, each.effective_from, each.document) for each in record.versions]
        ),
    )
