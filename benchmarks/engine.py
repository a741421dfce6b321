"""What judging one activity costs, without any database."""

import gc
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import count

from benchmarks import forum
from benchmarks.table import Figure
from gamification.admission import Admission
from gamification.definition.compiled import Timeline
from gamification.definition.compiling import compile_program
from gamification.definition.reading import read_definition
from gamification.engine import decide, evolve
from gamification.facts import Activity, NewActivity
from gamification.ids import ProgramId
from gamification.ports import ProgramRecord
from gamification.program import Program
from gamification.reads import reads_of
from gamification.state import State

ACTIVITIES = 30_000
ROUNDS = 5


def measure() -> Iterable[Figure]:
    """The cost of each pure step, the best of several rounds."""
    rules, _ = compile_program(read_definition(forum.DEFINITION.read_text("utf-8")))
    program = Program(ProgramRecord(ProgramId(1), "forum", ()), Timeline(((None, rules),)))
    new = list(forum.activities(ACTIVITIES))
    activities = _admitted(program, new)

    def admit() -> None:
        _admitted(program, new)

    def read() -> None:
        for start in range(0, ACTIVITIES, 5_000):
            reads_of(program.timeline, activities[start : start + 5_000])

    def judge() -> None:
        state = State()
        for activity in activities:
            for outcome in decide(rules, state, activity):
                state = evolve(state, outcome)

    yield Figure("engine: admit an activity", _best(admit), "µs")
    yield Figure("engine: work out what it reads", _best(read), "µs")
    yield Figure("engine: decide and evolve", _best(judge), "µs")


def _admitted(program: Program, new: list[NewActivity]) -> list[Activity]:
    numbers = count()
    admission = Admission(program, datetime.now(UTC), lambda: f"key-{next(numbers)}", True)
    return [admission.admit(each) for each in new]


def _best(work: Callable[[], None]) -> float:
    """Microseconds of processor time for each activity, in the best round."""
    best = float("inf")
    for _ in range(ROUNDS):
        gc.collect()
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best / ACTIVITIES * 1e6
